package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) replicasCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "replicas",
		Short: "List the replicas that follow the store",
		Long: `List the replicas that follow the store, as they last reported. Work in flight is
that from before the present level came into force: what a drain waits for.

With --watch the list is kept up to date until interrupted; where standard output is
not a terminal there is a line for each change.`,
		Example: `  {} replicas
  {} replicas --watch
  {} replicas --json`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx, stop := interruptible(cmd)
			defer stop()
			s, err := a.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer s.end(&err)
			if watch {
				return s.watchReplicas(ctx)
			}
			replicas, err := s.replicas(ctx)
			if err != nil {
				return err
			}
			if s.json {
				s.print(append([]maintenance.Replica{}, replicas...))
			} else if len(replicas) == 0 {
				s.say("No replica follows this store.")
			} else {
				s.say("%s", table(replicas, s.mode.State()))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "keep the list up to date until interrupted")
	a.jsonFlag(cmd, "print a JSON array, with --watch one for each change")
	cmd.AddCommand(a.forgetCommand())
	return cmd
}

func (s *session) replicas(ctx context.Context) ([]maintenance.Replica, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	replicas, err := s.mode.Replicas(ctx)
	return replicas, s.unanswered(ctx, err)
}
