package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// wrongFlag says what was meant, where a flag nearly bears the name.
func wrongFlag(cmd *cobra.Command, err error) error {
	hint := seeHelp(cmd)
	if typed, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		// Cobra knows how near two names are only for those of commands.
		names := new(cobra.Command)
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
		})
		var near []string
		for _, name := range nearest(names, typed) {
			near = append(near, "--"+name)
		}
		hint = meant(near, hint)
	}
	return usage("%w; %s", err, hint)
}

// noArgs refuses arguments; one may be a mistyped subcommand.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := meant(nearest(cmd, args[0]), seeHelp(cmd))
	if cmd.HasSubCommands() {
		return usage("there is no command %q under %q; %s", args[0], cmd.CommandPath(), hint)
	}
	return usage("%q takes no arguments, and %q is one; %s", cmd.CommandPath(), args[0], hint)
}

// nameOne refuses a command that only holds others.
func nameOne(cmd *cobra.Command) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "completion" {
			names = append(names, sub.Name())
		}
	}
	return usage("name what to do: %s; %s", strings.Join(names, ", "), seeHelp(cmd))
}

// nearest returns the names of subcommands that are as near as any is to what was
// typed.
func nearest(cmd *cobra.Command, typed string) []string {
	for distance := 1; distance <= 2; distance++ {
		cmd.SuggestionsMinimumDistance = distance
		if near := cmd.SuggestionsFor(typed); len(near) > 0 {
			return near
		}
	}
	return nil
}

func meant(near []string, otherwise string) string {
	if len(near) == 0 {
		return otherwise
	}
	return fmt.Sprintf("did you mean %s?", strings.Join(near, " or "))
}

func seeHelp(cmd *cobra.Command) string { return fmt.Sprintf("see %q", cmd.CommandPath()+" --help") }
