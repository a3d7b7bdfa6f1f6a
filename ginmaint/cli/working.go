package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// forceFlag adds --force to an order that may open the service under somebody's work.
func forceFlag(cmd *cobra.Command, force *bool) {
	cmd.Flags().BoolVar(force, "force", false, "even if that opens the service while a \"run\" is at work")
}

// spares refuses an order that opens the service under somebody's work, now or later.
func (s *session) spares(stored, next maintenance.State, force bool) error {
	at := now()
	exposed := stored.Exposed(next, at)
	if force || len(exposed) == 0 {
		return nil
	}
	return &reworded{fmt.Sprintf("nothing was changed: %s under this state, and this order would open the service meanwhile; "+
		"where that was killed, or is to go on all the same, add --force", atWork(exposed, at)), maintenance.ErrConflict}
}

// atWork names those at work.
func atWork(all []maintenance.Work, at time.Time) string {
	names := make([]string, len(all))
	for i, w := range all {
		names[i] = fmt.Sprintf("%s (since %s: %s)", line(w.By), stamp(w.Since, at), line(w.Reason))
	}
	if len(names) == 1 {
		return names[0] + " works"
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " work"
}

// lookout tells at once where somebody gives another order while the command runs,
// until ctx ends.
func (s *session) lookout(ctx context.Context, e *maintenance.Engagement) {
	known := e.State
	for {
		changed := s.mode.Changed()
		if theirs := s.mode.State(); theirs.Revision > known.Revision {
			known = theirs
			if !stands(theirs, e) {
				s.aside(fmt.Sprintf("warning: somebody else has changed the state while the command runs (%s). %s\n",
					audit(theirs, now()), tidy(standing(theirs, now())))) // also where --quiet asks for errors alone
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// stands tells whether the work is noted in the document, and nobody has given another
// order since it began.
func stands(s maintenance.State, e *maintenance.Engagement) bool {
	return slices.ContainsFunc(s.Work(), func(w maintenance.Work) bool { return w.ID == e.Work.ID && !w.Overtaken })
}

// failover is for how long the end of a run is tried again: as long as a store takes
// to fail over, with time to spare. A Sentinel's down-after-milliseconds is 30 s by
// default, and then it votes.
const failover = time.Minute

// insist saves in spite of the end of the context, and where the store does not answer
// it tries again for a while, until a signal arrives. A conflict is an answer.
func (s *session) insist(ctx context.Context, arrived <-chan os.Signal, what string, save func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(failover, s.app.patience))
	defer cancel()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for told := false; ; told = true {
		asking, done := s.bounded(ctx)
		err := s.unanswered(asking, save(asking))
		done()
		if err == nil || errors.Is(err, maintenance.ErrConflict) {
			return err
		}
		if !told {
			s.note("%s, trying again for %s: %v", what, failover, err)
		}
		select {
		case <-again.C:
		case <-arrived:
			return err
		case <-ctx.Done():
			return err
		}
	}
}

// fails leaves the level in force for the next run to take over.
func (s *session) fails(ctx context.Context, e *maintenance.Engagement, arrived <-chan os.Signal) {
	err := s.insist(ctx, arrived, "The state can't be told that this run has failed", e.Fail)
	if err != nil && !errors.Is(err, maintenance.ErrConflict) {
		s.note("warning: the state still says that this run goes on, so to open needs --force: %v", err)
	}
}

// release puts back what was before, unless somebody else has given another order.
func (s *session) release(ctx context.Context, e *maintenance.Engagement, arrived <-chan os.Signal) error {
	var state maintenance.State
	err := s.insist(ctx, arrived, "The command succeeded. The state can't be put back", func(ctx context.Context) (err error) {
		state, err = e.Release(ctx)
		return err
	})
	at := now()
	switch {
	case errors.Is(err, maintenance.ErrConflict):
		theirs := s.mode.State()
		return &reworded{fmt.Sprintf("the command succeeded, and somebody else changed the state meanwhile: theirs is left\n%s (%s)",
			standing(theirs, at), audit(theirs, at)), err}
	case err != nil:
		return exits(unreleased, fmt.Errorf("the command succeeded, but maintenance may still be %s: %w\nTo open: %s",
			e.State.Level, err, s.hint("off --force")))
	}
	var why string
	switch others := state.Exposed(maintenance.State{}, at); {
	case state.At(at) == maintenance.Off:
		s.note("The command succeeded. %s", standing(state, at))
		return nil
	case len(others) > 0:
		why = atWork(others, at) + " under it, and who ends last opens it unless that was killed"
	case len(state.Work()) > 0:
		why = "Another run has failed, and the next one takes over"
	default:
		s.note("The command succeeded. %s\nThat is the state from before; to open: %s", standing(state, at), s.hint(opens(state)))
		return nil
	}
	// Who goes by the code alone would take the service for open.
	return exits(unreleased, fmt.Errorf("the command succeeded, and the service is not opened. %s\n%s; to open: %s",
		standing(state, at), why, s.hint(opens(state))))
}

// opens is the order that opens the service.
func opens(s maintenance.State) string {
	if len(s.Exposed(maintenance.State{}, now())) > 0 {
		return "off --force"
	}
	return "off"
}
