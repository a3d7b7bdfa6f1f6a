package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// watching is a Watch, or a WatchReplicas, that runs aside, and what it told.
type watching struct {
	p      *probe
	calls  chan maintenance.State
	told   atomic.Int64  // calls so far
	ended  chan struct{} // closed once it has returned err
	err    error
	cancel context.CancelFunc
}

// watch starts s.Watch and returns once it listens. The check's cleanup ends it.
func (p *probe) watch(s maintenance.Store) *watching {
	p.Helper()
	w := p.watchAside(s.Watch)
	w.listens()
	return w
}

// watchReplicas is watch for the roster.
func (p *probe) watchReplicas(r maintenance.Roster) *watching {
	p.Helper()
	w := p.watchAside(rosterWatch(r))
	w.listens()
	return w
}

// rosterWatch gives WatchReplicas the form of Watch.
func rosterWatch(r maintenance.Roster) func(context.Context, func(maintenance.State)) error {
	return func(ctx context.Context, changed func(maintenance.State)) error {
		return r.WatchReplicas(ctx, func() { changed(maintenance.State{}) })
	}
}

// watchAside starts watch and does not wait for it.
func (p *probe) watchAside(watch func(context.Context, func(maintenance.State)) error) *watching {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{p: p, calls: make(chan maintenance.State, 256), ended: make(chan struct{}), cancel: cancel}
	var calling, overlapped atomic.Bool
	go func() {
		defer close(w.ended)
		w.err = watch(ctx, func(state maintenance.State) {
			if calling.Swap(true) {
				overlapped.Store(true)
			}
			defer calling.Store(false)
			w.told.Add(1)
			select {
			case w.calls <- state:
			case <-ctx.Done():
			}
		})
	}()
	p.Cleanup(func() {
		cancel()
		_ = w.end()
		if overlapped.Load() {
			p.Errorf("changed was called while an earlier call was still running")
		}
	})
	return w
}

// listens waits for the first call, which asks to load.
func (w *watching) listens() {
	w.p.Helper()
	w.until("call changed once it listens", func(state maintenance.State) bool {
		if state != (maintenance.State{}) {
			w.p.Errorf("the first call of changed carried %s, want the zero State: load now", brief(state))
		}
		return true
	})
}

// until takes calls until one is what is awaited; where none comes in time, or
// the watch ends, the check ends.
func (w *watching) until(what string, awaited func(maintenance.State) bool) {
	w.p.Helper()
	late := time.NewTimer(w.p.patience)
	defer late.Stop()
	for {
		select {
		case state := <-w.calls:
			if awaited(state) {
				return
			}
		case <-w.ended:
			w.p.Fatalf("the watch did not %s: it returned %v", what, w.err)
		case <-late.C:
			w.p.Fatalf("the watch did not %s within %v", what, w.p.patience)
		}
	}
}

// tells waits until the watch has told of saved: by a call that carries it, or by
// one that asks to load it from s.
func (w *watching) tells(s maintenance.Store, saved maintenance.State) {
	w.p.Helper()
	w.until("tell of the save", func(state maintenance.State) bool {
		if state == (maintenance.State{}) {
			w.p.eventually("Load", func(ctx context.Context) (err error) {
				state, err = s.Load(ctx)
				return err
			})
		}
		if state.ID != saved.ID {
			return false
		}
		w.p.same("what the watch told", state, saved)
		return true
	})
}

// end waits for the watch to return, and returns its error.
func (w *watching) end() error {
	w.p.Helper()
	select {
	case <-w.ended:
		return w.err
	case <-time.After(w.p.patience):
		w.p.Fatalf("the watch did not return within %v", w.p.patience)
		return errors.New("not reached")
	}
}

// quiet waits until no call came for a moment, shows each to look (nil: nobody
// looks), and returns how many came in all. There is no signal for a call that
// must not come; where the moment is too short, a fault is missed, and nothing
// that is right fails.
func (w *watching) quiet(look func(maintenance.State)) int64 {
	w.p.Helper()
	const moment = 200 * time.Millisecond
	late := time.After(w.p.patience)
	for {
		select {
		case state := <-w.calls:
			if look != nil {
				look(state)
			}
		case <-time.After(moment):
			return w.told.Load()
		case <-late:
			w.p.Fatalf("the watch calls changed without end")
		}
	}
}
