package model

import "slices"

const (
	stripes      = 2
	classes      = 2
	mostEpochs   = 4
	mostRequests = 3 // at the same time
)

// gate is the model of the gate in one process: Enter, Extend, Leave, switchTo and
// the waiter of a drain, cut into their atomic steps. Any number of requests come
// one after the other, and up to requests at the same time.
type gate struct {
	levels   []level // of the documents, in the order in which they are switched to
	requests int
	streams  bool // requests may also select on Draining, and then leave only when told
	extends  bool // running requests may start others by Extend

	// The mutants, each a rule left out.
	noRecheck         bool // Enter admits without looking again
	recheckLevel      bool // the re-check compares levels
	checkBeforeAdd    bool // the re-check comes before the increment
	otherStripe       bool // a request leaves by the other stripe
	lastPastOnly      bool // count looks at the last past epoch alone
	forgetWithoutRead bool // an epoch is forgotten once its writes are zero
	waitGroup         bool // one counter for all, and no re-check
	noWakeOnLeave     bool // Leave wakes nobody
	noWakeOnBackOut   bool // Enter wakes nobody when it backs out
	wakeDecidedFirst  bool // Leave looks whether its epoch is past before it decrements
	channelLast       bool // count returns before it takes the channel to wait for
	noClose           bool // switchTo leaves the channel of the old epoch open
	extendsUnlocked   bool // Extend takes no lock
	extendsSealed     bool // Extend enters a past epoch that was counted to zero
}

// gateState is the memory of the process. An epoch is known by its number: the
// identity that the re-check compares.
type gateState struct {
	current   uint8          // the epoch in force
	switching bool           // current was stored, and the channels have yet to be closed
	forgotten uint8          // set of past epochs that nobody waits for any more
	sealed    [classes]uint8 // set of past epochs in which a class was counted to zero
	signal    bool           // the channel that the waiter holds was closed
	inFlight  [mostEpochs][stripes][classes]int8
	requests  [mostRequests]request
	waiter    waiter
	promises  promises
}

func (g *gate) initial() gateState { return gateState{} }

func (g *gate) next(s gateState, step func(who, what string, to gateState)) {
	g.switchTo(s, step)
	for i := range g.requests {
		g.enter(s, i, step)
		g.extend(s, i, step)
		g.leave(s, i, step)
	}
	g.drain(s, step)
}

// locked tells whether somebody holds mu: switchTo, count, or Extend.
func (g *gate) locked(s gateState) bool {
	return s.switching || s.waiter.at == counting ||
		!g.extendsUnlocked && slices.ContainsFunc(s.requests[:], func(r request) bool { return r.at == extending })
}

// switchTo puts the next document in force, and then closes the channels that
// streams and the waiter select on. It holds mu, which Enter and Leave don't take.
func (g *gate) switchTo(s gateState, step func(who, what string, to gateState)) {
	to := s
	switch {
	case s.switching:
		to.switching = false
		to.signal = true
		for i, r := range to.requests {
			if r.at == listening && g.levels[s.current].Refuses(r.access) && !g.noClose {
				to.requests[i].at = running
			}
		}
		step("switchTo", "closes the channels", to)
	case int(s.current)+1 < len(g.levels) && !g.locked(s):
		to.current++
		to.switching = true
		to.promises = s.promises.saved(g.levels[to.current])
		step("switchTo", switchNames[g.levels[to.current]], to)
	}
}

// request is one unit of work, by the line that it has reached.
type request struct {
	at     place
	access access
	epoch  uint8
	stripe uint8
	backed bool // is on its way out because the re-check failed
	past   bool // mutant wakeDecidedFirst: what was found before the decrement
}

type place uint8

const (
	outside    place = iota // not begun, or ended
	loaded                  // has loaded current, which admits it
	checked                 // mutant checkBeforeAdd: has looked again, and has yet to add
	added                   // has added itself to its stripe
	extending               // has found work to belong to, and has yet to add
	running                 // admitted
	listening               // admitted, and selects on Draining
	backingOut              // the re-check failed
	leaving                 // mutant wakeDecidedFirst: has looked, and has yet to decrement
	left                    // has taken itself out of its stripe, and has yet to wake
)

func (r request) admitted() bool { return r.at == running || r.at == listening || r.at == leaving }

// to returns r at another line.
func (r request) to(p place) request { r.at = p; return r }

// enter takes the next step of Enter.
func (g *gate) enter(s gateState, i int, step func(who, what string, to gateState)) {
	r := s.requests[i]
	switch r.at {
	case outside: // e = current; its level refuses → no
		for _, a := range allClasses {
			if !g.levels[s.current].Refuses(a) {
				g.move(s, i, loadNames[a], request{at: loaded, access: a, epoch: s.current}, step)
			}
		}
	case loaded: // stripe.add(1)
		switch {
		case !g.checkBeforeAdd:
			g.add(s, i, r.to(added), step)
		case s.current == r.epoch:
			g.move(s, i, "current == e, checked too early", r.to(checked), step)
		default:
			g.move(s, i, "current != e, begins again", request{}, step)
		}
	case checked:
		g.add(s, i, r.to(running), step)
	case added: // current == e → admitted; else stripe.add(-1), again
		if g.admits(s, r) {
			g.move(s, i, "re-check: admitted", r.to(running), step)
		} else {
			g.move(s, i, "re-check: backs out", r.to(backingOut), step)
		}
	}
}

// extend takes the next step of Extend, which a running request calls for another
// one where Enter has refused. It holds mu from the moment at which it has found
// work in a past epoch until it is counted there itself.
func (g *gate) extend(s gateState, i int, step func(who, what string, to gateState)) {
	r := s.requests[i]
	switch {
	case r.at == extending:
		g.add(s, i, r.to(running), step)
	case r.at == outside && g.extends && (g.extendsUnlocked || !g.locked(s)) && slices.ContainsFunc(s.requests[:], request.admitted):
		for _, a := range allClasses {
			if !g.levels[s.current].Refuses(a) {
				continue
			}
			for e := range s.current {
				kept := s.forgotten&(1<<e) == 0 && (s.sealed[a]&(1<<e) == 0 || g.extendsSealed)
				if kept && s.inFlight[e][0][a]+s.inFlight[e][1][a] > 0 {
					g.move(s, i, extendNames[a], request{at: extending, access: a, epoch: e}, step)
					break
				}
			}
		}
	}
}

// leave takes the next step of Leave, and of the back-out of Enter.
func (g *gate) leave(s gateState, i int, step func(who, what string, to gateState)) {
	r := s.requests[i]
	subtract := func(what string, r request) {
		to := s
		to.requests[i] = r.to(left)
		if g.otherStripe {
			r.stripe = stripes - 1 - r.stripe
		}
		*g.counter(&to, r)--
		step(requestNames[i], what, to)
	}
	switch r.at {
	case backingOut:
		r.backed = true
		subtract("stripe.add(-1) of the back-out", r)
	case running: // the same stripe.add(-1)
		if g.wakeDecidedFirst {
			r.past = s.current != r.epoch
			g.move(s, i, "looks whether its epoch is past", r.to(leaving), step)
		} else {
			subtract("stripe.add(-1)", r)
		}
		if g.streams && !g.locked(s) && !g.levels[s.current].Refuses(r.access) {
			g.move(s, i, "selects on Draining", r.to(listening), step)
		}
	case listening: // leaves once switchTo has closed the channel of its class
	case leaving:
		subtract("stripe.add(-1)", r)
	case left: // if e is no longer current, wake whoever waits for it
		past := s.current != r.epoch
		if g.wakeDecidedFirst {
			past = r.past
		}
		if past && g.locked(s) {
			return
		}
		to := s
		to.requests[i] = request{}
		silent := r.backed && g.noWakeOnBackOut || !r.backed && g.noWakeOnLeave
		to.signal = to.signal || past && !silent
		step(requestNames[i], "wakes the waiter, where its epoch is past", to)
	}
}

func (g *gate) move(s gateState, i int, what string, r request, step func(who, what string, to gateState)) {
	s.requests[i] = r
	step(requestNames[i], what, s)
}

// add counts r, in whichever stripe.
func (g *gate) add(s gateState, i int, r request, step func(who, what string, to gateState)) {
	for stripe := range uint8(stripes) {
		to := s
		r.stripe = stripe
		to.requests[i] = r
		*g.counter(&to, r)++
		step(requestNames[i], addNames[stripe], to)
	}
}

// admits is the re-check.
func (g *gate) admits(s gateState, r request) bool {
	switch {
	case g.noRecheck, g.waitGroup:
		return true
	case g.recheckLevel:
		return g.levels[s.current] == g.levels[r.epoch]
	}
	return s.current == r.epoch
}

// counter is the one that r counts in.
func (g *gate) counter(s *gateState, r request) *int8 {
	if g.waitGroup {
		return &s.inFlight[0][0][write]
	}
	return &s.inFlight[r.epoch][r.stripe][r.access]
}

var (
	switchNames  = [...]string{off: "current = off", readOnly: "current = read-only", on: "current = on"}
	requestNames = [...]string{"request 1", "request 2", "request 3"}
	loadNames    = [...]string{read: "Enter: a read: e = current", write: "Enter: a write: e = current"}
	extendNames  = [...]string{read: "Extend: finds a read to belong to", write: "Extend: finds a write to belong to"}
	addNames     = [...]string{"stripe 1.add(1)", "stripe 2.add(1)"}
)

func (g *gate) violation(s gateState) string {
	refused := s.promises.refused()
	moving := s.switching
	for _, r := range s.requests {
		if r.admitted() && workOf(r.access)&refused != 0 {
			return broken
		}
		moving = moving || r.at != outside && r.at != listening
	}
	if s.waiter.at == asleep && !s.signal && !moving {
		return "Drain sleeps, and nobody is left to wake it"
	}
	return ""
}

func (g *gate) canonical(s gateState) gateState {
	slices.SortFunc(s.requests[:g.requests], order)
	return s
}
