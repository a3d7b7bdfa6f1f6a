package storetest

import (
	"errors"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// restoreChecks: what maintenance.Restorer adds.
var restoreChecks = []check{
	{"restore over nothing", restoreOverNothing},
	{"restore over the document expected", restoreOverExpected},
	{"restore conflicts with another document", restoreConflict},
	{"restore keeps every field", restoreKeeps},
	{"restore refuses a state that is not valid", restoreInvalid},
	{"restore is told to watchers", restoreTells},
}

// elsewhere returns a document with an ID that a store gave, but not the one
// that a check restores it to: what a replica still holds after a loss.
func (p *probe) elsewhere(revision uint64) maintenance.State {
	p.Helper()
	state := p.save(p.fresh(), maintenance.State{Level: maintenance.On, Message: "held"})
	state.Revision = revision
	return state
}

func tryRestore(p *probe, s maintenance.Store, state, over maintenance.State) (maintenance.State, error) {
	ctx, cancel := p.bounded()
	defer cancel()
	return s.(maintenance.Restorer).Restore(ctx, state, over)
}

// restores puts state back over another one, and checks that it stands with
// this revision.
func (p *probe) restores(a, b maintenance.Store, state, over maintenance.State, revision uint64) maintenance.State {
	p.Helper()
	restored, err := tryRestore(p, a, state, over)
	if err != nil {
		p.Fatalf("Restore of revision %d over revision %d: %v", state.Revision, over.Revision, err)
	}
	state.Revision = revision
	p.same("what Restore returned", restored, state)
	p.holds(b, state)
	return restored
}

func restoreOverNothing(p *probe) {
	a, b := p.pair()
	restored := p.restores(a, b, p.elsewhere(7), maintenance.State{}, 8)
	p.save(b, restored) // saves go on from there

	a, b = p.pair() // above 2^53 floating point loses the last digit
	p.restores(a, b, p.elsewhere(1<<60), maintenance.State{}, 1<<60+1)
}

func restoreOverExpected(p *probe) {
	a, b := p.pair()
	stored := p.save(a, maintenance.State{Level: maintenance.ReadOnly})
	stored = p.restores(a, b, p.elsewhere(5), stored, 6)
	p.restores(a, b, p.elsewhere(2), stored, 7)
}

func restoreConflict(p *probe) {
	held := p.elsewhere(5)
	a, b := p.pair()
	refuses := func(what string, over, stored maintenance.State) {
		p.Helper()
		if _, err := tryRestore(p, a, held, over); !errors.Is(err, maintenance.ErrConflict) {
			p.Errorf("%s: Restore returned %v, want ErrConflict", what, err)
		}
		p.same(what+": Load after the conflict", p.load(b), stored)
	}
	refuses("over a document where there is none", p.elsewhere(1), maintenance.State{})
	stored := p.save(a, maintenance.State{Level: maintenance.ReadOnly})
	refuses("over nothing where there is a document", maintenance.State{}, stored)
	refuses("over another ID with the same revision", p.elsewhere(stored.Revision), stored)
	later := stored
	later.Revision++
	refuses("over the same ID with another revision", later, stored)
}

func restoreKeeps(p *probe) {
	a, b := p.pair()
	held := p.elsewhere(3)
	var state maintenance.State
	if err := state.UnmarshalJSON([]byte(newer)); err != nil {
		p.Fatalf("the suite's own document can't be read: %v", err)
	}
	p.fill(&state, 0, stateAssigned...)
	state.Revision, state.ID = held.Revision, held.ID
	p.restores(a, b, state, maintenance.State{}, 4)
}

func restoreInvalid(p *probe) {
	a, b := p.pair()
	held := p.elsewhere(3)
	held.Level = 99
	if _, err := tryRestore(p, a, held, maintenance.State{}); err == nil {
		p.Errorf("Restore of a level that does not exist returned no error")
	}
	p.holds(b, maintenance.State{})
}

func restoreTells(p *probe) {
	a, b := p.pair()
	w := p.watch(a)
	held := p.elsewhere(3)
	w.tells(a, p.restores(b, a, held, maintenance.State{}, 4))
}
