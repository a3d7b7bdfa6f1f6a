package maintenance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// On puts maintenance on at once and until it is changed, with the message
// that is stored. Where that is so already it saves nothing. It returns as Set
// does.
func (m *Mode) On(ctx context.Context) error {
	_, err := m.Update(ctx, func(s *State) error {
		s.Level, s.Start, s.End = On, time.Time{}, time.Time{}
		return nil
	})
	return err
}

// Off puts maintenance off, and drops the message and the window. Where that is
// so already it saves nothing. It returns as Set does.
func (m *Mode) Off(ctx context.Context) error {
	_, err := m.Update(ctx, func(s *State) error {
		s.Level, s.Start, s.End, s.Message, s.Reason = Off, time.Time{}, time.Time{}, "", ""
		return nil
	})
	return err
}

// Set saves s, with s.Revision zero over whatever is stored, else only over
// that revision, and returns what was stored. When it returns without an error
// the store has kept the change and this process obeys it; the other replicas
// follow within milliseconds, or within a poll where a push is lost. An empty
// ChangedBy becomes the name of this process.
//
// It returns ErrConflict where another revision is stored, ErrFixed, ErrInvalid
// also for a window that is over, and the store's errors; then nothing was
// changed, or the error says that this can't be known.
func (m *Mode) Set(ctx context.Context, s State) (State, error) {
	s = s.normal()
	if err := s.Validate(); err != nil {
		return State{}, err
	}
	if err := s.notOver(time.Now()); err != nil {
		return State{}, err
	}
	return m.update(ctx, func(stored State) (State, bool, error) {
		if s.Revision != 0 && s.Revision != stored.Revision {
			return State{}, false, ErrConflict
		}
		return s, true, nil
	})
}

// Update loads the state, has edit change it, and saves it over the one
// loaded; on a conflict it begins again, so edit may run several times. An
// error of edit is returned as it is, and nothing is saved; nor is anything
// where edit leaves the level, the window and the message as they were. Else
// it returns as Set does.
func (m *Mode) Update(ctx context.Context, edit func(*State) error) (State, error) {
	return m.update(ctx, func(stored State) (State, bool, error) {
		s := stored
		s.ChangedBy = ""
		if err := edit(&s); err != nil {
			return State{}, false, err
		}
		s = s.normal()
		if s.sameOrder(stored) {
			return stored, false, nil
		}
		if err := s.Validate(); err != nil {
			return State{}, false, err
		}
		return s, true, s.notOver(time.Now())
	})
}

// update saves what next makes of the state stored, where next says so. The
// load comes first even where the caller names a revision: it mends a store that
// has gone back, which might have that revision once more.
func (m *Mode) update(ctx context.Context, next func(stored State) (s State, save bool, err error)) (State, error) {
	for attempt := 1; ; attempt++ {
		stored, err := m.load(ctx)
		if err != nil {
			return State{}, unknown(err)
		}
		s, save, err := next(stored)
		if err != nil || !save {
			return s, err
		}
		s.Revision, s.unknown = stored.Revision, stored.unknown
		saved, err := m.save(ctx, s)
		if !errors.Is(err, ErrConflict) || attempt == attempts {
			return saved, err
		}
	}
}

// save signs s, saves it, and takes it over.
func (m *Mode) save(ctx context.Context, s State) (State, error) {
	if s.ChangedBy == "" {
		s.ChangedBy = m.options.name
	}
	s.ChangedAt = time.Now()
	saved, err := m.store.Save(ctx, s.normal())
	if err != nil {
		if errors.Is(err, ErrConflict) || errors.Is(err, ErrFixed) {
			return State{}, err
		}
		return State{}, fmt.Errorf("maintenance: the state can't be saved: %w", err)
	}
	m.mu.Lock()
	if saved.Revision > m.state.Revision { // else a push was faster
		m.takeOver(saved)
		m.enforce()
	}
	m.mu.Unlock()
	m.kick()
	return saved, nil
}

// unknown wraps the error of a load that a change begins with.
func unknown(err error) error {
	return fmt.Errorf("maintenance: nothing was changed, the present state can't be loaded: %w", err)
}

// notOver refuses a window that would never be in force: a switch that
// silently does not happen is the worst outcome.
func (s State) notOver(now time.Time) error {
	if s.Level == Off || s.phaseAt(now) != after {
		return nil
	}
	return fmt.Errorf("%w: end: %s is over; name a later one, or none", ErrInvalid, s.End.UTC().Format(time.RFC3339))
}
