package model

import (
	"cmp"
	"slices"
)

const (
	stripes      = 2
	classes      = 2
	mostEpochs   = 4
	mostRequests = 3 // at the same time
)

// gate is the model of the gate in one process: Enter, Leave, Switch and the
// waiter of a drain, cut into their atomic steps. Any number of requests come
// one after the other, and up to requests at the same time.
type gate struct {
	levels   []level // of the documents, in the order in which they are switched to
	requests int
	streams  bool // requests may also select on Draining, and then leave only when told

	// The mutants, each a rule left out.
	noRecheck         bool // Enter admits without looking again
	recheckLevel      bool // the re-check compares levels
	checkBeforeAdd    bool // the re-check comes before the increment
	otherStripe       bool // a request leaves by the other stripe
	lastPastOnly      bool // the waiter looks at the last past epoch alone
	forgetWithoutRead bool // an epoch is forgotten once its writes are zero
	waitGroup         bool // one counter for all, and no re-check
	noWakeOnLeave     bool // Leave wakes nobody
	noWakeOnBackOut   bool // Enter wakes nobody when it backs out
	wakeDecidedFirst  bool // Leave looks whether its epoch is past before it decrements
	noClose           bool // Switch leaves the channel of the old epoch open
}

// gateState is the memory of the process. An epoch is known by its number: the
// identity that the re-check compares.
type gateState struct {
	current   uint8 // the epoch in force
	switching bool  // current was stored, and the channels have yet to be closed
	forgotten uint8 // set of past epochs that nobody waits for any more
	signal    bool  // the waiter was woken
	inFlight  [mostEpochs][stripes][classes]int8
	requests  [mostRequests]request
	waiter    waiter
	promises  promises
}

func (g *gate) initial() gateState { return gateState{} }

func (g *gate) next(s gateState, step func(who, what string, to gateState)) {
	g.switchTo(s, step)
	for i := range g.requests {
		g.request(s, i, step)
	}
	g.wait(s, step)
}

// switchTo puts the next document in force, and then closes the channels that
// streams and the waiter select on. The old epoch is past from the first step on:
// a lock keeps both together for all but Enter and Leave, which take none.
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
		step("Switch", "closes the channels", to)
	case int(s.current)+1 < len(g.levels):
		to.current++
		to.switching = true
		to.promises = s.promises.saved(g.levels[to.current])
		step("Switch", switchNames[g.levels[to.current]], to)
	}
}

var switchNames = [...]string{off: "current = off", readOnly: "current = read-only", on: "current = on"}

func (g *gate) violation(s gateState) string {
	refused := s.promises.refused()
	moving := s.switching
	for _, r := range s.requests {
		if r.admitted() && workOf(r.access)&refused != 0 {
			return "drain returned nil, and work of a refused class is running"
		}
		moving = moving || r.at != outside && r.at != listening
	}
	if s.waiter.at == asleep && !s.signal && !moving {
		return "drain sleeps, and nobody is left to wake it"
	}
	return ""
}

func (g *gate) canonical(s gateState) gateState {
	slices.SortFunc(s.requests[:g.requests], func(a, b request) int {
		return cmp.Compare(a.key(), b.key())
	})
	return s
}
