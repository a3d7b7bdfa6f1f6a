package simulation

// edit replaces a text that stands once in a file of package maintenance.
type edit struct{ file, old, new string }

// edits put switches into the code by which a rule can be taken out, or the machine
// made to do what machines do. They change nothing where SIMULATION_WITHOUT does not
// name one.
var edits = []edit{
	{"gate.go", `			return Ticket{epoch: e}, false
		}
		t := Ticket`, `			return Ticket{epoch: e}, false
		}
		stall()
		if simulated("the re-check comes before the increment") {
			if g.current.Load() != e {
				continue
			}
			stall()
		}
		t := Ticket`},
	{"gate.go", `		if e.lease != nil && e.lease.lapsed(time.Now()) {
			t.Leave()
`, `		stall()
		if e.lease != nil && e.lease.lapsed(time.Now()) && !simulated("the gate does not look at the clock") {
			t.Leave()
`},
	{"gate.go", `		if g.current.Load() == e {
			return t, true
`, `		if now := g.current.Load(); now == e || simulated("no re-check") || simulated("the re-check comes before the increment") ||
			simulated("the re-check compares the level") && now.refuses == e.refuses {
			return t, true
`},
	{"gate.go", `	t.inFlight.Add(-1)
	if g := t.epoch.gate; g.current.Load() != t.epoch {
`, `	g := t.epoch.gate
	was := g.current.Load()
	if simulated("the wake is decided before the decrement") {
		stall()
	}
	t.inFlight.Add(-1)
	if !simulated("the wake is decided before the decrement") {
		was = g.current.Load()
	}
	if was != t.epoch && !simulated("Leave wakes nobody") {
`},
	{"gate.go", `		case refused && !was[a]:
			close(g.draining[a])
`, `		case refused && !was[a]:
			if !simulated("streams are not told") {
				close(g.draining[a])
			}
`},
	{"gate.go", `		return e.inFlight(Read) == 0 && e.inFlight(Write) == 0
`, `		return (e.inFlight(Read) == 0 || simulated("an epoch is forgotten once its writes are zero")) && e.inFlight(Write) == 0
`},
	{"gate.go", `	for _, e := range g.past {
		for a := range t.inFlight {
`, `	for i, e := range g.past {
		if i < len(g.past)-1 && simulated("the last past epoch alone counts") {
			continue
		}
		for a := range t.inFlight {
`},
	{"hold.go", `		lasts := e.lasts(ctx, m.done, until)
`, `		lasts := e.lasts(ctx, m.done, until)
		if !e.refuses[a] && simulated("what was held enters without the gate") {
			stall()
			counter := &e.stripes[0].inFlight[a]
			counter.Add(1)
			return Ticket{epoch: e, inFlight: counter}, true
		}
`},
	{"follow.go", `	for attempt := 1; ; attempt++ {
		if err := m.join(ctx); err != nil {
			return err
		}
`, `	if simulated("load, then join") {
		if _, err := m.load(ctx); err != nil {
			return err
		}
		if err := m.join(ctx); err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.trusted = true
		if m.standing == joining {
			m.standing = serving
		}
		m.enforce()
		return nil
	}
	for attempt := 1; ; attempt++ {
		if err := m.join(ctx); err != nil {
			return err
		}
`},
	{"follow.go", `		m.trusted = false
		m.enforce()
`, `		m.trusted = m.trusted && simulated("the gate stays open without an entry")
		m.enforce()
`},
	{"idle.go", `		err = m.begin(ctx)
`, `		if !simulated("an idle process opens by the document that it has read") {
			err = m.begin(ctx)
		} else if err = m.join(ctx); err == nil {
			m.mu.Lock()
			m.standing = serving
			m.enforce()
			m.mu.Unlock()
		}
`},
	{"takeover.go", `		next.idle[a] = m.trusted && m.standing != serving && !next.refuses[a]
`, `		next.idle[a] = m.trusted && m.standing != serving && !next.refuses[a] && !simulated("an idle process admits work")
`},
	{"takeover.go", `	listed := !kept || m.roster != nil && m.standing == serving
`, `	listed := !kept || m.roster != nil && m.standing == serving || simulated("who is no replica writes back what opens")
`},
	{"follow.go", `	var wait time.Duration
	switch bound := m.options.survivorWait(); {
	case listing.State.Revision == 0 && listing.knowsBetter():
		wait = bound
	case listing.Age > 0 && listing.Age < bound:
`, `	var wait time.Duration
	switch bound := m.options.survivorWait(); {
	case simulated("a joiner does not wait"):
		return 0, nil
	case listing.State.Revision == 0 && listing.knowsBetter() && !simulated("a joiner waits in a young roster only"):
		wait = bound
	case listing.State.Revision != 0 && simulated("a joiner waits only where it finds no document"):
		return 0, nil
	case listing.Age > 0 && listing.Age < bound:
`},
	{"follow.go", `		t, _ := m.gate.count()
		m.mu.Lock()
		entry := m.entry(t)
		m.mu.Unlock()
`, `		t, _ := m.gate.count()
		stall()
		if simulated("the counters come first, then the document") {
			now, _ := m.gate.count()
			t.document, t.level = now.document, now.level
		}
		m.mu.Lock()
		entry := m.entry(t)
		m.mu.Unlock()
`},
	{"takeover.go", `	return m.inquire(ctx, m.roster == nil, m.store.Load)
`, `	return m.inquire(ctx, m.roster == nil || simulated("a load opens"), m.store.Load)
`},
	{"takeover.go", `	case s.Revision > m.state.Revision && !m.held.has(s.ID):
		m.takeOver(s)
`, `	case s.Revision > m.state.Revision && (!m.held.has(s.ID) || simulated("a document that was left is taken over again")):
		m.takeOver(s)
`},
	{"takeover.go", `	case s.Revision < m.least:
`, `	case s.Revision < m.least && !simulated("a joiner takes an older document than was there"):
`},
	{"takeover.go", `	case overtaken:
`, `	case overtaken && simulated("an overtaken answer is taken over"):
		m.takeOver(s)
	case overtaken && !(simulated("an overtaken answer with a higher revision is taken over") && s.Revision > m.state.Revision && !m.held.has(s.ID)):
`},
	{"takeover.go", `		want.ID = rand.Text()
`, `		if simulated("what is written back need not cover the window") && stored.At(now) <= mine.At(now) && stored.Level <= mine.Level {
			want = mine
		}
		want.ID = rand.Text()
`},
	{"takeover.go", `		want.Revision--
`, `		if !simulated("what is written back gets a higher revision") {
			want.Revision--
		}
`},
	{"switch.go", `	if !overtaken && saved.Revision > m.state.Revision {`, `	if (!overtaken || simulated("the answer to a save that was overtaken is taken over")) && saved.Revision > m.state.Revision {`},
	{"judge.go", `		clear(w.seen)
`, `		if !simulated("lost counts across incarnations") {
			clear(w.seen)
		}
`},
	{"takeover.go", `	default:
		m.mu.Unlock()
		return m.restore(ctx, s, asked)
`, `	case simulated("nothing is written back"):
		m.takeOver(s)
	default:
		m.mu.Unlock()
		return m.restore(ctx, s, asked)
`},
	{"takeover.go", `	closes := s.Level >= m.state.Level && s.covers(m.state, time.Now())
	news := closes && s.Revision > m.state.Revision && m.trusted && !m.held.has(s.ID)
	if news {
		m.takeOver(s)
		m.enforce()
	}
`, `	closes := (s.Level >= m.state.Level || simulated("a push opens")) &&
		(s.covers(m.state, time.Now()) || simulated("a push opens") || simulated("a push need not cover the window"))
	news := closes && (s.Revision > m.state.Revision || simulated("an older push is taken over") && s.ID != "" && s.ID != m.state.ID) && m.trusted &&
		(!m.held.has(s.ID) || simulated("a push brings back a document that was left"))
	if simulated("any push is taken over") {
		news = m.trusted && s.ID != "" && s.ID != m.state.ID
	}
	if news {
		m.takeOver(s)
		if m.roster != nil && simulated("it acknowledges before the switch") {
			t := tally{document: s.ID, level: s.Level}
			for _, e := range m.gate.past {
				for a := range t.inFlight {
					t.inFlight[a] += e.inFlight(Access(a))
				}
			}
			entry := m.entry(t)
			m.mu.Unlock()
			ctx, cancel := context.WithTimeout(context.Background(), m.options.roundTrip())
			_, _ = m.roster.Renew(ctx, entry)
			cancel()
			m.mu.Lock()
		}
		m.enforce()
	}
`},
	{"takeover.go", `	if asked.at.After(m.status.Confirmed) { // questions overlap: a later one may be answered first
`, `	if simulated("a lease counts from the receipt") {
		asked.at = time.Now()
	}
	if asked.at.After(m.status.Confirmed) { // questions overlap: a later one may be answered first
`},
	{"takeover.go", `	if m.lease == nil || !m.lease.lapsed(time.Now()) { // else`, `	if m.lease == nil || !m.lease.lapsed(time.Now()) || simulated("an answer opens after its lease") { // else`},
	{"takeover.go", `	own := m.own(stored)
`, `	own := m.own(stored) || simulated("it writes over a document that it does not know")
`},
	{"takeover.go", `		m.phase = max(m.phase, m.state.phaseAt(now))
`, `		if simulated("clocks are set") && m.phase > before {
			now = now.Add(-time.Duration(now.UnixNano() / 1e9 % 3 * 1e9)) // back by up to two seconds, and forward again
		}
		if simulated("edges go back") {
			m.phase = before
		}
		m.phase = max(m.phase, m.state.phaseAt(now))
`},
	{"takeover.go", `	left := time.Until(renewed.Add(m.lease.length)) + time.Millisecond
`, `	left := time.Until(renewed.Add(m.lease.length)) + time.Millisecond
	if simulated("timers are late") {
		left += 2 * time.Second
	}
`},
	{"predecessors.go", `		due = due || p.again == 0 || p.haveEnded() || p.sightings.met != m.joined()
`, `		due = due || p.again == 0 || p.haveEnded() || p.sightings.met != m.joined() && !simulated("a copy of the roster is not looked through again")
`},
	{"shutdown.go", `	defer close(m.ended)
	pending := m.awaitOwnWork(ctx)
`, `	defer close(m.ended)
	if simulated("it leaves before its work has ended") {
		_ = m.goodbye(ctx)
	}
	pending := m.awaitOwnWork(ctx)
`},
	{"drain.go", `	s, err = roster.Replicas(ctx)
	return s, sent, time.Now(), err
`, `	s, err = roster.Replicas(ctx)
	if err == nil && simulated("the roster is read, then the document") {
		s.State, err = m.store.Load(ctx)
	}
	return s, sent, time.Now(), err
`},
	{"drain.go", `	if !end.IsZero() && !time.Now().Add(d.mode.options.skew).Before(end) {
`, `	skew := d.mode.options.skew
	if simulated("the proof lasts until End") {
		skew = 0
	}
	if !end.IsZero() && !time.Now().Add(skew).Before(end) {
`},
	{"judge.go", `	case s.State.Level < d.target.Level:
`, `	case s.State.Level < d.target.Level && !simulated("a drain goes on with a lower level"):
`},
	{"judge.go", `	case !d.target.Start.IsZero() && sent.Before(d.target.Start.Add(m.options.skew)):
`, `	case !d.target.Start.IsZero() && sent.Before(d.target.Start.Add(m.options.skew)) && !simulated("the proof holds from Start on"):
`},
	{"judge.go", `	case m.restorer != nil && age < bound:
`, `	case m.restorer != nil && age < bound && !simulated("a drain trusts a young roster") && !(s.Incarnation == "" && simulated("a drain trusts a roster that nobody has joined")):
`},
	{"judge.go", `	case !m.isListed(s):
`, `	case !m.isListed(s) && !simulated("a drain does not look for its own process"):
`},
	{"judge.go", `	return !r.Unknown && r.Incarnation == s.Incarnation && r.Document == document.ID && r.Level == document.Level
`, `	return !r.Unknown && (r.Incarnation == s.Incarnation || simulated("an old incarnation's report counts")) && r.Document == document.ID &&
		(r.Level == document.Level || simulated("the level in force there does not count"))
`},
	{"judge.go", `	if s.Unproven == nil {
`, `	if s.Unproven == nil || simulated("a drain believes a store that can't tell") {
`},
	{"judge.go", `		w.seen[r.ID] = sighting{r.Renewals, received}
`, `		w.seen[r.ID] = sighting{r.Renewals, received}
		if simulated("lost counts from the sending") {
			w.seen[r.ID] = sighting{r.Renewals, sent}
		}
`},
	{"judge.go", `	if silent := sent.Sub(first.at); outlasts(silent, r.Lease, margin) {
`, `	if simulated("lost counts to the receipt") {
		sent = received
	}
	bound := r.Lease + margin
	if simulated("lost has no margin") {
		bound = r.Lease
	}
	if silent := sent.Sub(first.at); silent >= bound {
`},
	{"judge.go", `	return r.WorkLimit > 0 && r.FailsClosed && !r.Unknown && r.Incarnation == s.Incarnation &&
`, `	if simulated("a declaration needs no limit") && r.WorkLimit > 0 {
		r.WorkLimit = 1
	}
	return r.WorkLimit > 0 && r.FailsClosed && !r.Unknown && r.Incarnation == s.Incarnation &&
`},
	{"judge.go", `	return d.allowLost && outlasts(lost, r.Lease, margin, d.grace) && (r.FailsClosed || r.Unknown)
`, `	if simulated("lost needs no grace") {
		d.grace = 0
	}
	return d.allowLost && outlasts(lost, r.Lease, margin, d.grace) && (r.FailsClosed || r.Unknown)
`},
}

// simulatedFile is one more file of package maintenance.
const simulatedFile = `package maintenance

import (
	"os"
	"slices"
	"strings"
	"time"
)

var without = strings.Split(os.Getenv("SIMULATION_WITHOUT"), "; ")

func simulated(what string) bool { return slices.Contains(without, what) }

// stall is what a scheduler may do to a goroutine at any time: here for up to 67 ms.
func stall() {
	if simulated("goroutines stall") {
		time.Sleep(time.Duration(uint64(time.Now().UnixNano()) * 0x9E3779B97F4A7C15 >> 38))
	}
}
`
