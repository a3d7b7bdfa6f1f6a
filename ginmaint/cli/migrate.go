package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Make the store's tables where they are missing",
		Long: `Make the tables that a store in PostgreSQL needs, where they are missing. What is
there stays as it is, so it does no harm to call it with each deployment. Other stores
need nothing of the kind.`,
		Example: `  {} store migrate --store postgres://shop@db/shop`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx, stop := interruptible(cmd)
			defer stop()
			s := &session{console: a.console(cmd), app: a, store: a.store}
			if s.store == nil {
				if err := s.openURL(ctx, cmd); err != nil {
					return err
				}
			}
			defer s.end(&err)
			return s.migrate(ctx)
		},
	}
}

func (s *session) migrate(ctx context.Context) error {
	tables, ok := s.store.(interface{ Migrate(context.Context) error })
	if !ok {
		s.say("This store needs no tables.")
		return nil
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if err := tables.Migrate(ctx); err != nil {
		return s.unanswered(ctx, err)
	}
	s.say("The tables are there.")
	return nil
}
