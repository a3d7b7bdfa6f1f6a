package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// lateSignal is how long after the end of the context its signal may arrive, where
// an application ends its context by the same.
const lateSignal = 200 * time.Millisecond

// supervise runs a command and passes the signals that arrive on to it. It
// returns the exit code where the command did not succeed, with an error that
// says why.
func supervise(cmd *cobra.Command, path string, args []string, arrived <-chan os.Signal) (int, error) {
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
		case sig := <-arrived:
			over, late = nil, nil
			if typed(sig) {
				continue // the terminal has sent it to the command as well
			}
			_ = child.Process.Signal(sig) // fails only where it has just ended, or can't be done here
		case <-over:
			over, late = nil, time.After(lateSignal)
		case <-late:
			late = nil
			_ = child.Process.Signal(syscall.SIGTERM)
		}
	}
}

// unable is the exit code for a command that did not start.
func unable(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return notFound
	}
	return cannotRun
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
