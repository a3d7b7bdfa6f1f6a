package cli_test

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/cli"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// An application has the commands in its own tree, over the store that it has anyway.
func ExampleCommand() {
	store := maintenance.NewMemoryStore() // in a service: redisstore.New(client), say
	shop := func(args ...string) int {
		root := &cobra.Command{Use: "shop", SilenceErrors: true}
		command := cli.Command(cli.Store(store))
		command.Use = "maintenance"
		root.AddCommand(command)
		root.SetArgs(args)
		root.SetOut(os.Stdout)
		return cli.ExitCode(root.Execute())
	}
	fmt.Println("code", shop("maintenance", "on", "--by", "alice", "--expect", "0"))
	fmt.Println("code", shop("maintenance", "status", "--exit-code", "--quiet"))
	fmt.Println("code", shop("maintenance", "onn"))
	// Output:
	// Maintenance is on until it is switched off.
	// code 0
	// code 3
	// code 2
}

// A program that runs one command of its own ends with the command's code.
func ExampleExitCode() {
	command := cli.Command(cli.Store(maintenance.NewMemoryStore()))
	command.SilenceErrors = true // this program prints the error itself
	command.SetArgs([]string{"on", "--by", "alice"})
	err := command.Execute()
	fmt.Println(err)
	fmt.Println("code", cli.ExitCode(err)) // os.Exit(cli.ExitCode(err))
	// Output:
	// nothing was changed: no replica follows the store, and 1+ is expected; where 0 is right, add --expect 0
	// code 4
}
