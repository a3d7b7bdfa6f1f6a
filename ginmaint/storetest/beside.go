package storetest

import (
	"context"
	"fmt"
	"runtime"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// besideChecks: what a store must not do to others.
var besideChecks = []check{
	{"two switches side by side", sideBySide},
	{"nothing left running", nothingLeft},
}

func sideBySide(p *probe) {
	a, other := p.fresh(), p.fresh()
	w := p.watch(other)
	saved := p.save(a, maintenance.State{Level: maintenance.On, Message: "not for others"})
	w.quiet(func(state maintenance.State) {
		if state.ID == saved.ID {
			p.Errorf("the watch told of another switch: %s", brief(state))
		}
	})
	p.holds(other, maintenance.State{})
	own := p.save(other, maintenance.State{Level: maintenance.ReadOnly})
	p.holds(a, saved)
	w.tells(other, own)
}

func rostersSideBySide(p *probe) {
	a, other := p.fresh().(maintenance.Roster), p.fresh().(maintenance.Roster)
	joined := p.join(a, newReplica())
	p.lists(other)
	p.refused("Remove from another switch", p.tryRemove(other, joined.ID))
	_, err := p.tryRenew(other, joined)
	p.refused("Renew to another switch", err)
	p.lists(a, joined)
	p.join(other, newReplica())
	p.lists(a, joined)
}

// nothingLeft works with a store again and again, and sees whether goroutines
// pile up. A pool of connections may grow once, so a few are accepted.
func nothingLeft(p *probe) {
	const rounds, accepted = 16, 4
	a, b := p.pair()
	watchBoth(p, a, b) // what starts once has started now
	before := runtime.NumGoroutine()
	for range rounds {
		watchBoth(p, a, b)
	}
	p.eventually("goroutines pile up", func(context.Context) error {
		if more := runtime.NumGoroutine() - before; more > accepted {
			return fmt.Errorf("after %d rounds of Watch, Save and Renew %d more of them run", rounds, more)
		}
		return nil
	})
}

// watchBoth watches the document, and the roster where there is one, through one
// change, and ends it.
func watchBoth(p *probe, a, b maintenance.Store) {
	w := p.watch(a)
	w.tells(a, p.save(b, p.load(b)))
	w.cancel()
	_ = w.end()
	roster, ok := a.(maintenance.Roster)
	if !ok {
		return
	}
	w = p.watchReplicas(roster)
	joined := p.join(roster, newReplica())
	p.renew(roster, joined)
	p.remove(roster, joined.ID)
	w.cancel()
	_ = w.end()
}
