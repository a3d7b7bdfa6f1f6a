package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) historyCommand() *cobra.Command {
	most := 20
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List the last changes: who, when, from where and why",
		Long: `List the last changes of the state, the newest first. The store keeps the last 100, each
written in one step with the state itself. An edit of the document by other means, such as
an editor, is listed without an author, as nobody knows.`,
		Example: `  {} history
  {} history --last 100 --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if most < 1 || most > maintenance.MaxHistory {
				return usage("--last: write a number from 1 to %d", maintenance.MaxHistory)
			}
			return noArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.follow(cmd, func(ctx context.Context, s *session) error {
				records, err := s.history(ctx)
				if err != nil {
					return err
				}
				s.listHistory(records[:min(most, len(records))])
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&most, "last", most, "how many `CHANGES`, at most 100")
	a.jsonFlag(cmd, "print a JSON array")
	return cmd
}

func (s *session) history(ctx context.Context) ([]maintenance.Record, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	records, err := s.mode.History(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, fmt.Errorf("%s keeps no history", s.named())
	}
	return records, s.unanswered(ctx, err)
}

func (s *session) listHistory(records []maintenance.Record) {
	if s.json {
		s.print(append([]maintenance.Record{}, records...))
		return
	}
	if len(records) == 0 {
		s.say("Nothing was ever saved.")
	}
	clock := func(t time.Time) string { return stamp(t, now()) }
	for _, r := range records {
		s.say("%s", s.results.paint(levelColour(r.After.Level), fleet.When(r, clock)+"  "+fleet.Happened(r, clock)))
	}
}
