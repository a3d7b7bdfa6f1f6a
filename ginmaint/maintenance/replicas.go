package maintenance

import "context"

// Replicas returns the roster, by ID: every process that follows the document,
// as it last told. With a store that keeps no roster it returns this
// process alone, and an observer none.
func (m *Mode) Replicas(ctx context.Context) ([]Replica, error) {
	roster, ok := m.store.(Roster)
	if ok {
		s, err := roster.Replicas(ctx)
		return s.Replicas, err
	}
	if m.options.observer {
		return nil, nil
	}
	t, _ := m.gate.count()
	m.mu.Lock()
	defer m.mu.Unlock()
	return []Replica{m.entry(t)}, nil
}

// Forget strikes a replica from the roster, after somebody has made sure that
// its process is gone: a drain no longer waits for it. A process that lives
// after all admits nothing until it has joined again. It returns ErrUnlisted
// where the roster holds no such entry.
func (m *Mode) Forget(ctx context.Context, id string) error {
	roster, ok := m.store.(Roster)
	if !ok {
		return ErrUnlisted
	}
	return roster.Remove(ctx, id)
}
