package storetest

import (
	"context"
	"errors"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// interruptChecks: a lost connection is told, and nothing else is lost with it.
var interruptChecks = []check{
	{"watch returns an error when its connection breaks", watchBreaks},
}

var rosterInterruptChecks = []check{
	{"roster watch returns an error when its connection breaks", rosterWatchBreaks},
}

func watchBreaks(p *probe) {
	a, b := p.pair()
	saved := p.save(b, maintenance.State{Level: maintenance.On, Message: "before"})
	w := p.watch(a)
	p.breaks(w)

	p.eventually("Save after the connections broke", func(ctx context.Context) error {
		state, err := b.Load(ctx)
		if err != nil {
			return err
		}
		state.Message = "meanwhile"
		saved, err = b.Save(ctx, state)
		return err
	})
	again := p.watchAgain("Watch", a.Watch)
	p.watchAside(a.Watch).tells(a, saved)

	saved.Message = "afterwards"
	saved = p.save(b, saved)
	again.tells(a, saved)
}

func rosterWatchBreaks(p *probe) {
	a, b := p.pair()
	roster := a.(maintenance.Roster)
	joined := p.join(roster, newReplica())
	w := p.watchReplicas(roster)
	p.breaks(w)

	again := p.watchAgain("WatchReplicas", rosterWatch(roster))
	other := b.(maintenance.Roster)
	p.eventually("Remove after the connections broke", func(ctx context.Context) error {
		err := other.Remove(ctx, joined.ID)
		if errors.Is(err, maintenance.ErrUnlisted) {
			return nil // an earlier try, whose answer was lost
		}
		return err
	})
	again.shows(roster, "the removal", func(list []maintenance.Replica) bool { return len(list) == 0 })
}

// breaks interrupts the connections and checks that w returns for it.
func (p *probe) breaks(w *watching) {
	p.Helper()
	p.interrupt()
	if err := w.end(); err == nil || errors.Is(err, context.Canceled) {
		p.Errorf("the watch returned %v when its connection broke, want an error that says so", err)
	}
}

// watchAgain starts watch until it listens, as a Mode does after a loss.
func (p *probe) watchAgain(what string, watch func(context.Context, func(maintenance.State)) error) *watching {
	p.Helper()
	var again *watching
	p.eventually(what+" once more", func(ctx context.Context) error {
		w := p.watchAside(watch)
		select {
		case <-w.calls:
			again = w
			return nil
		case <-w.ended:
			return w.err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return again
}
