package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The exit codes. Those of a command that run ran are passed on.
const (
	failed     = 1
	misused    = 2
	inForce    = 3
	notDrained = 4
	conflicted = 5
	unreleased = 6
	cannotRun  = 126 // as shells have it
	notFound   = 127
)

// ExitCode returns the status that a process should end with where a command of
// this package returned err: one of those in the package documentation, 0 for
// nil. Any other error is 1.
func ExitCode(err error) int {
	var f *failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &f):
		return f.code
	}
	return failed
}

// failure is an error with an exit code. Its text is safe to show: whatever
// looks like a secret of a URL is left out.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return tidy(f.err.Error()) }
func (f *failure) Unwrap() error { return f.err }

func exits(code int, err error) error { return &failure{code, err} }

func usage(format string, args ...any) error { return exits(misused, fmt.Errorf(format, args...)) }

// coded gives err the exit code that goes with its cause, unless it has one.
func coded(err error) error {
	var f *failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return exits(f.code, err)
	case errors.Is(err, maintenance.ErrConflict), errors.Is(err, maintenance.ErrChanged), errors.Is(err, maintenance.ErrLowers):
		return exits(conflicted, err)
	case errors.Is(err, maintenance.ErrNotDrained), errors.Is(err, maintenance.ErrEnding):
		return exits(notDrained, err)
	case errors.Is(err, maintenance.ErrInvalid):
		return exits(misused, err)
	case errors.Is(err, context.Canceled):
		return exits(failed, fmt.Errorf("interrupted: %w", err))
	}
	return exits(failed, err)
}

// reworded is a cause that says too little, or speaks to programmers.
type reworded struct {
	text  string
	cause error
}

func (r *reworded) Error() string { return r.text }
func (r *reworded) Unwrap() error { return r.cause }

// noArgs refuses arguments; one may be a mistyped subcommand. Cobra's own refusal
// quotes the argument, which may be a URL with a password, and has no exit code.
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
func nameOne(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "completion" {
			names = append(names, sub.Name())
		}
	}
	return usage("name what to do: %s; %s", strings.Join(names, ", "), seeHelp(cmd))
}

// wrongFlag says which flag was meant, where one nearly bears the name.
func wrongFlag(cmd *cobra.Command, err error) error {
	hint := seeHelp(cmd)
	if typed, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		names := new(cobra.Command) // cobra compares the names of commands alone
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			names.AddCommand(&cobra.Command{Use: "--" + f.Name, Run: func(*cobra.Command, []string) {}})
		})
		hint = meant(nearest(names, "--"+typed), hint)
	}
	return usage("%w; %s", err, hint)
}

// nearest returns the subcommands whose names are the nearest to what was typed.
func nearest(cmd *cobra.Command, typed string) []string {
	for cmd.SuggestionsMinimumDistance = 1; cmd.SuggestionsMinimumDistance <= 2; cmd.SuggestionsMinimumDistance++ {
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
