package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) watchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Print a line for each change, until interrupted",
		Long: `Print what is in force, and then a line for each change of the state and for each
edge of a window, until interrupted. Changes that follow one another within a few
milliseconds may be missed; the line then says how many.`,
		Example: `  {} watch
  {} watch --json`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx, stop := interruptible(cmd)
			defer stop()
			s, err := a.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer s.end(&err)
			s.watch(ctx)
			return nil
		},
	}
	a.jsonFlag(cmd, "print one JSON object for each change")
	return cmd
}

// watch looks at what the Mode knows, which follows the store by push.
func (s *session) watch(ctx context.Context) {
	var last maintenance.Status
	for first := true; ; first = false {
		changed := s.mode.Changed()
		present := s.mode.Status()
		if first || present.State != last.State || present.InForce != last.InForce {
			s.report(present, last, first)
		}
		last = present
		if s.fault != nil { // nobody reads any more
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// report prints one change.
func (s *session) report(present, last maintenance.Status, first bool) {
	at := now()
	if s.json {
		s.print(struct {
			At time.Time `json:"at"`
			result
		}{at, result{Level: present.InForce, State: present.State}})
		return
	}
	missed := ""
	if skipped := int(present.State.Revision) - int(last.State.Revision) - 1; !first && skipped > 0 {
		missed = fmt.Sprintf("; before it %s that came and went", count(skipped, "change", "changes"))
	}
	text := standing(present.State, at)
	if present.State.Revision > 0 {
		text += " (" + audit(present.State, at) + missed + ")"
	}
	s.say("%s  %s", at.Format(time.RFC3339), s.results.paint(levelColour(present.InForce), text))
}
