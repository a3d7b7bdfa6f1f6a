package maintenance

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

var errDown = errors.New("the store is down")

// scripted is a MemoryStore that does what a test tells it: it fails, answers
// late, loses its document, drops its pushes. It has every capability of a
// store; bare, unlisted and unmended hide them.
type scripted struct {
	*MemoryStore

	mu     sync.Mutex
	calls  map[string]int
	before func(ctx context.Context, op string) error // may block; an error is the answer
	after  func(op string)                            // the answer is made, and still under way
	silent bool                                       // pushes are dropped
	age    time.Duration                              // of the roster at born; an hour unless young says otherwise
	born   time.Time
	vacant bool

	unproven error // what Replicas says of the store's own knowledge
	vouched  string
}

var (
	_ Store    = (*scripted)(nil)
	_ Roster   = (*scripted)(nil)
	_ Restorer = (*scripted)(nil)
)

func newScripted() *scripted {
	return &scripted{MemoryStore: NewMemoryStore(), calls: make(map[string]int), age: time.Hour, born: time.Now()}
}

// bare is the store without roster and restorer.
func bare(s Store) Store { return struct{ Store }{s} }

// unlisted is the store without its roster.
func (s *scripted) unlisted() Store {
	return struct {
		Store
		Restorer
	}{s, s}
}

// unmended is the store without its restorer.
func (s *scripted) unmended() Store {
	return struct {
		Store
		Roster
	}{s, s}
}

// on has before called ahead of every operation.
func (s *scripted) on(before func(ctx context.Context, op string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// onAnswer has after called when an answer is made but not yet received.
func (s *scripted) onAnswer(after func(op string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = after
}

// fail has the named operations fail, all of them where none is named.
func (s *scripted) fail(ops ...string) {
	s.on(func(_ context.Context, op string) error {
		for _, failing := range ops {
			if op == failing {
				return errDown
			}
		}
		if len(ops) == 0 {
			return errDown
		}
		return nil
	})
}

// heal ends what on and fail began.
func (s *scripted) heal() { s.on(nil) }

// hush has the pushes dropped from now on.
func (s *scripted) hush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = true
}

// young lets the roster be as old as age from now.
func (s *scripted) young(age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age, s.born = age, time.Now()
}

// vacate makes the roster one that nobody has joined yet.
func (s *scripted) vacate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vacant = true
}

// knows has the listings say what the store knows of its own server.
func (s *scripted) knows(unproven error, vouched string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unproven, s.vouched = unproven, vouched
}

// put makes doc the document without telling anybody, as a backup that is
// restored does; the zero State loses it.
func (s *scripted) put(doc State) {
	s.MemoryStore.mu.Lock()
	defer s.MemoryStore.mu.Unlock()
	s.state = doc
}

// list adds an entry to the roster, or replaces it.
func (s *scripted) list(r Replica) {
	s.MemoryStore.mu.Lock()
	defer s.MemoryStore.mu.Unlock()
	s.replicas[r.ID] = r
	wake(&s.moved)
}

// count returns how often each operation was called, and begins anew.
func (s *scripted) count() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := maps.Clone(s.calls)
	clear(s.calls)
	return calls
}

func (s *scripted) call(ctx context.Context, op string) error {
	s.mu.Lock()
	s.calls[op]++
	before := s.before
	s.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, op)
}

func (s *scripted) answered(op string) {
	s.mu.Lock()
	after := s.after
	s.mu.Unlock()
	if after != nil {
		after(op)
	}
}

// hang blocks until the caller gives up.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (s *scripted) Load(ctx context.Context) (State, error) {
	if err := s.call(ctx, "load"); err != nil {
		return State{}, err
	}
	state, err := s.MemoryStore.Load(ctx)
	s.answered("load")
	return state, err
}

func (s *scripted) Save(ctx context.Context, state State) (State, error) {
	if err := s.call(ctx, "save"); err != nil {
		return State{}, err
	}
	saved, err := s.MemoryStore.Save(ctx, state)
	s.answered("save")
	return saved, err
}

func (s *scripted) Watch(ctx context.Context, changed func(State)) error {
	if err := s.call(ctx, "watch"); err != nil {
		return err
	}
	return s.MemoryStore.Watch(ctx, func(state State) {
		s.mu.Lock()
		silent := s.silent
		s.mu.Unlock()
		if !silent {
			changed(state)
		}
	})
}

func (s *scripted) Restore(ctx context.Context, state, over State) (State, error) {
	if err := s.call(ctx, "restore"); err != nil {
		return State{}, err
	}
	s.MemoryStore.mu.Lock()
	defer s.MemoryStore.mu.Unlock()
	if s.state.ID != over.ID || s.state.Revision != over.Revision {
		return State{}, ErrConflict
	}
	state.Revision = max(state.Revision, over.Revision) + 1
	s.state = state
	wake(&s.changed)
	return state, nil
}

func (s *scripted) Join(ctx context.Context, r Replica) (Replica, error) {
	if err := s.call(ctx, "join"); err != nil {
		return Replica{}, err
	}
	return s.MemoryStore.Join(ctx, r)
}

func (s *scripted) Renew(ctx context.Context, r Replica) (State, error) {
	if err := s.call(ctx, "report"); err != nil {
		return State{}, err
	}
	state, err := s.MemoryStore.Renew(ctx, r)
	s.answered("report")
	return state, err
}

func (s *scripted) Remove(ctx context.Context, id string) error {
	if err := s.call(ctx, "remove"); err != nil {
		return err
	}
	return s.MemoryStore.Remove(ctx, id)
}

func (s *scripted) RemoveUnrenewed(ctx context.Context, r Replica) error {
	if err := s.call(ctx, "remove unrenewed"); err != nil {
		return err
	}
	return s.MemoryStore.RemoveUnrenewed(ctx, r)
}

func (s *scripted) Replicas(ctx context.Context) (Listing, error) {
	if err := s.call(ctx, "replicas"); err != nil {
		return Listing{}, err
	}
	snapshot, err := s.MemoryStore.Replicas(ctx)
	s.answered("replicas")
	s.mu.Lock()
	defer s.mu.Unlock()
	snapshot.Age = s.age + time.Since(s.born)
	snapshot.Unproven, snapshot.Vouched = s.unproven, s.vouched
	if s.vacant {
		snapshot.Incarnation, snapshot.Age = "", 0
	}
	return snapshot, err
}

func (s *scripted) WatchReplicas(ctx context.Context, changed func()) error {
	if err := s.call(ctx, "watch replicas"); err != nil {
		return err
	}
	return s.MemoryStore.WatchReplicas(ctx, changed)
}
