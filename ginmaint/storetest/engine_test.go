package storetest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// engine is a database in memory that keeps the whole contract, with connections
// that can be cut: what the suite's own tests break, one rule at a time.
type engine struct {
	mu       sync.Mutex
	switches map[string]*kept
	cut      chan struct{} // closed, and made anew, when the connections break
}

// kept is what the engine keeps of one switch.
type kept struct {
	state    maintenance.State
	history  []maintenance.Record // the oldest first
	replicas map[string]maintenance.Replica
	changed  chan struct{} // closed, and made anew, at every save
	reported chan struct{} // likewise, at every change of the roster
}

func newEngine() *engine {
	return &engine{switches: make(map[string]*kept), cut: make(chan struct{})}
}

func (e *engine) open(name string) *sound {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.switches[name] == nil {
		e.switches[name] = &kept{
			replicas: make(map[string]maintenance.Replica),
			changed:  make(chan struct{}), reported: make(chan struct{}),
		}
	}
	return &sound{engine: e, kept: e.switches[name]}
}

func (e *engine) interrupt() {
	e.mu.Lock()
	defer e.mu.Unlock()
	wake(&e.cut)
}

func wake(waiters *chan struct{}) {
	close(*waiters)
	*waiters = make(chan struct{})
}

var errCut = errors.New("engine: the connection was cut; watch again")

// sound is a store that passes.
type sound struct {
	engine *engine
	kept   *kept
}

var (
	_ maintenance.Store     = (*sound)(nil)
	_ maintenance.Restorer  = (*sound)(nil)
	_ maintenance.Historian = (*sound)(nil)
	_ maintenance.Roster    = (*sound)(nil)
)

// do runs f on what the engine keeps, alone.
func (s *sound) do(ctx context.Context, f func(*kept) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	return f(s.kept)
}

func (s *sound) Load(ctx context.Context) (state maintenance.State, err error) {
	err = s.do(ctx, func(k *kept) error { state = k.state; return nil })
	return state, err
}

func (s *sound) Save(ctx context.Context, state maintenance.State) (saved maintenance.State, err error) {
	err = s.do(ctx, func(k *kept) error {
		if state.Revision != k.state.Revision {
			return maintenance.ErrConflict
		}
		state.ID = rand.Text()
		saved, err = k.put(state)
		return err
	})
	return saved, err
}

func (s *sound) Restore(ctx context.Context, state, over maintenance.State) (saved maintenance.State, err error) {
	err = s.do(ctx, func(k *kept) error {
		if over.ID != k.state.ID || over.Revision != k.state.Revision {
			return maintenance.ErrConflict
		}
		state.Revision = max(state.Revision, over.Revision)
		saved, err = k.put(state)
		return err
	})
	return saved, err
}

// put stores state under the next revision, in the form that a document has.
func (k *kept) put(state maintenance.State) (stored maintenance.State, err error) {
	state.Revision++
	text, err := json.Marshal(state)
	if err == nil {
		err = json.Unmarshal(text, &stored)
	}
	if err != nil {
		return maintenance.State{}, err
	}
	k.history = append(k.history, maintenance.Record{Before: k.state, After: stored})
	k.history = k.history[max(0, len(k.history)-maintenance.MaxHistory):]
	k.state = stored
	wake(&k.changed)
	return stored, nil
}

func (s *sound) History(ctx context.Context) (records []maintenance.Record, err error) {
	err = s.do(ctx, func(k *kept) error {
		records = slices.Clone(k.history)
		slices.Reverse(records)
		return nil
	})
	return records, err
}

func (s *sound) Watch(ctx context.Context, changed func(maintenance.State)) error {
	told := ""
	return s.follow(ctx, func(k *kept) <-chan struct{} { return k.changed }, func(state maintenance.State, first bool) {
		if first {
			changed(maintenance.State{})
		} else if state.ID != told {
			changed(state)
		}
		told = state.ID
	})
}

func (s *sound) WatchReplicas(ctx context.Context, changed func()) error {
	return s.follow(ctx, func(k *kept) <-chan struct{} { return k.reported }, func(maintenance.State, bool) { changed() })
}

func (s *sound) follow(
	ctx context.Context, next func(*kept) <-chan struct{}, changed func(_ maintenance.State, first bool),
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.engine.mu.Lock()
	cut := s.engine.cut
	s.engine.mu.Unlock()
	for first := true; ; first = false {
		s.engine.mu.Lock()
		state, wait := s.kept.state, next(s.kept)
		s.engine.mu.Unlock()
		changed(state, first)
		select {
		case <-wait:
		case <-cut:
			return errCut
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

const present = "the first"

func (s *sound) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	r.Incarnation, r.RenewedAt = present, time.Now()
	return r, s.do(ctx, func(k *kept) error {
		k.replicas[r.ID] = r
		wake(&k.reported)
		return nil
	})
}

func (s *sound) Renew(ctx context.Context, r maintenance.Replica) (state maintenance.State, err error) {
	err = s.do(ctx, func(k *kept) error {
		before, ok := k.replicas[r.ID]
		if !ok || r.Incarnation != present {
			return maintenance.ErrUnlisted
		}
		r.RenewedAt = time.Now()
		k.replicas[r.ID] = r
		if len(differences(r, before, "RenewedAt", "Renewals", "Name", "Lease", "FailsClosed")) > 0 {
			wake(&k.reported)
		}
		state = k.state
		return nil
	})
	return state, err
}

func (s *sound) RemoveUnrenewed(ctx context.Context, r maintenance.Replica) error {
	return s.do(ctx, func(k *kept) error {
		if there, ok := k.replicas[r.ID]; !ok || there.Renewals != r.Renewals || there.Incarnation != r.Incarnation {
			return maintenance.ErrUnlisted
		}
		delete(k.replicas, r.ID)
		wake(&k.reported)
		return nil
	})
}

func (s *sound) Remove(ctx context.Context, id string) error {
	return s.do(ctx, func(k *kept) error {
		if _, ok := k.replicas[id]; !ok {
			return maintenance.ErrUnlisted
		}
		delete(k.replicas, id)
		wake(&k.reported)
		return nil
	})
}

func (s *sound) Replicas(ctx context.Context) (shot maintenance.Listing, err error) {
	err = s.do(ctx, func(k *kept) error {
		shot = maintenance.Listing{State: k.state, Incarnation: present}
		for _, r := range k.replicas {
			shot.Replicas = append(shot.Replicas, r)
		}
		shot.Replicas = sorted(shot.Replicas...)
		return nil
	})
	return shot, err
}
