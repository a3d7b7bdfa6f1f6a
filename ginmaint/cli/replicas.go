package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) replicasCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "replicas",
		Short: "List the replicas that follow the store",
		Long: `List the replicas that follow the store, as each last renewed its entry. Work in
flight is that from before the present level came into force: what a drain waits for.

A replica is "current" where it obeys the present state, "behind" where it does not
yet, and "unknown" where the entry stands for replicas that a lost roster may have
held: look whether one still runs, then forget the entry.

With --watch the list is kept up to date until interrupted; where standard output is
not a terminal there is a line for each change.`,
		Example: `  {} replicas
  {} replicas --watch
  {} replicas --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.follow(cmd, func(ctx context.Context, s *session) error {
				if watch {
					return s.watchReplicas(ctx)
				}
				replicas, err := s.replicas(ctx)
				switch {
				case err != nil:
					return err
				case s.json:
					s.print(replicas)
				case len(replicas) == 0:
					s.say("No replica follows this store.")
				default:
					s.say("%s", strings.Join(table(replicas, s.mode.State()), "\n"))
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&watch, "watch", false, "keep the list up to date until interrupted")
	a.jsonFlag(cmd, "print a JSON array, with --watch one for each change")
	cmd.AddCommand(a.forgetCommand())
	return cmd
}

// replicas returns the list, in JSON never null.
func (s *session) replicas(ctx context.Context) ([]maintenance.Replica, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	replicas, err := s.mode.Replicas(ctx)
	return append([]maintenance.Replica{}, replicas...), s.unanswered(ctx, err)
}

// table is the list for people, line by line.
func table(replicas []maintenance.Replica, state maintenance.State) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tLEVEL\tSTATE\tIN FLIGHT\tLAST SEEN")
	for _, r := range replicas {
		name, seen := line(r.Name), "-"
		if name == "" {
			name = "-"
		}
		if !r.RenewedAt.IsZero() {
			seen = r.RenewedAt.Local().Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", line(r.ID), name, r.Level, follows(r, state), earlier(r), seen)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// follows tells whether a replica obeys the state.
func follows(r maintenance.Replica, state maintenance.State) string {
	switch {
	case r.Unknown:
		return "unknown"
	case r.Document == state.ID:
		return "current"
	}
	return "behind"
}

// earlier is the work from before the present level.
func earlier(r maintenance.Replica) string {
	if r.Reads == 0 && r.Writes == 0 {
		return "-"
	}
	return inFlight(r, maintenance.On)
}

// watchReplicas shows the list again and again, until interrupted, or until
// nobody reads any more.
func (s *session) watchReplicas(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var last []string
	for first := true; ; first = false {
		replicas, err := s.replicas(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		state := s.mode.State()
		present := make([]string, 0, len(replicas)) // without what changes with every heartbeat
		for _, r := range replicas {
			present = append(present, fmt.Sprintf("%s %s: %s, %s, in flight: %s",
				line(r.ID), line(r.Name), r.Level, follows(r, state), earlier(r)))
		}
		switch {
		case s.json:
			if first || !slices.Equal(present, last) {
				s.print(replicas)
			}
		case s.quiet:
		case s.live && terminal(s.out):
			lines := table(replicas, state)
			if hidden := len(replicas) - mostRows; hidden > 0 {
				lines = append(lines[:1+mostRows], fmt.Sprintf("… and %d more", hidden))
			}
			s.draw(lines)
		default:
			s.tellChanges(present, last, first)
		}
		last = present
		if s.fault != nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// tellChanges prints what came, changed and went, each with its ID first.
func (s *session) tellChanges(present, last []string, first bool) {
	at := now().Format(time.RFC3339)
	if first && len(present) == 0 {
		s.say("%s  no replica follows this store", at)
	}
	for _, entry := range present {
		if !slices.Contains(last, entry) {
			s.say("%s  %s", at, entry)
		}
	}
	for _, entry := range last {
		id, _, _ := strings.Cut(entry, " ")
		if !slices.ContainsFunc(present, func(p string) bool { return strings.HasPrefix(p, id+" ") }) {
			s.say("%s  %s: gone", at, id)
		}
	}
}

func (a *app) forgetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "forget ID",
		Short: "Take a replica that has ended off the list",
		Long: `Take a replica off the list, so that no drain waits for it any more. First make sure
that its process has ended: from then on a drain relies on that. If it lives after
all, it admits nothing until it has joined again.`,
		Example: `  {} replicas forget 4DJX2MZOQ5T3WXV7AXUYKQH6PE`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] == "" {
				return usage("name one replica by its ID, which replicas lists; %s", seeHelp(cmd))
			}
			return nil
		},
		ValidArgsFunction: a.completeID,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.follow(cmd, func(ctx context.Context, s *session) error {
				ctx, cancel := s.bounded(ctx)
				defer cancel()
				switch err := s.mode.Forget(ctx, args[0]); {
				case errors.Is(err, maintenance.ErrUnlisted):
					return &reworded{fmt.Sprintf("the store lists no replica %q; see %s", args[0], s.hint("replicas")), err}
				case err != nil:
					return s.unanswered(ctx, err)
				}
				if s.json {
					s.print(map[string]string{"forgotten": args[0]})
				}
				s.say("Forgotten: %s", line(args[0]))
				return nil
			})
		},
	}
	a.jsonFlag(cmd, "print the ID as JSON")
	return cmd
}

// completeID offers the IDs that the store lists, where it answers.
func (a *app) completeID(cmd *cobra.Command, args []string, _ string) (offers []string, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		_ = a.follow(cmd, func(ctx context.Context, s *session) error {
			replicas, err := s.replicas(ctx)
			for _, r := range replicas {
				offers = append(offers, line(r.ID)+"\t"+line(r.Name))
			}
			return err
		})
	}
	return offers, cobra.ShellCompDirectiveNoFileComp
}
