package simulation

import (
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// perform plans the events of a script.
func (w *world) perform(events []event) {
	for _, e := range events {
		w.after(e.at-w.now(), func() { w.happen(e) })
	}
}

// happen is the step of one event.
func (w *world) happen(e event) {
	h := w.hosts[e.host]
	s := w.server
	switch e.kind {
	case plainWork, streamingWork, waitingWork, heldWork:
		if h.observer {
			return
		}
		h.begin(e)
		return
	case switches, drains, engages, looks:
		h.command(e)
		return
	case starts:
		h.open()
		return
	}
	if w.story != nil {
		w.say("%s: %s", h, e.what())
	}
	switch e.kind {
	case shuts:
		if h.process != nil {
			h.process.shutDown(e.bound)
		}
	case kills:
		if h.process != nil {
			h.process.kill()
		}
	case pauses:
		if !h.keeper && !h.paused {
			h.paused = true
			w.after(e.last, h.resume)
		}
	case strikes:
		h.strike(e.fault, e.last, e.most)
	case hangsUp:
		if h.process != nil {
			for _, stream := range h.process.streams {
				stream.end(errHungUp)
			}
		}
	case falls:
		if w.keeper() == nil { // who has to come back must find it
			s.down = true
			s.hangUp(e.silent)
			w.after(e.last, func() { s.down = false })
		}
	case restarts:
		s.hangUp(e.silent)
	case reborn:
		if w.keep() {
			s.restart(s.data, e.silent)
		}
	case fails:
		if w.keep() {
			w.lose()
			s.restart(s.before(e.most), e.silent)
			w.say("  the copy has %s", s.data.state.ID)
		}
	case empties:
		if w.keep() {
			w.lose()
			s.restart(data{}, e.silent)
		}
	case evicts:
		// What was told of an older document still counts in this incarnation, so it must
		// not be an older one that comes back.
		if k := w.keeper(); k == nil && w.keep() && w.keeper().process.mode.State().ID == s.data.state.ID {
			w.lose()
			s.lastLoss = w.now()
			d := s.data
			d.state = maintenance.State{}
			s.change(d)
		}
	default:
		panic(fmt.Sprintf("the script has an event %q that nobody knows", e.kind))
	}
}

// keep makes sure of what the promise assumes of a store that loses what it had: one
// replica is alive and reaches the store, and stays so until it is back. It returns whether there is one.
func (w *world) keep() bool {
	if w.server.down {
		return false
	}
	if w.keeper() != nil {
		return true
	}
	for _, h := range w.hosts {
		if h.observer || h.paused || !h.process.serves() || h.process.confirmed < 0 || !h.process.mode.Snapshot().Trusted {
			continue
		}
		if h.struck() {
			continue
		}
		h.keeper = true
		w.say("  %s is the one that comes back", h)
		return true
	}
	return false
}

// lose notes that the store loses its document. Where the one who comes back does not
// follow it, a later loss may bring back an older one: see oracle.obeys.
func (w *world) lose() {
	w.server.losses++
	if w.keeper().process.mode.State().ID != w.server.data.state.ID {
		w.oracle.undoable = true
	}
}

// struck tells whether the host may not reach the store.
func (h *host) struck() bool {
	return h.has(cutOff) || h.has(oneWay) || h.has(turnedAway) || h.has(slow) || h.has(lossy)
}

func (w *world) keeper() *host {
	for _, h := range w.hosts {
		if h.keeper {
			return h
		}
	}
	return nil
}

// back tells whether the one that was spared has come back.
func (w *world) back() {
	h := w.keeper()
	if h == nil {
		return
	}
	if p := h.process; p.confirmed > w.server.lastLoss && p.mode.Snapshot().Trusted {
		h.keeper = false
		w.say("  %s is back", h)
	}
}

// heal ends all faults.
func (w *world) heal() {
	w.say("the faults end")
	w.server.down = false
	for _, h := range w.hosts {
		h.until = [faults]time.Duration{}
		h.resume()
	}
}
