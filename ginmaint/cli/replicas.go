package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) replicasCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{
		Use:   "replicas",
		Short: "List the replicas that follow the store",
		Long: `List the replicas that follow the store, as each last renewed its entry. Work in
flight is that from before the present level came into force: what a drain waits for.
Once it is waited for longer than a second, the list names some of it below: the route
and the code that it is in.

A replica is "current" where it obeys the present state, "behind" where it does not
yet, "idle" where its process has admitted nothing so far, so that no drain waits for
it, "silent" where it has not renewed its entry for longer than its lease, by the
store's clock, and "unknown" where the entry stands for replicas that a lost roster may
have held. Look whether those still run, then call "replicas forget".

IDs are as short as they stay apart; --json has them whole.

With --watch the list is kept up to date until interrupted, also while the store is
away for a while; where standard output is not a terminal there is a line for each
change.`,
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
					s.say("%s", strings.Join(append(table(replicas, s.mode.State()), underWay(replicas)...), "\n"))
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

// watchReplicas shows the list again and again, until interrupted, or until
// nobody reads any more. A store that is away for a while is told once.
func (s *session) watchReplicas(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	w := replicasWatch{session: s}
	for {
		replicas, err := s.replicas(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !w.began:
			return err
		case err != nil:
			w.away(err)
		default:
			w.show(replicas, s.mode.State())
		}
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

// replicasWatch is what was shown last.
type replicasWatch struct {
	*session
	began  bool
	broken bool     // the store did not answer
	lines  []string // without what changes with every heartbeat
	view   []string
	at     time.Time
}

// away says so once, and that the view is an old one.
func (w *replicasWatch) away(err error) {
	if !w.broken {
		w.note("warning: the replicas can't be listed, trying again: %s", line(err.Error()))
		if w.onTerminal() {
			w.draw(append(slices.Clone(w.view), "as of "+w.at.Format(time.TimeOnly)+"; the store does not answer"))
		}
	}
	w.broken = true
}

func (w *replicasWatch) onTerminal() bool { return !w.json && !w.quiet && w.live && terminal(w.out) }

func (w *replicasWatch) show(replicas []maintenance.Replica, state maintenance.State) {
	if w.broken {
		w.note("the replicas can be listed again")
	}
	present := make([]string, 0, len(replicas))
	for _, r := range replicas {
		present = append(present, fmt.Sprintf("%s %s: %s, %s, in flight: %s",
			line(r.ID), line(r.Name), r.Level, fleet.ConditionOf(r, state), fleet.Work(r)+naming(r)))
	}
	switch {
	case w.json:
		if !w.began || !slices.Equal(present, w.lines) {
			w.print(replicas)
		}
	case w.onTerminal():
		w.view = append(table(replicas, state), underWay(replicas)...)
		if hidden := len(replicas) - mostRows; hidden > 0 {
			w.view = append(w.view[:1+mostRows], fmt.Sprintf("… and %d more", hidden))
		}
		w.view = w.view[:min(len(w.view), 2+mostRows)]
		w.draw(w.view)
	case !w.quiet:
		w.tellChanges(present)
	}
	w.began, w.broken, w.lines, w.at = true, false, present, now()
}

// tellChanges prints what came, changed and went, each with its ID first.
func (w *replicasWatch) tellChanges(present []string) {
	at := now().Format(time.RFC3339)
	if !w.began && len(present) == 0 {
		w.say("%s  no replica follows this store", at)
	}
	for _, entry := range present {
		if !slices.Contains(w.lines, entry) {
			w.say("%s  %s", at, entry)
		}
	}
	for _, entry := range w.lines {
		id, _, _ := strings.Cut(entry, " ")
		if !slices.ContainsFunc(present, func(p string) bool { return strings.HasPrefix(p, id+" ") }) {
			who, _, _ := strings.Cut(entry, ": ")
			w.say("%s  %s: gone", at, who)
		}
	}
}
