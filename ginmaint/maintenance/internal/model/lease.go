package model

// lease is the model of one replica that fails bringsOn and of an observer that
// lets it count as drained once it is lost (AllowLost), in discrete time. Their
// clocks tick together, but the replica's may lose up to margin ticks. The
// operator has saved a document of level On at some time; until the replica has
// taken it over, it obeys one of level Off.
//
// Assumed of the caller, who takes the risk: work lasts less than longest ticks from
// the moment at which the gate looked at the clock, pauses of the process
// included, and the grace is no shorter.
type lease struct {
	length  uint8 // of the lease
	margin  uint8
	grace   uint8
	longest uint8
	names   bool // check also that nobody is called lost too early

	// The mutants, each a rule left out.
	fromReceipt     bool // the replica counts from the receipt of the answer
	observerSending bool // the observer counts from the sending of its list
	noClock         bool // the gate trusts its timer
	clockLast       bool // the gate looks at the clock after the re-check
	confirmFirst    bool // the lease is renewed before the answer is taken over
	listSentEarly   bool // the list that shows the same counter may have been sent at any time
	noMargin        bool // the observer leaves the margin out
}

// leaseState is the replica, the store, and the observer.
type leaseState struct {
	// The replica.
	obeys    bool  // has taken over the document of level On
	renewed  uint8 // ticks since the moment that the lease counts from
	slips    uint8 // ticks that its clock has lost
	trip     stretch
	sent     uint8 // ticks since the round trip was sent
	bringsOn bool  // the answer on its way brings the document of level On
	late     bool  // a report that was given up is still on its way
	work     leaseWork
	looked   uint8 // ticks since that work looked at the clock, or was admitted

	// The store.
	saved  bool  // the document of level On
	silent uint8 // ticks since a report arrived
	moved  bool  // the report counter is another than the one that the observer saw

	// The observer.
	seen      bool  // has a list
	first     uint8 // ticks since the receipt of the list that first showed this counter
	list      stretch
	listSent  uint8 // ticks since this list was sent
	lateList  bool  // this list was sent once lease and margin had passed
	same      bool  // this list shows the counter that was seen
	listMoved bool  // the counter has changed since this list was made
	showsOn   bool  // this list shows the document of level On
	listAge   uint8 // how long the replica was silent when this list was made
	lost      bool  // the replica is lost
	early     bool  // it was called lost while its lease could still hold: what must never be
	drained   bool  // Drain returned nil
}

// stretch is how far a question to the store has come.
type stretch uint8

const (
	unsent   stretch = iota
	underway         // on its way to the store
	back             // on its way back
	taken            // the answer was taken over, and the lease has yet to be renewed
	renewed          // mutant confirmFirst: the other way round
)

// leaseWork is one unit of work, by the line of Enter that it has reached.
type leaseWork uint8

const (
	workOutside leaseWork = iota
	workAdded             // has loaded the open epoch, and added
	workLooked            // has looked at the clock
	workChecked           // mutant clockLast: has checked again, and has yet to look
	workRunning
)

func (l *lease) initial() leaseState { return leaseState{} }

// bound is what the observer waits before it calls a replica lost.
func (l *lease) bound() uint8 {
	if l.noMargin {
		return l.length
	}
	return l.length + l.margin
}

func (l *lease) next(s leaseState, step func(who, what string, to leaseState)) {
	l.time(s, step)
	l.enter(s, step)
	l.renew(s, step)
	l.observe(s, step)
	if !s.saved {
		to := s
		to.saved = true
		step("operator", "saves on", to)
	}
}

// time lets a tick pass, unless that would make work last too long.
func (l *lease) time(s leaseState, step func(who, what string, to leaseState)) {
	if s.work >= workLooked && s.work != workChecked && s.looked+1 >= l.longest {
		return
	}
	to := s
	to.silent++
	if s.work >= workLooked && s.work != workChecked {
		to.looked++
	}
	if s.seen {
		to.first++
	}
	if s.list != unsent {
		to.listSent++
	}
	if s.slips < l.margin {
		slipped := to
		slipped.slips++
		step("time", "goes on by a tick, which the replica's clock loses", slipped)
	}
	to.renewed++
	if s.trip != unsent {
		to.sent++
	}
	step("time", "goes on by a tick", to)
}

// enter is the gate: add, look at the clock, re-check.
func (l *lease) enter(s leaseState, step func(who, what string, to leaseState)) {
	move := func(what string, work leaseWork, looked uint8) {
		to := s
		to.work, to.looked = work, looked
		step("request", what, to)
	}
	holds := s.renewed <= l.length || l.noClock
	switch s.work {
	case workOutside:
		if !s.obeys {
			move("e = current, stripe.add(1)", workAdded, 0)
		}
	case workAdded:
		switch {
		case l.clockLast && !s.obeys:
			move("re-check: e is current", workChecked, 0)
		case l.clockLast:
			move("re-check: backs out", workOutside, 0)
		case holds:
			move("the lease holds", workLooked, 0)
		default:
			move("the lease has run out", workOutside, 0)
		}
	case workLooked:
		if !s.obeys {
			move("re-check: admitted", workRunning, s.looked)
		} else {
			move("re-check: backs out", workOutside, 0)
		}
	case workChecked:
		if holds {
			move("the lease holds: admitted", workRunning, 0)
		} else {
			move("the lease has run out", workOutside, 0)
		}
	case workRunning:
		move("Leave", workOutside, 0)
	}
}

func (l *lease) violation(s leaseState) string {
	switch {
	case s.drained && s.work == workRunning:
		return "Drain returned nil by AllowLost, and work is running"
	case s.early && l.names:
		return "a replica was called lost that had reported within its lease"
	}
	return ""
}

// canonical stops the counting of ticks where nobody tells the numbers apart any
// more, and clears what nobody will look at.
func (l *lease) canonical(s leaseState) leaseState {
	s.renewed = min(s.renewed, l.length+1)
	s.sent = min(s.sent, l.length+1)
	s.silent = min(s.silent, l.length)
	s.listAge = min(s.listAge, l.length)
	s.first = min(s.first, l.length+l.margin+l.grace)
	s.listSent = min(s.listSent, l.length+l.margin+l.grace)
	if !l.observerSending {
		s.listSent = 0
	}
	if !s.same || !s.lateList {
		s.listAge = 0
	}
	if !l.names {
		s.silent, s.listAge, s.early = 0, 0, false
	}
	if s.drained { // the observer has gone
		return leaseState{
			obeys: s.obeys, renewed: s.renewed, slips: s.slips, trip: s.trip, sent: s.sent, bringsOn: s.bringsOn,
			work: s.work, looked: s.looked, saved: s.saved, drained: true,
		}
	}
	return s
}

func (l *lease) goals() []goal[leaseState] {
	goals := []goal[leaseState]{
		{"Drain returned nil", func(s leaseState) bool { return s.drained }},
		{"the lease runs out under a request", func(s leaseState) bool { return s.work == workAdded && s.renewed > l.length }},
		{"a lost replica comes back", func(s leaseState) bool { return s.drained && s.obeys && s.renewed <= l.length }},
	}
	if l.longest > 1 {
		goals = append(goals, goal[leaseState]{"work outlasts the lease", func(s leaseState) bool {
			return s.work == workRunning && s.renewed > l.length
		}})
	}
	return goals
}
