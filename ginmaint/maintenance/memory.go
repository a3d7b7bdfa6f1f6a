package maintenance

import (
	"cmp"
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"sync"
	"time"
)

// MemoryStore keeps the document and the roster in the memory of one process:
// for tests, and for a service that needs no second process. Several Modes may
// share one.
type MemoryStore struct {
	mu       sync.Mutex
	state    State
	history  []Record // the oldest first
	replicas map[string]Replica
	changed  chan struct{} // closed, and made anew, at every save
	moved    chan struct{} // likewise, at every change of the roster
}

var (
	_ Store  = (*MemoryStore)(nil)
	_ Roster = (*MemoryStore)(nil)

	_ Historian = (*MemoryStore)(nil)
)

// NewMemoryStore returns an empty store. There is nothing to close.
func NewMemoryStore() *MemoryStore {
	return &MemoryStore{
		replicas: make(map[string]Replica),
		changed:  make(chan struct{}),
		moved:    make(chan struct{}),
	}
}

// Load implements Store. It fails only where ctx has ended.
func (m *MemoryStore) Load(ctx context.Context) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

// Save implements Store.
func (m *MemoryStore) Save(ctx context.Context, s State) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	s = s.normal()
	if err := s.Validate(); err != nil {
		return State{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Revision != m.state.Revision {
		return State{}, ErrConflict
	}
	s.Revision++
	s.ID = rand.Text()
	m.history = append(m.history, Record{Before: m.state, After: s})
	m.history = m.history[max(0, len(m.history)-MaxHistory):]
	m.state = s
	wake(&m.changed)
	return s, nil
}

// History implements Historian.
func (m *MemoryStore) History(ctx context.Context) ([]Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	records := slices.Clone(m.history)
	slices.Reverse(records)
	return records, nil
}

// Watch implements Store. It returns only when ctx ends.
func (m *MemoryStore) Watch(ctx context.Context, changed func(State)) error {
	told := State{Revision: ^uint64(0)} // no document has this revision
	first := true
	for {
		m.mu.Lock()
		state, next := m.state, m.changed
		m.mu.Unlock()
		if first {
			changed(State{})
			first = false
		} else if state != told {
			changed(state)
		}
		told = state
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Join implements Roster. A roster in memory has one incarnation: it is lost
// only with all its replicas.
func (m *MemoryStore) Join(ctx context.Context, r Replica) (Replica, error) {
	if err := ctx.Err(); err != nil {
		return Replica{}, err
	}
	r.Incarnation = "memory"
	r.RenewedAt = time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replicas[r.ID] = r
	wake(&m.moved)
	return r, nil
}

// Renew implements Roster.
func (m *MemoryStore) Renew(ctx context.Context, r Replica) (State, error) {
	if err := ctx.Err(); err != nil {
		return State{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before, ok := m.replicas[r.ID]
	if !ok || r.Incarnation != before.Incarnation {
		return State{}, ErrUnlisted
	}
	r.RenewedAt = time.Now()
	m.replicas[r.ID] = r
	if r.Work() != before.Work() {
		wake(&m.moved)
	}
	return m.state, nil
}

// Remove implements Roster.
func (m *MemoryStore) Remove(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.replicas[id]; !ok {
		return ErrUnlisted
	}
	delete(m.replicas, id)
	wake(&m.moved)
	return nil
}

// RemoveUnrenewed implements Roster.
func (m *MemoryStore) RemoveUnrenewed(ctx context.Context, r Replica) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if there, ok := m.replicas[r.ID]; !ok || there.Renewals != r.Renewals || there.Incarnation != r.Incarnation {
		return ErrUnlisted
	}
	delete(m.replicas, r.ID)
	wake(&m.moved)
	return nil
}

// Replicas implements Roster.
func (m *MemoryStore) Replicas(ctx context.Context) (Listing, error) {
	if err := ctx.Err(); err != nil {
		return Listing{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	replicas := slices.SortedFunc(maps.Values(m.replicas), func(a, b Replica) int { return cmp.Compare(a.ID, b.ID) })
	for i := range replicas {
		replicas[i].Silent = time.Since(replicas[i].RenewedAt)
	}
	return Listing{State: m.state, Incarnation: "memory", Replicas: replicas}, nil
}

// WatchReplicas implements Roster. It returns only when ctx ends.
func (m *MemoryStore) WatchReplicas(ctx context.Context, changed func()) error {
	for {
		m.mu.Lock()
		next := m.moved
		m.mu.Unlock()
		changed()
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
