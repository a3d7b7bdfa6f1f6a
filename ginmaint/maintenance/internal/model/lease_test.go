package model

// lease is the model of one replica that fails closed and of a drain elsewhere that
// lets it count as drained once it is lost (AllowLost, or the replica's own WorkLimit,
// which is the same but for the incarnation), in discrete time. Their
// clocks tick together, but the replica's may lose up to margin ticks. The
// operator has saved a document of level On at some time; until the replica has
// taken it over, it obeys one of level Off.
//
// Assumed of the caller, who takes the risk: work lasts less than longest ticks from
// the moment at which the gate looked at the clock, pauses of the process
// included, and the grace is no shorter.
type lease struct {
	length   uint8 // of the lease
	margin   uint8
	grace    uint8
	longest  uint8
	loads    bool // the replica's Mode loads beside its renewals
	fails    bool // the store may fail over to a copy that lags behind, and the replica never finds it
	split    bool // the server that was replaced goes on answering the replica
	declares bool // it counts by its WorkLimit, and not by AllowLost
	removes  bool // whoever has seen that it has ended removes its entry, and a drain looks whether there is one
	names    bool // check also that nobody is called lost too early
	plain    bool // states are told apart even where the difference can't matter

	// The mutants, each a rule left out.
	fromReceipt     bool // the lease counts from the receipt of the answer
	loadRenews      bool // the answer to a plain load renews the lease
	confirmFirst    bool // the lease is renewed before the answer is taken over
	noClock         bool // the gate trusts its timer
	clockLast       bool // the gate looks at the clock after the re-check
	observerSending bool // lostFor counts from the sending of the list
	untilReceipt    bool // lostFor counts until the receipt of the list
	noMargin        bool // lostFor leaves the margin out
	keepsSightings  bool // what an earlier incarnation showed still counts
	anyIncarnation  bool // WorkLimit counts also for an entry of an earlier incarnation
	unconditional   bool // an entry is removed also if it was renewed since
	removesEarly    bool // it is removed once the replica is lost, before its work has ended
}

// leaseState is the replica, the store, and the drain.
type leaseState struct {
	// The replica.
	obeys    bool  // has taken over the document of level On
	renewed  uint8 // ticks since the moment that the lease counts from
	slips    uint8 // ticks that its clock has lost
	trip     stretch
	sent     uint8 // ticks since the renewal was sent
	bringsOn bool  // the answer on its way brings the document of level On
	late     bool  // a renewal that was given up is still on its way
	loaded   bool  // the answer to a Load is on its way
	loadSent uint8 // ticks since it was asked for
	loadsOn  bool  // it brings the document of level On
	work     leaseWork
	looked   uint8 // ticks since that work looked at the clock, or was admitted

	// The store.
	saved  bool  // the document of level On
	silent uint8 // ticks since a renewal arrived
	moved  bool  // the count of renewals is another than the one that the drain saw
	failed bool  // has failed over: another incarnation, with an earlier count
	kept   bool  // the server that was replaced has the document
	gone   bool  // the entry was removed

	// The drain.
	seen      bool  // has a list
	seenNew   bool  // of the incarnation after the fail-over
	first     uint8 // ticks since the receipt of the list that first showed this count
	list      stretch
	listSent  uint8 // ticks since this list was asked for
	since     uint8 // first, when this list was asked for
	same      bool  // this list shows the count that was seen
	listNew   bool  // it is of the incarnation after the fail-over
	listMoved bool  // the count has changed since this list was made
	showsOn   bool  // this list shows the document of level On
	removing  bool  // the removal of the entry that was seen is on its way
	listGone  bool  // this list shows no entry
	listAge   uint8 // how long the replica was silent when this list was made
	early     bool  // the replica was called lost while its lease could still hold: what must never be
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

func (l *lease) next(s leaseState, step func(who, what string, to leaseState)) {
	l.time(s, step)
	l.enter(s, step)
	l.renew(s, step)
	if l.loads {
		l.load(s, step)
	}
	l.look(s, step)
	if l.removes {
		l.remove(s, step)
	}
	if !s.saved {
		to := s
		to.saved = true
		step("operator", "saves on", to)
	}
	if l.fails && !s.failed { // to the count, say, that the drain saw
		to := s
		to.failed, to.moved, to.listMoved = true, false, false
		to.kept = l.split && s.saved
		step("store", "fails over to its copy, which lacks the last renewals", to)
	}
}

// time lets a tick pass, unless that would make work last too long.
func (l *lease) time(s leaseState, step func(who, what string, to leaseState)) {
	counts := s.work == workLooked || s.work == workRunning
	if counts && s.looked+1 >= l.longest {
		return
	}
	to := s
	to.silent++
	if counts {
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
	if s.loaded {
		to.loadSent++
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
			move("Enter: e = current, stripe.add(1)", workAdded, 0)
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

// renew is a renewal: the replica takes the answer over first, and renews the
// lease then, from the moment before it was sent.
func (l *lease) renew(s leaseState, step func(who, what string, to leaseState)) {
	to := s
	switch s.trip {
	case unsent:
		to.trip, to.sent = underway, 0
		step("replica", "takes the time and renews its entry", to)
	case underway:
		if to.arrive() {
			to.trip, to.bringsOn = back, s.saved
			step("store", "takes the renewal", to)
		} else if l.split {
			to.trip, to.bringsOn = back, s.kept
			step("the server that was replaced", "takes the renewal", to)
		}
	case back:
		if l.confirmFirst {
			to.renewed, to.trip = s.sent, renewed
			step("replica", "renews its lease, and has yet to take the answer over", to)
		} else {
			to.obeys, to.trip = s.obeys || s.bringsOn, taken
			step("replica", "takes the answer over", to)
		}
	case taken:
		to.renewed, to.trip, to.sent, to.bringsOn = s.sent, unsent, 0, false
		if l.fromReceipt {
			to.renewed = 0
		}
		step("replica", "renews its lease", to)
	case renewed:
		to.obeys, to.trip, to.sent, to.bringsOn = s.obeys || s.bringsOn, unsent, 0, false
		step("replica", "takes the answer over", to)
	}
	if s.trip == underway || s.trip == back {
		to := s
		to.trip, to.sent, to.bringsOn = unsent, 0, false
		step("replica", "gives the renewal up", to)
		if s.trip == underway && !s.late {
			to.late = true
			step("replica", "gives the renewal up, which is still on its way", to)
		}
	}
	if s.late {
		to := s
		to.late = false
		if to.arrive() {
			step("store", "takes the late renewal", to)
		}
	}
}

// arrive is a renewal in the store: its count is a new one. It tells whether the
// roster lists the replica.
func (s *leaseState) arrive() bool {
	if s.failed || s.gone {
		return false
	}
	s.silent, s.moved, s.listMoved = 0, true, true
	return true
}

// remove is the removal of the entry that was seen, in the store, and the replica that
// finds out.
func (l *lease) remove(s leaseState, step func(who, what string, to leaseState)) {
	if s.removing {
		to := s
		to.removing = false
		if to.gone = s.gone || !s.moved || l.unconditional; to.gone {
			step("store", "removes the entry", to)
		} else {
			step("store", "keeps the entry, which is another one", to)
		}
	}
	if s.gone && !s.failed && s.trip == unsent {
		to := s
		to.gone, to.silent, to.moved, to.listMoved = false, 0, true, true
		to.obeys, to.renewed = s.obeys || s.saved, 0
		step("replica", "is not listed: shuts its gate, joins and renews", to)
	}
}

// load is a Load beside the renewals: its answer counts for the document alone.
func (l *lease) load(s leaseState, step func(who, what string, to leaseState)) {
	to := s
	if !s.loaded {
		to.loaded, to.loadSent, to.loadsOn = true, 0, s.saved
		step("replica", "loads: the store answers", to)
		return
	}
	to.obeys = s.obeys || s.loadsOn
	to.loaded, to.loadSent, to.loadsOn = false, 0, false
	if l.loadRenews {
		to.renewed = min(s.renewed, s.loadSent)
	}
	step("replica", "takes the answer to its Load over", to)
}
