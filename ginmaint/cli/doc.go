// Package cli is the command ginmaint, to embed in an application's own binary.
//
//	ginmaint on --message "Back at two" --for 2h --drain
//	ginmaint off
//	ginmaint status --exit-code
//	ginmaint preflight --expect 3
//	ginmaint run --drain -- ./migrate up
//	ginmaint pass create customer --for 4h
//	ginmaint history
//	ginmaint replicas
//	ginmaint replicas forget --silent 1h
//	ginmaint watch
//	ginmaint explain POST /orders --role staff
//	ginmaint store check
//	ginmaint store migrate
//
// The binary in ginmaint/cmd/ginmaint is this package and nothing more: the store
// is named by a URL. An application mounts the same commands in its own tree, with
// the store that it has anyway, so they need neither URL nor password:
//
//	command := cli.Command(cli.Store(redisstore.New(client)))
//	command.Use = "maintenance"
//	root.AddCommand(command) // shop maintenance on --drain
//	os.Exit(cli.ExitCode(root.Execute()))
//
// # What the commands see
//
// Each command opens a Mode as an observer: it looks and switches, and no drain
// waits for it. A store that does not answer within --connect-timeout is an error,
// never a hang. What is printed about the state is what the store has confirmed,
// and a switch that the store did not keep is an error.
//
// # Orders
//
// The order given last stands. on and off save a new state each time, under the name
// of the new author, even if the level stays the same. They print whose order they
// have replaced. on keeps the message that visitors see, or will see in an announced
// window, unless --message replaces it; it keeps nothing else. off --if-revision N
// saves only over the revision N. An order that would open the service while a run is
// at work, now or later, is refused with code 5; --force gives it anyway.
//
// # Whose store
//
// The usual mistake is to switch a store that no service uses: a shell without
// GINMAINT_STORE, another database number. So on, off, run and status name the store
// and how many replicas follow it. If none does, on, off and run change nothing and exit
// with 4; --expect 0 says that you mean it. --expect N asks for exactly N replicas,
// --expect N+ for at least N. Without the flag the environment's GINMAINT_EXPECT counts,
// else 1+. Idle replicas count; one that is silent for longer than its lease does not,
// also where a drain takes its work for ended. If replicas come or go during a drain, it
// waits until the number is right again.
//
// # Exit codes
//
//	0    done
//	1    failed: the store can't be reached, or may not be written to
//	2    wrong usage: a flag, a time, a URL; nothing was done
//	3    status --exit-code: maintenance is on, or read-only; explain --exit-code: refused
//	4    the drain is incomplete, and maintenance is on; other replicas follow than
//	     expected, and nothing was changed; preflight: a drain would be held
//	5    somebody else changed the state; theirs is left; or works under it
//	6    the command of run succeeded, and the service was not opened: the state could
//	     not be put back, or another run is at work under it, or has failed
//
// run passes on the code of its command: 128 and the number of the signal where
// that was killed, 126 where it can't be run, 127 where there is none of that name.
// Where the codes coincide, standard error tells which it was.
//
// # Draining
//
// With --drain, on and run wait until [maintenance.Mode.Drain] has proven that
// nothing that is refused runs on any replica. On a terminal there is a line for
// each replica meanwhile, which changes in its place; elsewhere a line for each
// change. Out of time, or interrupted, the command names the replicas that it
// waited for, and for how long each is silent already, and exits with 4; the last
// lines are the commands to type. Maintenance stays on: a drain that failed is no
// reason to let people in. A store that keeps no roster can't be drained from a
// command line: that exits with 4 as well. Where --allow-lost can't help, as no replica
// fails closed, the command says so at once.
//
// preflight tells, while the service is open, what would hold up a drain. It listens
// until it has heard of every replica, and no longer than the longest lease.
//
// # Replicas that have ended
//
// replicas calls an entry silent that was not renewed for longer than its lease, by
// the store's clock, and lists it last. replicas forget takes it off the list, by its
// ID, by the beginning of that, or by its name. With --silent it takes all that are
// silent for that long, and asks first. With --except - it takes all silent ones
// except those whose names are read from standard input, as kubectl or systemctl
// print them. It refuses where a replica is heard of that is not among the names. If
// every name is heard of, nobody is left for an unknown entry to stand for, so that
// goes as well.
//
// # Passes
//
// pass create makes a link that lets its bearer in while maintenance is on, for as long
// as --for says, pass list names them, and pass revoke takes them away. The link is
// printed once: the store holds only the SHA-256 of its token. A pass goes with the
// maintenance that it was made in, unless it is made with --stays. See
// [maintenance.Mode.IssuePass], and package ginmaint for what a visitor meets.
//
// # Running a command
//
// run is [maintenance.Mode.During] for a command. It engages a state of its own,
// without an end, drains where --drain says so, runs the command, and puts back
// what was stored before. It puts that back only where the command has succeeded,
// and only over its own state: where an operator has saved in between, theirs stays, and
// the exit code is 5; it says at once who did. Of two runs at the same time neither opens
// the service under the other: the one that ends first exits with 6. Nor does a run open
// it under whoever switched on meanwhile; a service that was closed before stays closed.
//
// A run that has failed leaves its state marked so, and the next one takes that over:
// at its end it opens the service, if that was open before the first. A run that was
// killed can mark nothing; off --force clears what it left.
//
// If the store is away when run ends, it tries again for a minute, about as long as a
// fail-over takes. A signal ends the attempts.
//
// The command stays in the process group of run, so it can talk to the terminal.
// SIGTERM and SIGHUP are passed on to it, and so is SIGINT, unless it was typed at
// the terminal, which sends it to both. The command alone decides when to end. A
// signal before it has begun ends the drain, and the command is not run.
//
// # Who passes
//
// explain asks no store, but the endpoint of that name of a running replica, which alone
// knows its Config. The URL comes from --url or GINMAINT_URL. What makes the caller a
// superuser, a header, is read from the file of --headers or from GINMAINT_HEADERS, is sent
// to that address alone, and is never printed.
//
// # Output
//
// Results go to standard output; progress, warnings and errors go to standard
// error. With --quiet there are only errors. Colours are used on a terminal, unless
// NO_COLOR is set or TERM is dumb.
//
// With --json results are one JSON value on one line, for every command but run,
// whose standard output is the command's, and store migrate. on, off, status and
// watch print an object:
//
//	level       in force now: "off", "read-only", "on"
//	state       the maintenance.State: the one saved, or the one in the store
//	replaced    on, off: the State before; absent where nothing was ever saved
//	drain       with a drain: its maintenance.Report
//	store       where it is kept; absent where the application named the store
//	replicas    on, off, status: how many follow it; absent where that can't be known
//	at          watch: when the line was printed
//
// replicas prints an array of [maintenance.Replica], and store check one of findings.
// replicas forget prints an object with the array forgotten, of IDs. pass create prints
// the [maintenance.Pass] with its token and its link, pass list an array of passes, and
// pass revoke an object with the array revoked, of names. preflight prints an object with
// ready, replicas (that were heard of), store, and holders, an array of
// [maintenance.Pending]. explain prints the endpoint's answer. history prints an array of
// [maintenance.Record], the newest first.
//
// No password of a URL is printed, also where it was mistyped into another flag.
// Text from the store, such as the name of a replica, is printed without control
// characters. What the Mode logs, such as an outage, is one line each.
package cli
