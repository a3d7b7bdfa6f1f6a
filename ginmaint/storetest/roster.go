package storetest

import (
	"crypto/rand"
	"errors"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// newReplica returns a replica as a Mode makes it before it joins.
func newReplica() maintenance.Replica { return maintenance.Replica{ID: rand.Text()} }

// rosters is pair, for the roster.
func (p *probe) rosters() (a, b maintenance.Roster) {
	first, second := p.pair()
	return first.(maintenance.Roster), second.(maintenance.Roster)
}

func (p *probe) join(r maintenance.Roster, replica maintenance.Replica) maintenance.Replica {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	joined, err := r.Join(ctx, replica)
	if err != nil {
		p.Fatalf("Join: %v", err)
	}
	return joined
}

func (p *probe) renew(r maintenance.Roster, replica maintenance.Replica) maintenance.State {
	p.Helper()
	state, err := p.tryRenew(r, replica)
	if err != nil {
		p.Fatalf("Renew: %v", err)
	}
	return state
}

func (p *probe) tryRenew(r maintenance.Roster, replica maintenance.Replica) (maintenance.State, error) {
	ctx, cancel := p.bounded()
	defer cancel()
	return r.Renew(ctx, replica)
}

func (p *probe) remove(r maintenance.Roster, id string) {
	p.Helper()
	if err := p.tryRemove(r, id); err != nil {
		p.Fatalf("Remove: %v", err)
	}
}

func (p *probe) tryRemove(r maintenance.Roster, id string) error {
	ctx, cancel := p.bounded()
	defer cancel()
	return r.Remove(ctx, id)
}

func (p *probe) tryRemoveUnrenewed(r maintenance.Roster, replica maintenance.Replica) error {
	ctx, cancel := p.bounded()
	defer cancel()
	return r.RemoveUnrenewed(ctx, replica)
}

func (p *probe) snapshot(r maintenance.Roster) maintenance.Listing {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	snapshot, err := r.Replicas(ctx)
	if err != nil {
		p.Fatalf("Replicas: %v", err)
	}
	return snapshot
}

// lists fails the check where the roster does not hold exactly these replicas, in
// this order, all of the present incarnation.
func (p *probe) lists(r maintenance.Roster, want ...maintenance.Replica) {
	p.Helper()
	snapshot := p.snapshot(r)
	if got := len(snapshot.Replicas); got != len(want) {
		p.Errorf("the roster lists %d replicas, want %d: %s", got, len(want), brief(snapshot.Replicas))
		return
	}
	for i, got := range snapshot.Replicas {
		for _, fault := range differences(got, want[i], replicaAssigned...) {
			p.Errorf("replica %d of the roster: %s", i+1, fault)
		}
		if got.Incarnation == "" || got.Incarnation != snapshot.Incarnation {
			p.Errorf("replica %d of the roster has the incarnation %q, the roster %q", i+1, got.Incarnation, snapshot.Incarnation)
		}
		if got.RenewedAt.IsZero() {
			p.Errorf("replica %d of the roster: the store did not say when it reported", i+1)
		}
		if got.Unknown || got.Unlisted {
			p.Errorf("replica %d of the roster stands for unknown or unlisted ones, and nothing was lost", i+1)
		}
	}
}

// refused fails the check where err is not ErrUnlisted.
func (p *probe) refused(what string, err error) {
	p.Helper()
	if !errors.Is(err, maintenance.ErrUnlisted) {
		p.Errorf("%s returned %v, want ErrUnlisted", what, err)
	}
}
