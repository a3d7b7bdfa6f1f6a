package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// running is one call of run.
type running struct {
	draining
	readOnly            bool
	message, reason, by string
}

func (a *app) runCommand() *cobra.Command {
	var r running
	cmd := &cobra.Command{
		Use:   "run [flags] [--] COMMAND [ARG...]",
		Short: "Run a command while maintenance is on",
		Long: `Switch maintenance on, drain where --drain says so, run the command, and put back
what was before. Standard input and output are the command's.

Maintenance stays on where the command fails, is killed or can't be started, where the
drain is incomplete (then the command is not run), and where this process is
killed: a service is not opened over a migration that went wrong. Where it was on
before it stays on in any case, and where somebody else changed the state
meanwhile theirs is left.

` + grace + `

SIGINT, SIGTERM and SIGHUP reach the command, which decides when to end. Before
it has begun they end the drain.

The exit code is the command's own, 128 and the signal's number where it was killed,
126 or 127 where it can't be run or is not found. Without --drain requests that began
before may still run beside the command.`,
		Example: `  {} run --drain -- ./migrate up
  {} run --drain --read-only --timeout 5m -- pg_dump --file shop.sql shop`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name the command to run; %s", seeHelp(cmd))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd, r, args) },
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows the command is its own
	flags.BoolVar(&r.readOnly, "read-only", false, "let reads go on, and refuse writes alone")
	flags.StringVar(&r.message, "message", "", "a `TEXT` for visitors")
	flags.StringVar(&r.reason, "reason", "", "a `TEXT` for operators; default run and the command's name")
	byFlag(cmd, &r.by)
	r.add(cmd)
	return cmd
}

func (a *app) run(cmd *cobra.Command, r running, args []string) (err error) {
	if err := r.check(cmd); err != nil {
		return err
	}
	if r.by, err = author(cmd, r.by); err != nil {
		return err
	}
	path, err := exec.LookPath(args[0])
	if err != nil { // before anybody is refused for its sake
		return exits(unable(err), fmt.Errorf("the command can't be run, and nothing was changed: %w", err))
	}
	signals := catch()
	defer signals.release()
	s, err := a.open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	defer s.end(&err)

	var before, during maintenance.State
	engaged := false
	err = signals.until(cmd.Context(), func(ctx context.Context) (err error) {
		if before, during, err = s.engage(ctx, r, args[0]); err != nil {
			return err
		}
		engaged = true
		s.note("%s", standing(during, now()))
		return s.clear(ctx, cmd, r, during)
	})
	switch {
	case err != nil && !engaged:
		return err
	case errors.Is(err, maintenance.ErrChanged):
		return fmt.Errorf("the command was not run: %w", err)
	case err != nil:
		return exits(notDrained, fmt.Errorf("the command was not run: %w\n%s", err, s.remains(during)))
	}
	if code, err := signals.run(cmd, path, args); err != nil {
		return exits(code, fmt.Errorf("%w\n%s", err, s.remains(during)))
	}
	return s.putBack(cmd.Context(), before, during, r.by)
}

// remains says how to go on where maintenance stays on.
func (s *session) remains(during maintenance.State) string {
	return fmt.Sprintf("Maintenance stays %s. Run it again once that is repaired; to open again: %s", during.Level, s.hint("off"))
}

// engage saves the document to run under, without an end, over the one that
// is stored. It saves also where maintenance is on: each of two runs at the same
// time must find that the other has saved.
func (s *session) engage(ctx context.Context, r running, name string) (before, during maintenance.State, err error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if before, err = s.refresh(ctx); err != nil {
		return before, during, err
	}
	want := maintenance.State{Level: maintenance.On, Message: r.message, Reason: r.reason, ChangedBy: r.by}
	if r.readOnly {
		want.Level = maintenance.ReadOnly
	}
	if want.Message == "" {
		want.Message = before.Message
	}
	if want.Reason == "" {
		want.Reason = "run " + line(filepath.Base(name))
	}
	if now := time.Now(); before.At(now) > want.Level {
		return before, during, exits(conflicted, fmt.Errorf("maintenance is %s, and --read-only would open it; leave that flag out", before.At(now)))
	}
	during, err = s.replace(ctx, before, want)
	return before, during, s.unanswered(ctx, err)
}

// replace saves next over exactly this document.
func (s *session) replace(ctx context.Context, over, next maintenance.State) (maintenance.State, error) {
	if next.Revision = over.Revision; over.Revision > 0 {
		return s.mode.Set(ctx, next)
	}
	// For Set, revision 0 means whatever is stored.
	return s.mode.Update(ctx, func(stored *maintenance.State) error {
		if stored.Revision > 0 {
			return maintenance.ErrConflict
		}
		*stored = next
		return nil
	})
}

// clear drains, or says what is left out.
func (s *session) clear(ctx context.Context, cmd *cobra.Command, r running, during maintenance.State) error {
	if !r.drain {
		s.note("warning: not draining; requests that began before may still run, --drain waits for them")
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	report, err := s.drain(ctx, during, r.options(cmd)...)
	if err == nil {
		s.note("%s", drained(report))
	}
	return err
}

// putBack saves what was before, unless somebody else has saved meanwhile. The
// end of the context does not keep it from doing so.
func (s *session) putBack(ctx context.Context, before, during maintenance.State, by string) error {
	ctx, cancel := s.bounded(context.WithoutCancel(ctx))
	defer cancel()
	earlier := before
	if !before.End.IsZero() && !before.End.After(time.Now()) {
		earlier = maintenance.State{Level: maintenance.Off} // its window has ended meanwhile
	}
	earlier.ChangedBy = by
	state, err := s.replace(ctx, during, earlier)
	switch {
	case errors.Is(err, maintenance.ErrConflict):
		return &reworded{"the command succeeded, and somebody else changed the state meanwhile: theirs is left; see " + s.hint("status"), err}
	case err != nil:
		return fmt.Errorf("the command succeeded, but maintenance may still be %s: %w\nTo open: %s",
			during.Level, s.unanswered(ctx, err), s.hint("off"))
	}
	s.note("The command succeeded. %s", standing(state, now()))
	if state.At(time.Now()) != maintenance.Off {
		s.note("It was so before; to open: %s", s.hint("off"))
	}
	return nil
}

// unable is the exit code for a command that did not start.
func unable(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return notFound
	}
	return cannotRun
}
