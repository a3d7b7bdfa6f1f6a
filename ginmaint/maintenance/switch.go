package maintenance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// On puts maintenance on at once and until it is changed, whatever is stored. The
// message of maintenance that is in force, or announced, stays; the reason does
// not, which was somebody else's. It saves also where maintenance is on already:
// the order given last stands. Errors as for Set.
func (m *Mode) On(ctx context.Context) error {
	_, err := m.Update(ctx, func(s *State) error {
		*s = State{Level: On, Message: s.present(time.Now())}
		return nil
	})
	return err
}

// Off puts maintenance off, and drops message, reason and window. It saves also
// where maintenance is off already: the order given last stands. Errors as for
// Set.
func (m *Mode) Off(ctx context.Context) error {
	_, err := m.Update(ctx, func(s *State) error {
		*s = State{}
		return nil
	})
	return err
}

// Set saves s, with s.Revision zero over whatever is stored, else only over
// that revision, and returns what was stored. When it returns without an error
// the store has kept the change and this process obeys it; the other replicas
// follow within milliseconds, or within a poll where a push is lost. An empty
// ChangedBy becomes the name of this process, an empty Via "code".
//
// It returns ErrConflict where another revision is stored, ErrFixed, ErrInvalid
// also for a window that is over, ErrClosed, and the store's errors; then nothing
// was changed, or the error says that this can't be known.
func (m *Mode) Set(ctx context.Context, s State) (State, error) {
	return m.order(ctx, s, func(stored State) bool { return s.Revision == 0 || s.Revision == stored.Revision })
}

// Create saves s as Set does, but only where nothing was ever saved, and returns
// ErrConflict elsewhere. It passes over s.Revision.
func (m *Mode) Create(ctx context.Context, s State) (State, error) {
	return m.order(ctx, s, func(stored State) bool { return stored.Revision == 0 })
}

// Update loads the state, has edit change it, and saves it over the one loaded;
// on a conflict it begins again, so edit may run several times. edit finds
// ChangedBy and Via empty: the author is the new one. An error of edit is returned as it
// is, and nothing is saved. Other errors as for Set.
func (m *Mode) Update(ctx context.Context, edit func(*State) error) (State, error) {
	return m.change(ctx, func(stored State) (State, error) {
		s := stored
		s.ChangedBy, s.Via = "", ""
		if err := edit(&s); err != nil {
			return State{}, err
		}
		return m.ordered(s, stored)
	})
}

// Load asks the store for the state now, rather than at the next poll, and
// returns the one that this process then knows. It returns the store's errors,
// and ErrClosed.
func (m *Mode) Load(ctx context.Context) (State, error) {
	if m.isClosed() {
		return State{}, ErrClosed
	}
	return m.load(ctx)
}

// order saves s where the state stored may be replaced.
func (m *Mode) order(ctx context.Context, s State, replaces func(stored State) bool) (State, error) {
	if _, err := s.checked(time.Now()); err != nil {
		return State{}, err
	}
	return m.change(ctx, func(stored State) (State, error) {
		if !replaces(stored) {
			return State{}, ErrConflict
		}
		return m.ordered(s, stored)
	})
}

// ordered returns s as an order over what is stored. Whoever works under that can go
// on where the level allows.
func (m *Mode) ordered(s, stored State) (State, error) {
	now := time.Now()
	return s.over(stored, now).signed(cmp.Or(s.ChangedBy, m.options.name), now).checked(now)
}

// change saves what next makes of the state stored. The load comes first even
// where the caller names a revision: it mends a store that has gone back, which
// might have that revision once more.
func (m *Mode) change(ctx context.Context, next func(stored State) (State, error)) (State, error) {
	for attempt := 1; ; attempt++ {
		stored, err := m.Load(ctx)
		if errors.Is(err, ErrClosed) {
			return State{}, err
		} else if err != nil {
			return State{}, fmt.Errorf("maintenance: nothing was changed, the present state can't be loaded: %w", err)
		}
		s, err := next(stored)
		if err != nil {
			return State{}, err
		}
		s.Revision, s.unknown = stored.Revision, stored.unknown
		saved, err := m.save(ctx, s)
		if !errors.Is(err, ErrConflict) || attempt == attempts {
			return saved, err
		}
	}
}

// save saves s, and takes it over.
func (m *Mode) save(ctx context.Context, s State) (State, error) {
	s = s.normal()
	m.mu.Lock()
	takeovers := m.takeovers
	m.orders.add(s)
	m.mu.Unlock()
	saved, err := m.store.Save(ctx, s)
	if err != nil {
		if errors.Is(err, ErrConflict) || errors.Is(err, ErrFixed) {
			return State{}, err
		}
		return State{}, fmt.Errorf("maintenance: the state can't be saved: %w", err)
	}
	m.mu.Lock()
	overtaken := m.takeovers != takeovers && m.state.ID != saved.ID
	if !overtaken && saved.Revision > m.state.Revision { // else a push was faster
		m.takeOver(saved)
		m.enforce()
	}
	m.mu.Unlock()
	m.kick()
	if overtaken {
		// By a document of before or after, whatever its revision: the store knows. Where
		// it can't be asked, the last one taken over stays.
		_, _ = m.load(ctx)
	}
	return saved, nil
}

// checked returns s as it is stored. It refuses what is not valid, and a window
// that would never be in force: a switch that silently does not happen is the
// worst outcome.
func (s State) checked(now time.Time) (State, error) {
	s = s.normal()
	if err := s.Validate(); err != nil {
		return State{}, err
	}
	if s.Level != Off && s.phaseAt(now) == after {
		return State{}, fmt.Errorf("%w: end: %s is over; name a later one, or none", ErrInvalid, s.End.UTC().Format(time.RFC3339))
	}
	return s, nil
}

// present returns the message that visitors see, or would see of an announced
// window; none where the document is off, or its window over.
func (s State) present(now time.Time) string {
	if s.Level == Off || s.phaseAt(now) == after {
		return ""
	}
	return s.Message
}
