package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// contextChecks: a call whose context has ended returns promptly, says so, and
// has done nothing.
var contextChecks = []check{
	{"cancelled context", func(p *probe) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		endedContext(ctx, p, context.Canceled)
	}},
	{"expired context", func(p *probe) {
		ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Hour))
		defer cancel()
		endedContext(ctx, p, context.DeadlineExceeded)
	}},
}

func endedContext(ctx context.Context, p *probe, want error) {
	s, other := p.pair()
	stored := p.save(s, maintenance.State{Level: maintenance.On})
	returns := func(method string, call func() error) {
		p.Helper()
		if err := p.inTime(method, call); !errors.Is(err, want) {
			p.Errorf("%s returned %v, want an error that wraps %v", method, err, want)
		}
	}
	returns("Load", func() error { _, err := s.Load(ctx); return err })
	returns("Save", func() error { _, err := s.Save(ctx, stored); return err })
	returns("Watch", func() error { return s.Watch(ctx, func(maintenance.State) {}) })
	if restorer, ok := s.(maintenance.Restorer); ok {
		returns("Restore", func() error { _, err := restorer.Restore(ctx, stored, stored); return err })
	}
	p.holds(other, stored)
	if roster, ok := s.(maintenance.Roster); ok {
		endedRosterContext(ctx, p, roster, returns)
	}
}

func endedRosterContext(ctx context.Context, p *probe, roster maintenance.Roster, returns func(string, func() error)) {
	joined := p.join(roster, newReplica())
	reported := joined
	reported.Renewals++
	returns("Join", func() error { _, err := roster.Join(ctx, newReplica()); return err })
	returns("Renew", func() error { _, err := roster.Renew(ctx, reported); return err })
	returns("Remove", func() error { return roster.Remove(ctx, joined.ID) })
	returns("Replicas", func() error { _, err := roster.Replicas(ctx); return err })
	returns("WatchReplicas", func() error { return roster.WatchReplicas(ctx, func() {}) })
	p.lists(roster, joined)
}
