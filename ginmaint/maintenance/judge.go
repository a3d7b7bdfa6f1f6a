package maintenance

import (
	"fmt"
	"time"
)

// sightings is what one observer has seen of a roster, on its own monotonic clock.
type sightings struct {
	met   string    // the incarnation of the roster seen last
	metAt time.Time // when it was seen first
	seen  map[string]sighting
}

// sighting is when the latest renewal of a replica was first seen.
type sighting struct {
	renewals uint64
	at       time.Time
}

// judge says what one listing proves.
func (d *drain) judge(s Listing, sent, received time.Time) (Report, error) {
	r := Report{State: d.target, Total: s.total()}
	switch {
	case s.State.ID == d.target.ID:
		// Its revision is another one where it was lost and written back.
		d.target, r.State = s.State, s.State
	case s.State.Revision <= d.target.Revision:
		// A copy of before the save, or a store that lost it: our own Mode
		// writes it back.
		d.mode.kick()
		r.Note = "the store does not hold the state; waiting until it is written back"
		return r, nil
	case s.State.Level < d.target.Level:
		return r, fmt.Errorf("%w (to %s, by %q)", ErrChanged, s.State.Level, s.State.ChangedBy)
	default:
		d.target = s.State
		r.State = s.State
	}
	if err := d.ending(); err != nil {
		return r, err
	}
	m := d.mode
	d.meet(s, received)
	switch age, bound := d.age(s, sent), m.options.survivorWait(); {
	case !d.target.Start.IsZero() && sent.Before(d.target.Start.Add(m.options.skew)):
		r.Note = "the window begins at " + d.target.Start.Format(time.RFC3339)
	case m.restorer != nil && age < bound:
		r.Note = fmt.Sprintf("the roster is only %s old; survivors of a loss have %s to come back", age.Round(time.Millisecond), bound)
	case !m.isListed(s):
		r.Note = "the roster does not list this process; waiting until it has joined again"
	}
	living := 0
	for _, replica := range s.Replicas {
		lost := d.lostFor(replica, sent, received)
		if lost == 0 && !replica.Unknown && !replica.hasExpired() {
			living++
		}
		if len(replica.Ended) > 0 && replica.obeys(s, d.target) {
			r.Ended = append(r.Ended, replica)
		}
		if replica.Idle || replica.hasDrained(s, d.target) {
			continue
		}
		p := Pending{Replica: replica, Cause: Waiting}
		switch {
		case replica.Unknown:
			p.Cause = Unknown
		case lost > 0:
			p.Cause, p.LostFor = Lost, lost
		case replica.obeys(s, d.target):
			p.Cause = Busy
		}
		switch {
		case replica.hasEnded(s, lost):
			r.Declared = append(r.Declared, p)
		case d.allows(replica, lost):
			r.Allowed = append(r.Allowed, p)
		default:
			r.Pending = append(r.Pending, p)
		}
	}
	if r.Note == "" && d.expected != nil && !d.expected.hold(living) {
		r.Note = fmt.Sprintf("replicas that follow: %d, expected: %s", living, d.expected)
	}
	r.Vouched = s.Vouched
	done := len(r.Pending) == 0 && r.Note == ""
	if s.Unproven == nil {
		r.Drained = done
		return r, nil
	}
	if r.Note == "" {
		r.Note = s.Unproven.Error()
	}
	if done {
		return r, fmt.Errorf("%w: all that is listed has drained, and nobody knows whether that is all: %w", ErrNotDrained, s.Unproven)
	}
	return r, nil
}

// meet begins anew with another incarnation of the roster: its age counts from when
// we first saw it, and a copy may show a renewal again that was followed by others.
func (w *sightings) meet(s Listing, received time.Time) {
	if w.metAt.IsZero() || w.met != s.Incarnation {
		w.met, w.metAt = s.Incarnation, received
		clear(w.seen)
	}
}

// age returns how old the roster is at least. Where the store does not know, as
// where nobody has joined it, only we can tell.
func (d *drain) age(s Listing, sent time.Time) time.Duration {
	if s.Age > 0 {
		return s.Age
	}
	return max(0, sent.Sub(d.metAt))
}

// isListed tells whether the listing holds this process's own entry, if it has one that
// counts.
func (m *Mode) isListed(s Listing) bool {
	m.mu.Lock()
	id, counts := m.id, m.roster != nil && m.standing != idle
	m.mu.Unlock()
	return !counts || s.lists(id)
}

// total counts the entries but for those of processes that have ended before they served.
func (s Listing) total() (n int) {
	for _, r := range s.Replicas {
		if !r.hasExpired() {
			n++
		}
	}
	return n
}

func (s Listing) lists(id string) bool {
	for _, r := range s.Replicas {
		if r.ID == id {
			return true
		}
	}
	return false
}

// obeys tells whether the replica has taken over the document and its own
// level is in force there. What it told an earlier incarnation of the roster
// proves nothing.
func (r Replica) obeys(s Listing, document State) bool {
	return !r.Unknown && r.Incarnation == s.Incarnation && r.Document == document.ID && r.Level == document.Level
}

func (r Replica) hasDrained(s Listing, document State) bool {
	work := tally{inFlight: [classes]int64{Read: r.Reads, Write: r.Writes}}
	return r.obeys(s, document) && work.clear(document.Level)
}

// lostFor returns for how long the replica has not renewed its entry, and zero while
// its lease may still hold. It counts from the receipt of the list that first
// showed the latest renewal to the sending of this one, so that no delay on the
// way makes a living replica look lost.
func (w *sightings) lostFor(r Replica, sent, received time.Time) time.Duration {
	first, ok := w.seen[r.ID]
	if !ok || first.renewals != r.Renewals {
		w.seen[r.ID] = sighting{r.Renewals, received}
		return 0
	}
	if silent := sent.Sub(first.at); outlasts(silent, r.Lease, margin) {
		return silent
	}
	return 0
}

// hasEnded tells whether nothing of a replica that is lost for so long runs any more, by
// its own declaration: it admits nothing after its lease, and then its work has ended.
// One that has not joined the present incarnation may still renew elsewhere, at a
// server that was replaced.
func (r Replica) hasEnded(s Listing, lost time.Duration) bool {
	return r.WorkLimit > 0 && r.FailsClosed && !r.Unknown && r.Incarnation == s.Incarnation &&
		outlasts(lost, r.Lease, margin, r.WorkLimit)
}

// allows tells whether AllowLost covers the replica.
func (d *drain) allows(r Replica, lost time.Duration) bool {
	return d.allowLost && outlasts(lost, r.Lease, margin, d.grace) && (r.FailsClosed || r.Unknown)
}

// outlasts tells whether d is positive, and no shorter than the others together. They
// may be as long as a Duration can say, so they are not added up.
func outlasts(d time.Duration, others ...time.Duration) bool {
	if d <= 0 {
		return false
	}
	for _, other := range others {
		if d -= max(0, other); d < 0 {
			return false
		}
	}
	return true
}
