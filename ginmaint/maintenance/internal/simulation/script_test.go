package simulation

import (
	"fmt"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// setup is what a run is made of, besides its events.
type setup struct {
	replicas, observers int
	poll                time.Duration
	skew                time.Duration
	offsets             []time.Duration // of the hosts' clocks; two differ by no more than the skew
	closes              bool            // replicas fail closed
	lease               time.Duration   // where they do
	limit               time.Duration   // that replicas which fail closed declare for their work; 0: none
	fallback            bool            // processes may start closed without the store
	durable             bool            // the store loses nothing, and is no Restorer
	hints               bool            // pushes carry no document
	old                 bool            // the roster is there since long before
	ageFromLoss         bool            // the store knows how old its roster is; else only since somebody joined
	tells               bool            // the store knows by itself which incarnation a copy of its roster was of
	confirms            bool            // the owner's word: no join returns before the copy has it, and no fail-over needs an unknown entry
	blind               bool            // the store does not notice a fail-over, and says so
	kernels             bool            // the hosts' kernels tell which of their processes have ended
	horizon             time.Duration   // when the faults end
	without             string          // the rule that this store does not keep; empty: it keeps all
}

// lacks tells whether the store does not keep a rule.
func (s setup) lacks(rule string) bool { return s.without == rule }

// kind is what happens.
type kind string

const (
	plainWork     kind = "work"
	streamingWork kind = "stream"
	waitingWork   kind = "waiting work"
	heldWork      kind = "held work"
	extendedWork  kind = "extended work"

	switches kind = "switch"
	drains   kind = "drain"
	engages  kind = "during"
	looks    kind = "look"

	starts   kind = "start"
	shuts    kind = "shut down"
	kills    kind = "kill"
	pauses   kind = "pause"
	strikes  kind = "strike"
	hangsUp  kind = "hang up"
	falls    kind = "store down"
	restarts kind = "store restarts"
	fails    kind = "store fails over"
	empties  kind = "store restarts empty"
	reborn   kind = "store restarts with its data in another incarnation"
	evicts   kind = "store loses the document alone"
)

// event is one line of a script.
type event struct {
	at     time.Duration
	kind   kind
	host   int
	fault  fault
	last   time.Duration // how long it lasts
	most   time.Duration // how bad a fault is, how far a copy lags; how long work lasts that belongs to this work
	bound  time.Duration // how long an operator waits
	access maintenance.Access
	level  maintenance.Level
	begin  time.Duration // of a window, from then; 0: none
	end    time.Duration
	hold   time.Duration // for how long its document holds what it refuses
	plain  bool          // by On or Off
	drain  bool          // and then drains
	grace  time.Duration // of AllowLost; 0: without
	silent bool          // connections end without a word
}

func (e event) window() bool { return e.begin != 0 || e.end != 0 }

// what says what the event is, in one line.
func (e event) what() string {
	var b strings.Builder
	b.WriteString(string(e.kind))
	switch e.kind {
	case plainWork, streamingWork, waitingWork, heldWork:
		fmt.Fprintf(&b, " %s for %v", e.access, e.last)
		if e.most != 0 {
			fmt.Fprintf(&b, ", extended for %v", e.most)
		}
	case switches, engages:
		fmt.Fprintf(&b, " to %s", e.level)
		if e.begin != 0 {
			fmt.Fprintf(&b, " from %v on", e.begin)
		}
		if e.end != 0 {
			fmt.Fprintf(&b, " until %v", e.end)
		}
		if e.hold != 0 {
			fmt.Fprintf(&b, " with a hold of %v", e.hold)
		}
		if e.drain {
			b.WriteString(" and drain")
		}
	case strikes:
		fmt.Fprintf(&b, " %s for %v", faultNames[e.fault], e.last)
		if e.most != 0 {
			fmt.Fprintf(&b, ", at most %v", e.most)
		}
	case fails:
		fmt.Fprintf(&b, " to a copy that lags by %v", e.most)

	case pauses, falls:
		fmt.Fprintf(&b, " for %v", e.last)
	}
	if e.silent {
		b.WriteString(" without a word")
	}
	if e.grace != 0 {
		fmt.Fprintf(&b, " (lost for %v allowed)", e.grace)
	}
	return b.String()
}

func (s setup) String() string {
	return fmt.Sprintf("%d replicas, %d operators, poll %v, skew %v, clocks %v, fails closed %v (%v, work %v), fallback %v, durable %v, hints %v, old %v, age from the loss %v, tells what ended %v, confirms %v, blind %v, kernels %v",
		s.replicas, s.observers, s.poll, s.skew, s.offsets, s.closes, s.lease, s.limit, s.fallback, s.durable, s.hints, s.old, s.ageFromLoss, s.tells, s.confirms, s.blind, s.kernels)
}
