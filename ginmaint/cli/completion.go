package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// offering bounds how long a shell waits for what the store knows: somebody has pressed
// the tab key, and sees nothing meanwhile.
const offering = time.Second

// completes has a shell offer nothing but what can be meant: no files where none are.
func (a *app) completes(cmd *cobra.Command) {
	if cmd.ValidArgsFunction == nil && cmd.Name() != "run" { // whose argument is a program
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	offer := func(flag *pflag.Flag) {
		complete := cobra.NoFileCompletions
		switch flag.Name {
		case "wait":
			complete = cobra.FixedCompletions(waits, cobra.ShellCompDirectiveNoFileComp)
		case "expect":
			complete = a.completeNumber
		case "except":
			complete = cobra.FixedCompletions([]string{"-\tstandard input"}, cobra.ShellCompDirectiveNoFileComp)
		case "store":
			complete = cobra.FixedCompletions(schemes, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)
		}
		_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete) // an error where it has one
	}
	cmd.LocalFlags().VisitAll(offer)
}

// schemes are how the URLs of stores begin.
var schemes = []string{"file:", "redis://", "rediss://", "postgres://", "mysql://", "sqlite:"}

// completeReplica offers the replicas that the store lists, by ID, and those that are
// silent by their name as well: these are the ones that are forgotten.
func (a *app) completeReplica(cmd *cobra.Command, typed []string, _ string) (offers []string, _ cobra.ShellCompDirective) {
	for _, r := range a.listed(cmd) {
		offer := func(word, what string) {
			if !slices.Contains(typed, word) && word != "" {
				offers = append(offers, word+"\t"+what)
			}
		}
		offer(line(r.ID), told(r))
		if !fleet.Heard(r) && !r.Unknown {
			offer(line(r.Name), fleet.ConditionOf(r, maintenance.State{}).Text(r))
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// completeNumber offers how many replicas follow the store now.
func (a *app) completeNumber(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	offers := []string{"0\tnobody follows yet", "1+\tat least one"}
	if n := len(a.listed(cmd)); n > 0 {
		offers = []string{fmt.Sprintf("%d\texactly as many as now", n), fmt.Sprintf("%d+\tat least as many as now", n)}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}

// listed returns the replicas, or none where the store does not tell at once.
func (a *app) listed(cmd *cobra.Command) (replicas []maintenance.Replica) {
	a.patience = min(a.patience, offering)
	_ = a.open(cmd, func(ctx context.Context, s *session) (err error) { // a shell shows no errors
		roster, ok := s.store.(maintenance.Roster)
		if !ok {
			return nil
		}
		ctx, cancel := s.bounded(ctx)
		defer cancel()
		listing, err := roster.Replicas(ctx)
		replicas = listing.Replicas
		return err
	})
	return replicas
}
