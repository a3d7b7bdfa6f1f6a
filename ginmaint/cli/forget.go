package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) forgetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "forget ID",
		Short: "Strike a replica that has ended from the list",
		Long: `Strike a replica from the list, so that no drain waits for it any more. Make sure
first that its process has ended: a drain then counts on that it does nothing. One
that lives after all admits nothing until it has joined again.`,
		Example: `  {} replicas forget 4DJX2MZOQ5T3WXV7AXUYKQH6PE`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usage("name one replica by its ID, which replicas lists; %s", seeHelp(cmd))
			}
			return nil
		},
		ValidArgsFunction: a.completeID,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx, stop := interruptible(cmd)
			defer stop()
			s, err := a.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer s.end(&err)
			asking, cancel := s.bounded(ctx)
			defer cancel()
			err = s.mode.Forget(asking, args[0])
			switch {
			case errors.Is(err, maintenance.ErrUnlisted):
				return &reworded{fmt.Sprintf("the store lists no replica %q; see %s", args[0], s.hint("replicas")), err}
			case err != nil:
				return s.unanswered(asking, err)
			}
			if s.json {
				s.print(map[string]string{"forgotten": args[0]})
			}
			s.say("Forgotten: %s", line(args[0]))
			return nil
		},
	}
	a.jsonFlag(cmd, "print the ID as JSON")
	return cmd
}

// completeID offers the IDs that the store lists.
func (a *app) completeID(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	s, err := a.open(cmd.Context(), cmd)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer func() { _ = s.close() }()
	replicas, err := s.replicas(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var offers []string
	for _, r := range replicas {
		offers = append(offers, line(r.ID)+"\t"+line(r.Name))
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}
