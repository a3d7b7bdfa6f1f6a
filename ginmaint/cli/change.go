package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// change edits the document, and tells whether that was necessary.
func (s *session) change(ctx context.Context, edit func(*maintenance.State) error) (saved maintenance.State, changed bool, err error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	var before, want maintenance.State
	saved, err = s.mode.Update(ctx, func(state *maintenance.State) error {
		before = *state
		err := edit(state)
		want = *state
		return err
	})
	if err != nil {
		return saved, false, s.unanswered(ctx, err)
	}
	// Update saves nothing for the reason alone. Who gave one wants it kept.
	if saved.Revision == before.Revision && saved.Revision > 0 && want.Reason != saved.Reason {
		saved, err = s.mode.Set(ctx, want)
		return saved, err == nil, s.unanswered(ctx, err)
	}
	return saved, saved.Revision != before.Revision, nil
}

func (a *app) offCommand() *cobra.Command {
	var reason, by string
	var revision uint64
	cmd := &cobra.Command{
		Use:   "off",
		Short: "Switch maintenance off, or call off a window to come",
		Long: `Switch maintenance off. The message and the window are dropped.

With --if-revision it happens only where nobody has changed the state since that
revision, which status prints; else the command exits with 5.`,
		Example: `  {} off
  {} off --reason "migrated" --if-revision 7`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if by, err = author(cmd, by); err != nil {
				return err
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			s, err := a.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer s.end(&err)
			return s.off(ctx, by, reason, cmd.Flags().Changed("if-revision"), revision)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "a `TEXT` for operators")
	cmd.Flags().Uint64Var(&revision, "if-revision", 0, "only over the revision `N`")
	byFlag(cmd, &by)
	a.jsonFlag(cmd, "print the state as JSON")
	return cmd
}

func (s *session) off(ctx context.Context, by, reason string, only bool, revision uint64) error {
	state, changed, err := s.change(ctx, func(state *maintenance.State) error {
		if only && state.Revision != revision {
			text := fmt.Sprintf("the revision is %d, not %d: somebody has changed the state; see status, and decide again", state.Revision, revision)
			return &reworded{text, maintenance.ErrConflict}
		}
		if state.Level != maintenance.Off || reason != "" {
			state.Reason = reason
		}
		state.Level, state.Message, state.ChangedBy = maintenance.Off, "", by
		state.Start, state.End = time.Time{}, time.Time{}
		return nil
	})
	if err != nil {
		return err
	}
	at := now()
	if s.json {
		s.print(result{Level: state.At(at), State: state, Changed: &changed, Store: s.where})
	}
	s.say("%s", s.results.paint(green, standing(state, at)))
	if !changed && state.Revision > 0 {
		s.say("It was so already (%s); nothing was changed.", audit(state, at))
	}
	return nil
}
