// Command ginmaint puts a service into maintenance mode, drains it, and puts
// it back. See package cli, and ginmaint --help.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"runtime/debug"
	_ "time/tzdata" // a container may have no time zones of its own

	"github.com/go-sql-driver/mysql"
	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/cli"
)

func main() {
	redis.SetLogger(silent{})                       // what matters of it comes back as an error
	_ = mysql.SetLogger(log.New(io.Discard, "", 0)) // likewise; it fails for nil alone
	os.Exit(cli.ExitCode(exec(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

// silent drops what go-redis says of connections that it closes.
type silent struct{}

// Printf implements the logger of go-redis.
func (silent) Printf(context.Context, string, ...any) {}

// exec runs one command line. What is wrong is printed before it returns.
func exec(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	command := cli.Command()
	command.SetErrPrefix("ginmaint:")
	command.SetArgs(args)
	command.SetIn(stdin)
	command.SetOut(stdout)
	command.SetErr(stderr)
	if build, ok := debug.ReadBuildInfo(); ok {
		command.Version = version(build)
		command.Flags().Bool("version", false, "print the version and the revision that it was built from")
	}
	return command.ExecuteContext(ctx)
}
