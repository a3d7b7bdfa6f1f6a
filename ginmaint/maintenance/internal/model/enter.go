package model

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
	running                 // admitted
	listening               // admitted, and selects on Draining
	backingOut              // the re-check failed
	leaving                 // mutant wakeDecidedFirst: has looked, and has yet to decrement
	left                    // has taken itself out of its stripe, and has yet to wake
)

// request takes the next step of request i.
func (g *gate) request(s gateState, i int, step func(who, what string, to gateState)) {
	r := s.requests[i]
	move := func(what string, r request, edit func(*gateState)) {
		to := s
		to.requests[i] = r
		if edit != nil {
			edit(&to)
		}
		step(requestNames[i], what, to)
	}
	at := func(p place) request { r := r; r.at = p; return r }
	add := func(p place) {
		for stripe := range uint8(stripes) {
			r := at(p)
			r.stripe = stripe
			move(addNames[stripe], r, func(to *gateState) { *g.counter(to, r)++ })
		}
	}
	subtract := func(what string) {
		move(what, at(left), func(to *gateState) {
			r := r
			if g.otherStripe {
				r.stripe = stripes - 1 - r.stripe
			}
			*g.counter(to, r)--
		})
	}

	switch r.at {
	case outside: // e = current; level refuses → no
		for _, a := range []access{read, write} {
			if !g.levels[s.current].Refuses(a) {
				move(loadNames[a], request{at: loaded, access: a, epoch: s.current}, nil)
			}
		}
	case loaded: // stripe.add(1)
		switch {
		case !g.checkBeforeAdd:
			add(added)
		case s.current == r.epoch:
			move("current == e, checked too early", at(checked), nil)
		default:
			move("current != e, begins again", request{}, nil)
		}
	case checked:
		add(running)
	case added: // current == e → admitted; else stripe.add(-1), again
		if g.admits(s, r) {
			move("re-check: admitted", at(running), nil)
		} else {
			move("re-check: backs out", at(backingOut), nil)
		}
	case backingOut:
		r.backed = true
		subtract("stripe.add(-1) of the back-out")
	case running: // Leave: the same stripe.add(-1)
		if g.wakeDecidedFirst {
			r.past = s.current != r.epoch
			move("looks whether its epoch is past", at(leaving), nil)
		} else {
			subtract("stripe.add(-1)")
		}
		if g.streams && !s.switching && !g.levels[s.current].Refuses(r.access) {
			move("selects on Draining", at(listening), nil)
		}
	case listening: // leaves once switchTo has closed the channel of its class
	case leaving:
		subtract("stripe.add(-1)")
	case left: // if e is no longer current, wake whoever waits for it
		past := s.current != r.epoch
		if g.wakeDecidedFirst {
			past = r.past
		}
		silent := r.backed && g.noWakeOnBackOut || !r.backed && g.noWakeOnLeave
		move("wakes the waiter, where its epoch is past", request{}, func(to *gateState) {
			to.signal = to.signal || past && !silent
		})
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
	requestNames = [...]string{"request 1", "request 2", "request 3"}
	loadNames    = [...]string{read: "a read: e = current", write: "a write: e = current"}
	addNames     = [...]string{"stripe 1.add(1)", "stripe 2.add(1)"}
)

func (r request) admitted() bool { return r.at == running || r.at == listening || r.at == leaving }

// key orders requests; different requests have different keys.
func (r request) key() uint32 {
	key := uint32(r.at)
	for _, field := range []uint8{uint8(r.access), r.epoch, r.stripe, bit(r.backed), bit(r.past)} {
		key = key<<2 | uint32(field)
	}
	return key
}
