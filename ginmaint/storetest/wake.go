package storetest

import (
	"context"
	"errors"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// wakeChecks: who waits for the roster learns of what it waits for.
var wakeChecks = []check{
	{"roster watch tells of a join and a removal", wakeComings},
	{"roster watch tells of each change that a drain waits for", wakeChanges},
	{"roster watch sleeps through heartbeats", wakeSleeps},
	{"roster watch misses no join as it begins", wakeDuringJoin},
	{"roster watch returns the error of its context", wakeEnds},
}

// shows waits for a call after which the roster is as awaited.
func (w *watching) shows(r maintenance.Roster, what string, awaited func([]maintenance.Replica) bool) {
	w.p.Helper()
	w.until("tell of "+what, func(maintenance.State) bool {
		var snapshot maintenance.Listing
		w.p.eventually("Replicas", func(ctx context.Context) (err error) {
			snapshot, err = r.Replicas(ctx)
			return err
		})
		return awaited(snapshot.Replicas)
	})
}

func wakeComings(p *probe) {
	a, b := p.rosters()
	w := p.watchReplicas(a)
	joined := p.join(b, newReplica())
	w.shows(a, "a join", func(list []maintenance.Replica) bool { return len(list) == 1 })
	w.quiet(nil)
	p.remove(b, joined.ID)
	w.shows(a, "a removal", func(list []maintenance.Replica) bool { return len(list) == 0 })
}

func wakeChanges(p *probe) {
	a, b := p.rosters()
	joined := p.join(b, newReplica())
	w := p.watchReplicas(a)
	for _, change := range []struct {
		name string
		make func(*maintenance.Replica)
	}{
		{"another document", func(r *maintenance.Replica) { r.Document = "a" }},
		{"another level", func(r *maintenance.Replica) { r.Level = maintenance.On }},
		{"reads in flight", func(r *maintenance.Replica) { r.Reads = 1 }},
		{"writes in flight", func(r *maintenance.Replica) { r.Writes = 1 }},
		{"fewer reads", func(r *maintenance.Replica) { r.Reads = 0 }},
		{"fewer writes", func(r *maintenance.Replica) { r.Writes = 0 }},
	} {
		w.quiet(nil) // or a late call for the change before would pass for this one's
		joined.Renewals++
		change.make(&joined)
		p.renew(b, joined)
		w.shows(a, change.name, func(list []maintenance.Replica) bool {
			return len(list) == 1 && list[0].Renewals == joined.Renewals
		})
	}
}

// wakeSleeps sends heartbeats, each with a new count and nothing else. The roster
// watch may wake now and then, but not for each: that cost would grow with the
// replicas and with whoever watches them.
func wakeSleeps(p *probe) {
	const heartbeats, allowed = 40, 10
	a, b := p.rosters()
	joined := p.join(b, newReplica())
	w := p.watchReplicas(a)
	before := w.quiet(nil)
	for range heartbeats {
		joined.Renewals++
		p.renew(b, joined)
	}
	if woken := w.quiet(nil) - before; woken > allowed {
		p.Errorf("%d heartbeats that changed nothing woke the roster watch %d times, at most %d are accepted", heartbeats, woken, allowed)
	}
	p.lists(a, joined) // though nobody was told
}

// wakeDuringJoin joins within the first call of changed: by then the watch
// listens, so the join must be told.
func wakeDuringJoin(p *probe) {
	a, b := p.rosters()
	var err error
	first := true
	w := p.watchAside(func(ctx context.Context, changed func(maintenance.State)) error {
		return a.WatchReplicas(ctx, func() {
			if first {
				first = false
				_, err = b.Join(ctx, newReplica())
			}
			changed(maintenance.State{})
		})
	})
	w.listens()
	if err != nil {
		p.Fatalf("Join: %v", err)
	}
	w.shows(a, "the join", func(list []maintenance.Replica) bool { return len(list) == 1 })
}

func wakeEnds(p *probe) {
	a, _ := p.rosters()
	w := p.watchReplicas(a)
	w.cancel()
	if err := w.end(); !errors.Is(err, context.Canceled) {
		p.Errorf("WatchReplicas returned %v, want an error that wraps context.Canceled", err)
	}
}
