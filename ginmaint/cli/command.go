package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Option says what a Command works with.
type Option func(*app)

// Store has the commands use s rather than the store that --store and
// GINMAINT_STORE name, and leaves that flag out. The store stays the caller's
// to close.
func Store(s maintenance.Store) Option { return func(a *app) { a.store = s } }

// Command returns the command ginmaint with its subcommands. An application
// mounts it in its own tree, under a name of its own:
//
//	command := cli.Command(cli.Store(redisstore.New(client)))
//	command.Use = "maintenance"
//	root.AddCommand(command)
//
// and ends its process with [ExitCode] of the error that Execute returns. The
// command prints none of its errors itself: cobra does, unless the application
// has silenced it.
func Command(opts ...Option) *cobra.Command {
	a := &app{root: &cobra.Command{
		Use:   "ginmaint",
		Short: "Put a service into maintenance mode, and drain it",
		Long:  purpose,
		Example: `  {} on --message "Back at two" --for 1h --drain
  {} run --drain -- ./migrate up
  {} status`,
	}}
	for _, opt := range opts {
		opt(a)
	}
	if a.store == nil {
		a.root.Long += "\n\n" + keeping + "\n\nEnvironment:\n" + whichStore + surroundings
	} else {
		a.root.Long += "\n\nEnvironment:\n" + surroundings
	}
	a.root.RunE = nameOne
	flags := a.root.PersistentFlags()
	flags.SortFlags = false
	if a.store == nil {
		flags.StringVar(&a.url, "store", "", "the store's `URL`, else $GINMAINT_STORE, else "+defaultURL)
	}
	flags.DurationVar(&a.patience, "connect-timeout", 5*time.Second, "how long the store may take to answer")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print nothing but errors, and what --json asks for")
	a.root.AddCommand(a.onCommand(), a.offCommand(), a.statusCommand(), a.runCommand(), a.preflightCommand(),
		a.passCommand(), a.replicasCommand(), a.watchCommand(), a.explainCommand(), a.historyCommand(), a.storeCommand())
	a.finish(a.root)
	a.root.SetUsageFunc(a.printUsage)
	return a.root
}

// The long help of the root.
const (
	purpose = `Put a service into maintenance mode, wait until no replica works any more, and
put it back.`

	keeping = `The state is kept in a store that every replica follows: the file
maintenance_mode.json in the working directory, or what --store or GINMAINT_STORE
names, such as

  file:///var/lib/shop/maintenance_mode.json
  redis://:PASSWORD@redis:6379/0
  postgres://USER:PASSWORD@db:5432/shop
  mysql://USER:PASSWORD@db:3306/shop
  sqlite:///var/lib/shop/app.db
  redis://node1:6379,node2:6379?cluster=true
  redis://sentinel1,sentinel2/0?master_name=NAME
  rediss://redis:6379?ca=FILE&cert=FILE&key=FILE&password_file=FILE

A command line can be seen by others on the same host: put a URL with a password
into GINMAINT_STORE, or into a file that GINMAINT_STORE_FILE names. The password alone
may stand in the file of password_file=, for redis, postgres and mysql. ca=, cert= and
key= serve mysql too; for postgres they are sslrootcert=, sslcert= and sslkey=. switch=
names the switch, prefix= the keys of redis, table= those of SQL. Package stores
documents all parameters.`

	whichStore = `  GINMAINT_STORE       the store's URL, where --store is not given
  GINMAINT_STORE_FILE  a file that holds that URL
`
	surroundings = `  GINMAINT_EXPECT      how many replicas should follow, where --expect is not given
  GINMAINT_URL         explain: where the endpoints are, where --url is not given
  GINMAINT_HEADERS     explain: the headers to send, where --headers is not given
  NO_COLOR             set: no colours

Exit codes:
  0  done
  1  failed: the store can't be reached, or may not be written to
  2  wrong usage; nothing was done
  3  status --exit-code: maintenance is on, or read-only; explain --exit-code: it would
     refuse the request
  4  the drain is incomplete, and maintenance is on; or other replicas follow than
     expected, and nothing was changed; or preflight found what would hold a drain
  5  somebody else changed the state, or works under it; theirs is left
  6  the command of run succeeded, and the service was not opened: the state could
     not be put back, or another run is at work under it, or has failed
run passes on the exit code of its command.`
)

// finish sets what all commands have in common.
func (a *app) finish(cmd *cobra.Command) {
	cmd.SilenceUsage = true
	cmd.SetFlagErrorFunc(wrongFlag)
	cmd.Flags().SortFlags = false
	if cmd.Args == nil {
		cmd.Args = noArgs
	}
	a.completes(cmd)
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return coded(run(cmd, args)) }
	for _, sub := range cmd.Commands() {
		a.finish(sub)
	}
}

// printUsage writes the name that the command is mounted under into its examples, says
// where the rest is told, and leaves the form to whom it is mounted in.
func (a *app) printUsage(cmd *cobra.Command) error {
	cmd.Example = strings.ReplaceAll(cmd.Example, "{}", a.root.CommandPath())
	usage := new(cobra.Command).UsageFunc()
	if a.root.HasParent() {
		usage = a.root.Parent().UsageFunc()
	}
	if err := usage(cmd); err != nil || cmd == a.root {
		return err
	}
	cmd.Printf("\nExit codes and environment: %s --help\n", a.root.CommandPath())
	return nil
}
