package simulation

import (
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// host is a machine: its clock, its link to the store, and the processes that ran
// there, one after the other. A process that is paused is a host that sleeps.
type host struct {
	world    *world
	index    int
	observer bool          // its processes only switch and drain
	offset   time.Duration // of its clock, against the one that nobody sees
	process  *process      // the present one; nil before the first
	all      []*process

	paused bool
	held   []func()              // what comes to pass once it is awake
	until  [faults]time.Duration // when each fault of the link ends
	most   [faults]time.Duration // how bad it is: the longest delay
	keeper bool                  // spared until the store has again what it lost
}

// fault is what may be wrong with a link for some time.
type fault int

const (
	cutOff     fault = iota // nothing passes
	oneWay                  // questions arrive, answers and pushes don't
	turnedAway              // every question fails at once
	slow                    // each message takes up to most
	lossy                   // one message of four is lost
	repeating               // questions arrive a second time, up to most later
	pushless                // pushes are lost
	pushesLate              // pushes come up to most later, and some twice
	faults
)

var faultNames = [faults]string{"cut off", "one way", "turned away", "slow", "lossy", "repeating", "pushless", "pushes late"}

func (h *host) String() string {
	if h.observer {
		return fmt.Sprintf("operator %c", 'A'+h.index-h.world.setup.replicas)
	}
	return fmt.Sprintf("replica %d", h.index+1)
}

// has tells whether a fault of the link is on.
func (h *host) has(f fault) bool { return h.world.now() < h.until[f] && !h.keeper }

func (h *host) strike(f fault, last, most time.Duration) {
	w := h.world
	h.until[f], h.most[f] = w.now()+last, most
	if f != cutOff && f != oneWay || h.process == nil {
		return
	}
	for _, s := range h.process.streams { // a connection on which nothing comes is given up in the end
		w.after(w.within(h.index, "silence", 4*time.Second), func() {
			if h.has(f) {
				s.end(errHungUp)
			}
		})
	}
}

// awake does what only a process that runs can do: at once, or when it goes on.
func (h *host) awake(do func()) {
	if h.paused {
		h.held = append(h.held, do)
		return
	}
	do()
}

func (h *host) resume() {
	if !h.paused {
		return
	}
	h.paused = false
	held := h.held
	h.held = nil
	for i, do := range held {
		h.world.after(h.world.within(h.index, fmt.Sprint("wakes up ", i), 3*time.Millisecond), func() { h.awake(do) })
	}
}

func (h *host) delay(what string) time.Duration {
	d := h.world.within(h.index, what, 2*time.Millisecond)
	if h.has(slow) {
		d += h.world.within(h.index, what+" slow", h.most[slow])
	}
	return d
}

// send puts a question on the link.
func (h *host) send(c *call) {
	w := h.world
	watches := c.question.verb == "watch" || c.question.verb == "watch replicas"
	fail := func(err error, within time.Duration) {
		w.after(w.within(h.index, c.question.verb+" fails", within), func() { c.receive(answer{err: err}) })
	}
	if h.has(turnedAway) {
		fail(errUnreachable, 2*time.Millisecond)
		return
	}
	if watches { // it has no deadline of its own: nobody waits for ever for a connection
		fail(errUnreachable, 4*time.Second)
	}
	if h.has(cutOff) || h.loses(c.question.verb) {
		return
	}
	arrive := func() {
		a, ok := w.server.handle(c)
		if !ok || h.has(cutOff) || h.has(oneWay) || h.loses(c.question.verb+" answer") {
			return
		}
		w.after(h.delay(c.question.verb+" answer"), func() { c.receive(a) })
	}
	w.after(h.delay(c.question.verb), arrive)
	if h.has(repeating) && !watches && w.odds(h.index, c.question.verb+" again", 40) {
		w.after(h.delay(c.question.verb)+w.within(h.index, "again", h.most[repeating]), arrive)
	}
}

func (h *host) loses(what string) bool {
	return h.has(lossy) && h.world.odds(h.index, what+" lost", 25)
}

// push puts a push on the link.
func (h *host) push(s *stream, a answer) {
	w := h.world
	what := "push"
	if s.roster {
		what = "push of the roster"
	}
	if h.has(cutOff) || h.has(oneWay) || h.has(pushless) || h.loses(what) {
		return
	}
	d := h.delay(what)
	if h.has(pushesLate) {
		d += w.within(h.index, what+" late", h.most[pushesLate])
		if w.odds(h.index, what+" twice", 30) {
			again := d + w.within(h.index, what+" again", h.most[pushesLate])
			w.late = max(w.late, w.now()+again)
			w.after(again, func() { s.push(a) })
		}
	}
	w.late = max(w.late, w.now()+d)
	w.after(d, func() { s.push(a) })
}

// local is a document as a process on this host has to read it. Its clock runs
// offset ahead, but all processes of a run share one clock: so the window is
// moved instead, and the host comes to each edge offset earlier.
func (h *host) local(s maintenance.State) maintenance.State { return shift(s, -h.offset) }

// absolute is a document of this host as it is stored.
func (h *host) absolute(s maintenance.State) maintenance.State { return shift(s, h.offset) }

func shift(s maintenance.State, by time.Duration) maintenance.State {
	if !s.Start.IsZero() {
		s.Start = s.Start.Add(by)
	}
	if !s.End.IsZero() {
		s.End = s.End.Add(by)
	}
	return s
}
