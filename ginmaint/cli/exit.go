package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The exit codes. Those of a command that run ran are passed on.
const (
	failed     = 1
	misused    = 2
	inForce    = 3
	notDrained = 4
	conflicted = 5
	cannotRun  = 126 // as shells have it
	notFound   = 127
)

// failure is an error with an exit code. Its text is safe to show: whatever
// looks like a secret of a URL is left out.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return tidy(f.err.Error()) }
func (f *failure) Unwrap() error { return f.err }

func exits(code int, err error) error {
	if err == nil {
		return nil
	}
	return &failure{code, err}
}

func usage(format string, args ...any) error { return exits(misused, fmt.Errorf(format, args...)) }

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

// coded gives err the exit code that goes with its cause, unless it has one.
func coded(err error) error {
	var f *failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return exits(f.code, err)
	case errors.Is(err, maintenance.ErrConflict), errors.Is(err, maintenance.ErrChanged):
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
