package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) preflightCommand() *cobra.Command {
	var e expectation
	cmd := &cobra.Command{
		Use:   "preflight",
		Short: "Tell, while the service is open, what would hold a drain",
		Long: `Before a maintenance, tell whether a drain would end, and name what would hold it:
replicas that are silent, that do not obey the present state, or that still work from
before it; entries for what a lost roster may have held; processes that are not listed;
another number of replicas than --expect says; and a store that can't tell whether it
lost an entry.

The command listens until it has heard of every replica, and no longer than the longest
lease among them and a second. It changes nothing. It exits with 4 where something would
hold a drain.`,
		Example: `  {} preflight --expect 3
  {} preflight && {} run --drain -- ./migrate up`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := e.read(); err != nil {
				return err
			}
			return a.follow(cmd, func(ctx context.Context, s *session) error { return s.preflight(ctx, e) })
		},
	}
	e.add(cmd)
	a.jsonFlag(cmd, "print what was found as JSON")
	return cmd
}

// readiness is what a preflight finds.
type readiness struct {
	Ready    bool                  `json:"ready"`
	Replicas int                   `json:"replicas"`           // that were heard of
	Holders  []maintenance.Pending `json:"holders"`            // what a drain would wait for
	Unproven string                `json:"unproven,omitempty"` // why no drain can be proven in this store
	Store    string                `json:"store,omitempty"`
}

// hearing is how often a preflight looks.
const hearing = 250 * time.Millisecond

// preflight listens until nothing would hold a drain, or for as long as a lease.
func (s *session) preflight(ctx context.Context, e expectation) error {
	roster, ok := s.store.(maintenance.Roster)
	if !ok {
		return errNoRoster
	}
	unproven, err := s.unproven(ctx, roster)
	if err != nil {
		return err
	}
	s.note("In %s.", s.following(ctx))
	began := time.Now()
	l := listener{seen: make(map[string]uint64), heard: make(map[string]bool)}
	again := time.NewTicker(hearing)
	defer again.Stop()
	for told := false; ; told = true {
		replicas, err := s.replicas(ctx)
		if err != nil {
			return err
		}
		found, lease := l.judge(replicas, s.mode.State(), time.Since(began))
		found.Store, found.Unproven = s.where, unproven
		quiet := len(found.Holders) == 0 && e.meets(found.Replicas)
		found.Ready = quiet && unproven == ""
		if quiet || time.Since(began) > lease+time.Second {
			return s.ready(found, e, time.Since(began))
		}
		if !told {
			s.note("listening for %s at most", span(lease+time.Second))
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// unproven returns why no drain can be proven in this store, empty where one can.
func (s *session) unproven(ctx context.Context, roster maintenance.Roster) (string, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	listing, err := roster.Replicas(ctx)
	if err != nil || listing.Unproven == nil {
		return "", s.unanswered(ctx, err)
	}
	return listing.Unproven.Error(), nil
}

// listener knows which replicas have renewed their entries since it began.
type listener struct {
	seen  map[string]uint64 // the renewals met first, by ID
	heard map[string]bool   // by ID
}

// judge finds what would hold a drain that began now, and how long the longest lease is.
func (l *listener) judge(replicas []maintenance.Replica, state maintenance.State, listened time.Duration) (readiness, time.Duration) {
	found := readiness{Holders: []maintenance.Pending{}}
	var lease time.Duration
	for _, r := range replicas {
		lease = max(lease, r.Lease)
		if first, met := l.seen[r.ID]; !met {
			l.seen[r.ID] = r.Renewals
		} else if first != r.Renewals {
			l.heard[r.ID] = true
		}
		p := maintenance.Pending{Replica: r, Cause: maintenance.Waiting}
		switch {
		case r.Unknown:
			p.Cause = maintenance.Unknown
		case r.Unlisted:
		case r.Idle && !l.heard[r.ID]:
			continue
		case r.Idle:
			found.Replicas++
			continue
		case !l.heard[r.ID]:
			p.Cause, p.LostFor = maintenance.Lost, listened
		case r.Document != state.ID:
			found.Replicas++
		case r.Reads+r.Writes > 0:
			p.Cause = maintenance.Busy
			found.Replicas++
		default:
			found.Replicas++
			continue
		}
		found.Holders = append(found.Holders, p)
	}
	return found, lease
}

// ready prints what was found.
func (s *session) ready(found readiness, e expectation, listened time.Duration) error {
	if s.json {
		s.print(found)
	}
	if found.Ready {
		s.say("Ready: nothing would hold a drain. %s heard of within %s.",
			count(found.Replicas, "replica was", "replicas were"), listened.Round(time.Millisecond))
		return nil
	}
	var text strings.Builder
	fmt.Fprintf(&text, "not ready: after %s", listened.Round(time.Millisecond))
	for _, p := range found.Holders {
		text.WriteString("\n  " + holds(p))
	}
	if !e.meets(found.Replicas) {
		text.WriteString("\n  " + line(s.unexpected(found.Replicas, 0, e).Error()))
	}
	if found.Unproven != "" {
		text.WriteString("\n  " + line(found.Unproven))
	}
	if command := s.forgetThem(found.Holders); command != "" {
		text.WriteString("\nOnce you are certain " + fleet.Certain(found.Holders) + ":\n  " + command)
	}
	return &reworded{text.String(), maintenance.ErrNotDrained}
}

// holds says why a drain would wait for a replica.
func holds(p maintenance.Pending) string {
	r := p.Replica
	who := line(cmp.Or(r.Name, r.ID))
	switch {
	case p.Cause == maintenance.Unknown:
		return told(r)
	case r.Unlisted:
		return who
	case p.Cause == maintenance.Lost:
		return fmt.Sprintf("%s: silent for %s", who, span(max(p.LostFor, r.Silent)))
	case p.Cause == maintenance.Busy:
		return fmt.Sprintf("%s: busy with %s from before the present state", who, fleet.Work(r))
	}
	return who + ": does not obey the present state yet"
}
