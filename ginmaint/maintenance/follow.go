package maintenance

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance/internal/kernel"
)

// follow asks the store at every poll, and at once when there is something to fetch, or
// to tell that a drain may wait for. One goroutine, so one round trip at a time.
func (m *Mode) follow(ctx context.Context) {
	outage := outage{
		logger: m.options.logger,
		begins: "the store can't be asked for the state; the last one known stays",
		ends:   "the store answers",
	}
	ticker := time.NewTicker(m.options.poll)
	defer ticker.Stop()
	for {
		err := m.sync(ctx)
		if ctx.Err() != nil {
			return
		}
		outage.note(err)
		m.mu.Lock()
		m.status.Err = err
		if err != nil {
			m.failures++
			m.turnAway()
		}
		m.mu.Unlock()
		m.recheck()
		if err != nil {
			// Spread, so that a thousand replicas don't return in step to a store
			// that just came back; and soon, however long the poll is, since a
			// drain elsewhere gives survivors of a loss only so much time.
			if pause(ctx, m.options.spread(min(m.options.poll, longestRest))) != nil {
				return
			}
			continue
		}
		if !m.rest(ctx, ticker.C) {
			return
		}
	}
}

// rest waits until the store should be asked again, and returns false once the
// context has ended.
func (m *Mode) rest(ctx context.Context, tick <-chan time.Time) bool {
	var later <-chan time.Time
	for {
		_, left := m.gate.count() // before the news: what leaves after it closes the channel
		news, urgent := m.hasNews()
		if urgent || m.wasKicked() {
			return true // where the tick is due as well, a select would take either
		}
		if news && later == nil {
			later = time.After(m.options.spread(openedRest))
		}
		select {
		case <-left:
		case <-m.kicked:
			return true
		case <-later:
			return true
		case <-tick:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

// sync is one heartbeat.
func (m *Mode) sync(ctx context.Context) error {
	if m.roster == nil {
		_, err := m.load(ctx)
		return err
	}
	if arrived, err := m.arrive(ctx); arrived {
		return err
	}
	if !m.isPresent() {
		return m.begin(ctx)
	}
	err := m.renew(ctx)
	switch {
	case errors.Is(err, ErrUnlisted):
		m.logUnlisted()
		return m.begin(ctx)
	case errors.Is(err, errBehind): // the answer of begin itself did not come
		return m.begin(ctx)
	}
	return err
}

func (m *Mode) logUnlisted() {
	m.mu.Lock()
	id, idles := m.id, m.standing == idle
	m.mu.Unlock()
	if idles {
		m.options.logger.Info("maintenance: the roster does not list this process any more, which has admitted nothing yet; it joins again", "replica", id)
		return
	}
	m.options.logger.Warn("maintenance: the roster does not list this replica any more; it admits nothing until it has joined again", "replica", id)
}

// kick has the follower ask the store now.
func (m *Mode) kick() {
	select {
	case m.kicked <- struct{}{}:
	default:
	}
}

// wasKicked tells whether somebody has kicked, and forgets it.
func (m *Mode) wasKicked() bool {
	select {
	case <-m.kicked:
		return true
	default:
		return false
	}
}

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
		err := m.renew(ctx)
		if !errors.Is(err, ErrUnlisted) && !errors.Is(err, errBehind) || attempt == joinAttempts {
			return err
		}
	}
}

// errBehind means that the store has lost its document between the look at the
// roster and the first load, so that nobody was waited for.
var errBehind = errors.New("maintenance: the store lost the state while this process joined")

// joinAttempts bounds how often a process joins in a row that is struck from
// the roster at once; the next attempt comes with the next poll.
const joinAttempts = 3

// join puts an entry into the roster, with the gate shut.
func (m *Mode) join(ctx context.Context) error {
	m.mu.Lock()
	m.present = false
	if m.standing == serving { // else the gate is shut anyway, and those who wait at it are not refused yet
		m.trusted = false
		m.enforce()
	}
	entry := m.entry(tally{})
	first := m.status.Confirmed.IsZero() || m.standing == joining
	m.mu.Unlock()

	asking, cancel := context.WithTimeout(ctx, m.options.roundTrip())
	defer cancel()
	listed, err := m.roster.Join(asking, entry)
	if err != nil {
		return err
	}
	if listed.Unlisted {
		m.options.logger.Warn("maintenance: this process may only read in the store: it follows the state and can't switch, and a drain elsewhere waits until this process has ended",
			"replica", entry.ID)
	}
	m.part(ctx) // first, so that whoever was let in is listed once
	var seen uint64
	if first && m.restorer != nil {
		if seen, err = m.awaitSurvivors(ctx); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.incarnation, m.present, m.least = listed.Incarnation, true, seen
	return nil
}

// awaitSurvivors waits where the store may have lost what it had, or be a copy that
// lagged behind, and the survivors not yet have written their document back:
// while the roster is young, and where others obey a document that is not there.
// It returns the revision of the one that was there.
func (m *Mode) awaitSurvivors(ctx context.Context) (uint64, error) {
	asking, cancel := context.WithTimeout(ctx, m.options.roundTrip())
	defer cancel()
	listing, err := m.roster.Replicas(asking)
	if err != nil {
		return 0, err
	}
	var wait time.Duration
	switch bound := m.options.survivorWait(); {
	case listing.State.Revision == 0 && listing.knowsBetter():
		wait = bound
	case listing.Age > 0 && listing.Age < bound:
		wait = bound - listing.Age
	default:
		return listing.State.Revision, nil
	}
	m.options.logger.Info("maintenance: the roster is new, or the state is missing; waiting for replicas that may know better than the store", "for", wait)
	return listing.State.Revision, pause(ctx, wait)
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

// renew renews our entry with what the gate says now, and takes over the
// document that comes back in the same round trip.
func (m *Mode) renew(ctx context.Context) error {
	running := m.running()
	_, err := m.inquire(ctx, true, func(ctx context.Context) (State, error) {
		t, _ := m.gate.count()
		m.mu.Lock()
		entry := m.entry(t)
		m.mu.Unlock()
		entry.Running = running
		s, err := m.roster.Renew(ctx, entry)
		if err == nil {
			m.mu.Lock()
			m.told = t
			m.mu.Unlock()
		}
		return s, err
	})
	return err
}

// hasNews tells whether there is something that the roster should hear before the next
// poll: another epoch, or the last work gone that its level refuses. It is urgent where a
// drain may wait for it, so not while the service is open.
func (m *Mode) hasNews() (news, urgent bool) {
	if m.roster == nil {
		return false, false
	}
	t, _ := m.gate.count()
	m.mu.Lock()
	defer m.mu.Unlock()
	news = t.document != m.told.document || t.level != m.told.level
	for a, n := range t.inFlight {
		news = news || n == 0 && m.told.inFlight[a] != 0
	}
	return news, news && t.level != Off
}

// entry is what the roster is told. The caller holds mu.
func (m *Mode) entry(t tally) Replica {
	m.renewals++
	return Replica{
		ID:          m.id,
		Name:        m.options.name,
		Document:    t.document,
		Level:       t.level,
		Reads:       t.inFlight[Read],
		Writes:      t.inFlight[Write],
		Held:        int64(m.line.len()),
		Ended:       slices.Clone(m.forced.list),
		Since:       t.since.UTC(),
		Renewals:    m.renewals,
		Idle:        m.standing == idle,
		Lease:       m.options.lease,
		FailsClosed: m.options.closes,
		WorkLimit:   m.options.limit,
		Sole:        m.options.sole,
		Process:     kernel.Self(),
		Incarnation: m.incarnation,
	}
}
