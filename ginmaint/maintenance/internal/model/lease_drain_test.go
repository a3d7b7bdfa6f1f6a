package model

// bound is what a drain waits before it calls a replica lost.
func (l *lease) bound() uint8 {
	if l.noMargin {
		return l.length
	}
	return l.length + l.margin
}

// look takes the next step of Drain, which asks for one list after the other.
func (l *lease) look(s leaseState, step func(who, what string, to leaseState)) {
	to := s
	switch s.list {
	case unsent:
		if s.removing {
			return
		}
		to.list, to.listSent = underway, 0
		if s.seen {
			to.since = s.first
		}
		step("Drain", "asks for a list", to)
	case underway:
		to.list = back
		to.same = s.seen && !s.moved && (s.seenNew == s.failed || l.keepsSightings)
		to.listNew, to.listMoved, to.showsOn, to.listAge = s.failed, false, s.saved, s.silent
		to.listGone = s.gone
		step("store", "makes the list", to)
	case back:
		to.list, to.listSent, to.since, to.listAge = unsent, 0, 0, 0
		to.same, to.listNew, to.listMoved, to.showsOn, to.listGone = false, false, false, false, false
		step("Drain", l.judge(s, &to), to)
	}
}

// judge takes a list in, and says what it shows. How long a replica has been silent
// counts from the receipt of the list that first showed its count to the moment
// before this list was asked for (lostFor), within one incarnation: a copy may lack
// the last renewals. AllowLost adds the grace.
func (l *lease) judge(s leaseState, to *leaseState) string {
	silent := s.since
	if l.untilReceipt {
		silent = s.first
	}
	switch {
	case s.listGone && s.showsOn && !s.listNew: // after a fail-over there is an unknown entry
		to.drained = true
		return "receives the list, which is empty: returns nil"
	case s.listGone:
		return "receives the list, which is empty"
	case !s.same:
		to.seen, to.seenNew, to.moved = true, s.listNew, s.listMoved
		if to.first = 0; l.observerSending {
			to.first = s.listSent
		}
		return "receives the list: the replica has renewed its entry"
	case l.removes && !s.listNew && (silent >= l.bound()+l.grace || l.removesEarly && silent >= l.bound()):
		to.removing = true
		return "receives the list: no renewal since, and its work has ended: removes the entry"
	case silent < l.bound() || !s.showsOn:
		return "receives the list: no renewal since"
	}
	to.early = s.listAge < l.length
	if silent < l.bound()+l.grace || l.declares && s.listNew && !l.anyIncarnation {
		return "receives the list: the replica is lost"
	}
	to.drained = true
	return "receives the list: the replica is lost, and the grace has passed: returns nil"
}

func (l *lease) violation(s leaseState) string {
	switch {
	case s.drained && s.work == workRunning:
		return "Drain returned nil over a lost replica, and work is running"
	case s.early && l.names:
		return "a replica was called lost that had renewed its entry within its lease"
	}
	return ""
}

// canonical stops the counting of ticks where nobody tells the numbers apart any
// more, and clears what nobody will look at.
func (l *lease) canonical(s leaseState) leaseState {
	last := l.length + l.margin + l.grace
	s.renewed = min(s.renewed, l.length+1)
	s.sent = min(s.sent, l.length+1)
	s.loadSent = min(s.loadSent, l.length+1)
	s.silent = min(s.silent, l.length)
	s.listAge = min(s.listAge, l.length)
	s.first = min(s.first, last)
	s.since = min(s.since, last)
	s.listSent = min(s.listSent, last)
	if !l.observerSending {
		s.listSent = 0
	}
	if !l.loadRenews {
		s.loadSent = 0
	}
	if !l.names {
		s.silent, s.listAge, s.early = 0, 0, false
	}
	if l.plain {
		return s
	}
	if s.list == back && (!s.same || !s.showsOn && !l.removes) || l.untilReceipt {
		s.since = 0
	}
	if s.list == back && s.since < l.bound() && !l.untilReceipt {
		s.listAge = 0
	}
	if !l.loadRenews && (s.obeys || !s.loadsOn) { // then the answer changes nothing
		s.loaded, s.loadsOn = false, false
	}
	if s.drained { // the observer has gone
		return leaseState{
			obeys: s.obeys, renewed: s.renewed, slips: s.slips, trip: s.trip, sent: s.sent, bringsOn: s.bringsOn,
			loaded: s.loaded, loadSent: s.loadSent, loadsOn: s.loadsOn,
			work: s.work, looked: s.looked, saved: s.saved, failed: s.failed, kept: s.kept, gone: s.gone, early: s.early, drained: true,
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
	if l.removes {
		goals = append(goals,
			goal[leaseState]{"an entry was removed whose replica comes back", func(s leaseState) bool { return s.gone && s.trip == underway }},
			goal[leaseState]{"a removal comes too late", func(s leaseState) bool { return s.removing && s.moved }})
	}
	if l.longest > 1 {
		goals = append(goals, goal[leaseState]{"work outlasts the lease", func(s leaseState) bool {
			return s.work == workRunning && s.renewed > l.length
		}})
	}
	return goals
}
