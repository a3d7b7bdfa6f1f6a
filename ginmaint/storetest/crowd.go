package storetest

import (
	"context"
	"fmt"
	"sync"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// fifty: replicas that report at once don't overwrite each other.
func fifty(p *probe) {
	const replicas, stores, reports = 50, 5, 4
	name := newName()
	var rosters []maintenance.Roster
	for range stores {
		rosters = append(rosters, p.open(name).(maintenance.Roster))
	}
	ctx, cancel := context.WithTimeout(context.Background(), crowdPatience)
	defer cancel()
	want := make([]maintenance.Replica, replicas)
	faults := make(chan error, replicas)
	var all sync.WaitGroup
	for i := range want {
		want[i] = newReplica()
		all.Go(func() {
			roster := rosters[i%stores]
			joined, err := roster.Join(ctx, want[i])
			for n := 0; err == nil && n < reports; n++ {
				joined.Renewals++
				joined.Reads = int64(n)
				_, err = roster.Renew(ctx, joined)
			}
			want[i] = joined
			faults <- err
		})
	}
	all.Wait()
	for range want {
		if err := <-faults; err != nil {
			p.Errorf("a replica gave up: %v", err)
		}
	}
	p.lists(rosters[0], sorted(want...)...)
}

// oneSnapshot: one replica saves and reports the revision, in turns, and others
// look. At every moment the report is of the document stored or of the one
// before it, so a list that shows anything else was put together from two moments.
func oneSnapshot(p *probe) {
	const saves = 40
	a, b := p.pair()
	roster, looks := a.(maintenance.Roster), b.(maintenance.Roster)
	joined := p.join(roster, newReplica())
	ctx, cancel := context.WithTimeout(context.Background(), crowdPatience)
	defer cancel()
	written := make(chan error, 1)
	go func() {
		var state maintenance.State
		var err error
		for n := 0; err == nil && n < saves; n++ {
			if state, err = a.Save(ctx, state); err == nil {
				joined.Renewals = state.Revision
				_, err = roster.Renew(ctx, joined)
			}
		}
		written <- err
	}()
	for {
		snapshot, err := looks.Replicas(ctx)
		if err == nil {
			err = oneMoment(snapshot)
		}
		if err != nil {
			cancel()
			p.Fatalf("Replicas: %v (the writer beside it: %v)", err, <-written)
		}
		select {
		case err := <-written:
			if err != nil {
				p.Errorf("the writer gave up: %v", err)
			}
			return
		default:
		}
	}
}

func oneMoment(s maintenance.Listing) error {
	if len(s.Replicas) != 1 {
		return fmt.Errorf("%d replicas are listed, want 1", len(s.Replicas))
	}
	stored, reported := s.State.Revision, s.Replicas[0].Renewals
	if reported > stored || stored-reported > 1 {
		return fmt.Errorf("the document is revision %d while the replica reports %d: two moments in one snapshot", stored, reported)
	}
	return nil
}
