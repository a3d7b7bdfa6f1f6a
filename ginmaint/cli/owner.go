package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// forceFlag adds --force to an order that may open the service under somebody's work.
func forceFlag(cmd *cobra.Command, force *bool) {
	cmd.Flags().BoolVar(force, "force", false, "also where that opens the service under a \"run\" that goes on")
}

// spares refuses an order that opens the service under somebody's work, now or later.
func (s *session) spares(stored, next maintenance.State, force bool) error {
	at := now()
	if force || stored.Owner != maintenance.Working || next.At(at) >= stored.At(at) && next.End.IsZero() {
		return nil
	}
	return &reworded{fmt.Sprintf("nothing was changed: somebody works under this state (%s), and this order would open the service meanwhile; "+
		"where that work has ended, or is to go on all the same, add --force", audit(stored, at)), maintenance.ErrConflict}
}

// lookout tells at once where somebody else changes the state while the command runs,
// until ctx ends.
func (s *session) lookout(ctx context.Context, own maintenance.State) {
	known := own
	for {
		changed := s.mode.Changed()
		if theirs := s.mode.State(); theirs.ID != known.ID && theirs.Revision > known.Revision {
			known = theirs
			s.note("warning: somebody else has changed the state while the command runs (%s). %s", audit(theirs, now()), standing(theirs, now()))
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// fails leaves the level in force for the next run to take over.
func (s *session) fails(ctx context.Context, e *maintenance.Engagement) {
	ctx, cancel := s.bounded(context.WithoutCancel(ctx))
	defer cancel()
	if err := e.Fail(ctx); err != nil && !errors.Is(err, maintenance.ErrConflict) {
		s.note("warning: the state still says that this command runs: %v", err)
	}
}

// failover is for how long the end of a run is tried again: as long as a store takes
// to fail over, with time to spare. A Sentinel's down-after-milliseconds is 30 s by
// default, and then it votes.
const failover = time.Minute

// release puts back what was before, unless somebody else has saved meanwhile. The
// end of the context does not keep it from doing so. Where the store does not answer it
// tries again for a while, until a signal arrives.
func (s *session) release(ctx context.Context, e *maintenance.Engagement, arrived <-chan os.Signal) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(failover, s.app.patience))
	defer cancel()
	state, err := s.putBack(ctx, e)
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for told, stopped := false, false; err != nil && !errors.Is(err, maintenance.ErrConflict) && !stopped; {
		if !told {
			s.note("The command succeeded. The state can't be put back, trying again for %s: %v", failover, err)
			told = true
		}
		select {
		case <-again.C:
			if state, err = s.putBack(ctx, e); errors.Is(err, maintenance.ErrConflict) && putBackBefore(s.mode.State(), e) {
				state, err = s.mode.State(), nil
			}
		case <-arrived:
			stopped = true
		case <-ctx.Done():
			stopped = true
		}
	}
	at := now()
	switch {
	case errors.Is(err, maintenance.ErrConflict):
		theirs := s.mode.State()
		return &reworded{fmt.Sprintf("the command succeeded, and somebody else changed the state meanwhile: theirs is left\n%s (%s)",
			standing(theirs, at), audit(theirs, at)), err}
	case err != nil:
		return exits(unreleased, fmt.Errorf("the command succeeded, but maintenance may still be %s: %w\nTo open: %s",
			e.State.Level, err, s.hint("off")))
	}
	s.note("The command succeeded. %s", standing(state, at))
	if state.At(at) != maintenance.Off {
		s.note("That is the state from before; to open: %s", s.hint("off"))
	}
	return nil
}

// putBack tries once.
func (s *session) putBack(ctx context.Context, e *maintenance.Engagement) (maintenance.State, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	state, err := e.Release(ctx)
	return state, s.unanswered(ctx, err)
}

// putBackBefore tells whether stored is what an earlier try has saved whose answer was
// lost.
func putBackBefore(stored maintenance.State, e *maintenance.Engagement) bool {
	return stored.Revision == e.State.Revision+1 && stored.ChangedBy == e.State.ChangedBy &&
		stored.Level == e.Earlier.Level && stored.Message == e.Earlier.Message && stored.Reason == e.Earlier.Reason
}
