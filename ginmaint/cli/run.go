package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) runCommand() *cobra.Command {
	var c closing
	cmd := &cobra.Command{
		Use:   "run [flags] [--] COMMAND [ARG...]",
		Short: "Run a command while maintenance is on",
		Long: `Switch maintenance on, drain where --drain says so, run the command, and put back
the state from before. Standard input and output are the command's.

Maintenance stays on where the command fails, is killed or can't be started, where
the drain is incomplete (then the command is not run), and where this process is
killed: a service is not opened over a migration that went wrong. A service that
was closed before stays closed. The next run takes over what a failed one has left, and
opens the service at its end. Where somebody else changes the state meanwhile, as by
"on", their state is left, and the exit code is 5. Of several runs at the same time
the one that ends last opens the service; the others exit with 6, as does one beside
which another has failed.

With --hold a request that would be refused waits so long first: a command that takes
less is noticed by nobody.

` + grace + `

SIGINT, SIGTERM and SIGHUP reach the command, which decides when to end. Before
it has begun they end the drain, and the command is not run.

The exit code is the command's own, 128 and the signal's number where it was killed,
126 or 127 where it can't be run or is not found. Without --drain, requests that
began before may still run beside the command.`,
		Example: `  {} run --drain -- ./migrate up
  {} run --hold 15s --drain -- ./migrate up
  {} run --drain --read-only --timeout 5m -- pg_dump --file shop.sql shop`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name the command to run; %s", seeHelp(cmd))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd, c, args) },
	}
	cmd.Flags().SetInterspersed(false) // what follows the command is its own
	c.add(cmd)
	cmd.Flag("reason").Usage += "; default run and the command's name"
	return cmd
}

func (a *app) run(cmd *cobra.Command, c closing, args []string) error {
	want, err := c.state(cmd)
	if err != nil {
		return err
	}
	if want.Reason == "" {
		want.Reason = "run " + line(filepath.Base(args[0]))
	}
	path, err := exec.LookPath(args[0])
	if err != nil { // before anybody is refused for its sake
		return exits(unable(err), fmt.Errorf("the command can't be run, and nothing was changed: %w", err))
	}
	// From here on, no signal is lost: one that comes too late to end the drain
	// reaches the command.
	arrived := make(chan os.Signal, 16)
	signal.Notify(arrived, interrupts()...)
	defer signal.Stop(arrived)
	return a.follow(cmd, func(ctx context.Context, s *session) error {
		if err := s.expected(ctx, c.expect); err != nil {
			return err
		}
		e, err := s.engage(ctx, want)
		if err != nil {
			return err
		}
		for _, w := range e.Taken {
			s.note("Taken over from a run that failed (by %s, begun %s).", line(w.By), stamp(w.Since, now()))
		}
		s.note("%s", standing(e.State, now()))
		s.note("In %s.", s.following(ctx))
		const again = ". Run it again once that is repaired"
		err = s.clear(ctx, c, e)
		if err == nil && ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		switch {
		case errors.Is(err, maintenance.ErrChanged):
			return fmt.Errorf("the command was not run: %w", err)
		case err != nil:
			s.fails(ctx, e, arrived)
			return exits(notDrained, fmt.Errorf("the command was not run: %w\n%s", err, s.remains(ctx, e.State, again)))
		}
		watching, stop := context.WithCancel(context.WithoutCancel(ctx))
		looking := make(chan struct{})
		go func() { defer close(looking); s.lookout(watching, e) }()
		code, err := supervise(cmd, path, args, arrived)
		stop()
		<-looking
		if err != nil {
			s.fails(ctx, e, arrived)
			return exits(code, fmt.Errorf("%w\n%s", err, s.remains(ctx, e.State, again)))
		}
		return s.release(ctx, e, arrived)
	})
}

// engage puts in force what the command is to run under.
func (s *session) engage(ctx context.Context, want maintenance.State) (*maintenance.Engagement, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	e, err := s.mode.Engage(ctx, want)
	if errors.Is(err, maintenance.ErrLowers) {
		return nil, &reworded{fmt.Sprintf("maintenance is %s, and --read-only would open it; leave that flag out", s.mode.Level()), err}
	}
	return e, s.unanswered(ctx, err)
}

// clear drains, or says what is left out.
func (s *session) clear(ctx context.Context, c closing, e *maintenance.Engagement) error {
	if !c.drain {
		s.note("warning: not draining; requests that began before may still run, --drain waits for them")
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	report, err := s.drain(ctx, e.Drain, c)
	if err == nil {
		s.note("%s", drained(report))
	}
	return err
}

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
