package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// watchChecks: every save reaches those who watch.
var watchChecks = []check{
	{"watch tells of a save", watchTells},
	{"watch tells of a document too large for a message", watchTellsLarge},
	{"watch misses no save before it", watchAfterSave},
	{"watch misses no save as it begins", watchDuringSave},
	{"watch returns the error of its context", watchEnds},
	{"watch is silent once it returned", watchSilent},
}

func watchTells(p *probe) {
	a, b := p.pair()
	first, second := p.watch(a), p.watch(b)
	var last maintenance.State
	for round := range 3 {
		var state maintenance.State
		p.fill(&state, round, stateAssigned...)
		state.Revision = last.Revision
		last = p.save(b, state)
		first.tells(a, last)  // another Store value saved
		second.tells(b, last) // the very value saved
	}
}

func watchTellsLarge(p *probe) {
	a, b := p.pair()
	w := p.watch(a)
	var state maintenance.State
	if err := state.UnmarshalJSON([]byte(newer)); err != nil {
		p.Fatalf("the suite's own document can't be read: %v", err)
	}
	w.tells(a, p.save(b, state))
}

func watchAfterSave(p *probe) {
	a, b := p.pair()
	p.load(a)
	saved := p.save(b, maintenance.State{Level: maintenance.On}) // between the load and the watch
	p.watchAside(a.Watch).tells(a, saved)
}

// watchDuringSave saves within the first call of changed: by then the watch
// listens, so the save must be told. A store that listens later misses it.
func watchDuringSave(p *probe) {
	a, b := p.pair()
	var saved maintenance.State
	var err error
	first := true
	w := p.watchAside(func(ctx context.Context, changed func(maintenance.State)) error {
		return a.Watch(ctx, func(state maintenance.State) {
			if first {
				first = false
				saved, err = p.trySave(b, maintenance.State{Level: maintenance.On})
			}
			changed(state)
		})
	})
	w.listens()
	if err != nil {
		p.Fatalf("Save: %v", err)
	}
	w.tells(a, saved)
}

func watchEnds(p *probe) {
	s := p.fresh()
	w := p.watch(s)
	w.cancel()
	if err := w.end(); !errors.Is(err, context.Canceled) {
		p.Errorf("Watch returned %v, want an error that wraps context.Canceled", err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := p.inTime("Watch", func() error { return s.Watch(ctx, func(maintenance.State) {}) })
	if !errors.Is(err, context.DeadlineExceeded) {
		p.Errorf("Watch returned %v, want an error that wraps context.DeadlineExceeded", err)
	}
}

func watchSilent(p *probe) {
	a, b := p.pair()
	over, present := p.watch(a), p.watch(a)
	over.cancel()
	_ = over.end()
	before := over.told.Load()
	saved := p.save(b, maintenance.State{Level: maintenance.On})
	present.tells(a, saved)
	present.quiet(nil)
	if after := over.told.Load(); after != before {
		p.Errorf("changed was called after Watch had returned")
	}
}
