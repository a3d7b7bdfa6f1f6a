package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// interrupts are the signals that ask a process to end, but those that whoever
// started it has it ignore, as nohup does.
func interrupts() []os.Signal {
	var heard []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			heard = append(heard, s)
		}
	}
	return heard
}

// signals are those that arrive while run runs.
type signals struct{ arrived chan os.Signal }

func catch() *signals {
	s := &signals{make(chan os.Signal, 16)}
	if heard := interrupts(); len(heard) > 0 { // for none, Notify would take all
		signal.Notify(s.arrived, heard...)
	}
	return s
}

func (s *signals) release() { signal.Stop(s.arrived) }

// until runs f, with a context that the first signal ends.
func (s *signals) until(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	caught := make(chan os.Signal, 1)
	go func() {
		defer close(caught)
		select {
		case sig := <-s.arrived:
			caught <- sig
			cancel()
		case <-done:
		}
	}()
	err := f(ctx)
	close(done)
	if sig, ok := <-caught; ok && err == nil {
		err = fmt.Errorf("interrupted (%s): %w", sig, context.Canceled)
	}
	return err
}

// closing is how long after the end of the context its signal may arrive, where
// an application ends its context by the same.
const closing = 200 * time.Millisecond

// run runs the command and passes signals on to it. It returns the exit code
// where the command did not succeed, with an error that says why.
func (s *signals) run(cmd *cobra.Command, path string, args []string) (int, error) {
	child := &exec.Cmd{
		Path: path, Args: args,
		Stdin: cmd.InOrStdin(), Stdout: cmd.OutOrStdout(), Stderr: cmd.ErrOrStderr(),
	}
	if err := child.Start(); err != nil {
		return unable(err), fmt.Errorf("the command can't be started: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	over := cmd.Context().Done()
	var late <-chan time.Time
	for {
		select {
		case err := <-ended:
			return outcome(err)
		case sig := <-s.arrived:
			over, late = nil, nil
			if typed(sig) {
				continue // the terminal has sent it to the command as well
			}
			_ = child.Process.Signal(sig) // fails only where it has just ended, or can't be done here
		case <-over:
			over, late = nil, time.After(closing)
		case <-late:
			late = nil
			_ = child.Process.Signal(syscall.SIGTERM)
		}
	}
}

// outcome makes an exit code of how the command ended.
func outcome(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return failed, fmt.Errorf("the command's input or output broke off: %w", err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), fmt.Errorf("the command was killed: %w", err)
	}
	return exit.ExitCode(), fmt.Errorf("the command failed: %w", err)
}
