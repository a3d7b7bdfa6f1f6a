package maintenance

import (
	"context"
	"errors"
	"time"
)

// begin makes a process a replica and loads its first document. The entry is
// committed before the load begins: were it the other way round, a drain could
// look at the roster in between and miss both. That load is a renewal, which
// fails where the roster was lost together with the document.
func (m *Mode) begin(ctx context.Context) error {
	if m.roster == nil {
		_, err := m.load(ctx)
		return err
	}
	for attempt := 1; ; attempt++ {
		if err := m.join(ctx); err != nil {
			return err
		}
		if err := m.renew(ctx); !errors.Is(err, ErrUnlisted) || attempt == joinAttempts {
			return err
		}
	}
}

// joinAttempts bounds how often a process joins in a row that is struck from
// the roster at once; the next attempt comes with the next poll.
const joinAttempts = 3

// join puts an entry into the roster, with the gate shut.
func (m *Mode) join(ctx context.Context) error {
	m.mu.Lock()
	m.trusted = false
	m.present = false
	m.enforce()
	entry := m.entry(tally{})
	first := m.status.Confirmed.IsZero()
	m.mu.Unlock()

	asking, cancel := context.WithTimeout(ctx, m.options.roundTrip())
	defer cancel()
	listed, err := m.roster.Join(asking, entry)
	if err != nil {
		return err
	}
	if first && m.restorer != nil {
		if err := m.awaitSurvivors(ctx); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.incarnation, m.present = listed.Incarnation, true
	return nil
}

// awaitSurvivors waits where the store may have lost what it had, or be a copy that
// lagged behind, and the survivors not yet have written their document back:
// while the roster is young, and where others obey a document that is not there.
func (m *Mode) awaitSurvivors(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, m.options.roundTrip())
	defer cancel()
	snapshot, err := m.roster.Replicas(asking)
	if err != nil {
		return err
	}
	var wait time.Duration
	switch bound := m.options.survivorWait(); {
	case snapshot.State.Revision == 0 && snapshot.knowsBetter():
		wait = bound
	case snapshot.Age > 0 && snapshot.Age < bound:
		wait = bound - snapshot.Age
	default:
		return nil
	}
	m.options.logger.Info("maintenance: the roster is new, or the state is missing; waiting for replicas that may know better than the store", "for", wait)
	return pause(ctx, wait)
}

// knowsBetter tells whether some replica obeys a document, or may have.
func (s Listing) knowsBetter() bool {
	for _, r := range s.Replicas {
		if r.Document != "" || r.Unknown {
			return true
		}
	}
	return false
}

func (m *Mode) isPresent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.present
}
