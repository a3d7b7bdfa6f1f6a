// Package cli is the command ginmaint, to embed in an application's own binary.
//
//	ginmaint on --message "Back at two" --for 2h --drain
//	ginmaint off
//	ginmaint status --exit-code
//	ginmaint run --drain -- ./migrate up
//	ginmaint replicas
//	ginmaint watch
//	ginmaint store check
//	ginmaint store migrate
//
// The binary in ginmaint/cmd/ginmaint is no more than this package with every
// store behind a URL. An application that has its store anyway mounts the same
// commands in its own tree, where they need neither URL nor password:
//
//	command := cli.Command(cli.Store(redisstore.New(client)))
//	command.Use = "maintenance"
//	root.AddCommand(command) // shop maintenance on --drain
//	os.Exit(cli.ExitCode(root.Execute()))
//
// # What the commands see
//
// Each command opens a Mode as an observer: it looks and switches, and no drain
// waits for it. A store that does not answer within --connect-timeout is an
// error, never a hang. What is printed about the state is what the store has
// confirmed, and a switch that it did not keep is an error.
//
// # Exit codes
//
//	0    done; also where it was so already
//	1    failed: the store can't be reached, or may not be written to
//	2    wrong usage: a flag, a time, a URL; nothing was done
//	3    status --exit-code: maintenance is on, or read-only
//	4    the drain is incomplete, and maintenance is on
//	5    somebody else changed the state; theirs is left
//
// run passes on the code of its command: 128 and the number of the signal where
// that was killed, 126 where it can't be run, 127 where there is none of that name.
// Where the codes coincide, standard error tells.
//
// # Draining
//
// With --drain, on and run wait until [maintenance.Mode.Drain] has proven that no
// replica works any more on what is refused. On a terminal there is a line for
// each replica meanwhile, which changes in its place; elsewhere a line for each
// change. Out of time, or interrupted, the command names the replicas it waited for and exits
// with 4. Maintenance stays on: a drain that failed is no reason to let people in.
// A store that keeps no roster can't be drained from a command line, and a
// roster that lists nobody is worth a warning: most likely the store is not the
// one that the service uses.
//
// # Running a command
//
// run saves a document of its own, without an end, runs the command, and puts back
// what was stored before. It puts back only where the command has succeeded, and
// only over its own document: where an operator or another run has saved in
// between, theirs stays, and the exit code is 5. So two runs at the same time never open the service
// under each other, and a service that was closed before stays closed.
//
// The command stays in the process group of run, so it can talk to the terminal. SIGTERM and SIGHUP are
// passed on to it, and so is SIGINT, unless it was typed at the terminal, which
// sends it to both. The command alone decides when to end. A signal before it has begun ends the
// drain, and the command is not run.
//
// # Output
//
// Results go to standard output; progress, warnings and errors go to standard error. With
// --json results are one JSON value on one line, for every command but run, whose
// standard output is the command's. With --quiet there are only errors. Colours are used on a terminal, unless NO_COLOR is set or
// TERM is dumb.
//
// No password of a URL is printed, also where it was mistyped into another flag. Text from the store,
// such as the name of a replica, is printed without control characters.
package cli
