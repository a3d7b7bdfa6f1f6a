package simulation

import (
	"errors"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// calm is what has to come to pass once the faults have ended: everybody follows, work
// gets in while the level is off, and a drain ends while it is on.
func (w *world) calm() {
	w.heal()
	poll := w.setup.poll
	for _, h := range w.hosts {
		for _, p := range h.all {
			for _, o := range p.orders {
				o.cancel()
			}
		}
	}
	idle := func() bool {
		for _, h := range w.hosts {
			if p := h.process; p.alive() && (len(p.orders) > 0 || p.fate != serving) {
				return false
			}
		}
		return true
	}
	if !w.expect("the operators' orders, openings and goodbyes have ended", 40*time.Second, idle) {
		return
	}
	for _, h := range w.hosts {
		h.open()
	}
	// A push of before a loss closes the service once more when it arrives.
	if settled := w.late + time.Millisecond; settled > w.now() {
		w.runUntil(settled-w.now(), func() bool { return w.now() >= settled })
	}
	// An opening asks, waits for survivors, and asks again; a lost question costs a
	// round trip and a rest.
	if w.oracle.violated() || !w.expect("everybody follows the stored document", 10*time.Second+20*poll, w.follows) {
		return
	}
	if w.setup.kernels && !w.expect("the entries of processes that have ended are gone where others run on their machines", 30*poll+4*w.setup.lease, w.succeeded) {
		return
	}
	operator := w.hosts[w.setup.replicas]
	if !w.succeeds(operator, event{kind: switches, level: maintenance.Off, plain: true, bound: 10 * time.Second}) ||
		!w.expect("everybody follows the order to go off", time.Second+3*poll, w.follows) {
		return
	}
	for i := range w.setup.replicas {
		w.hosts[i].begin(event{kind: waitingWork, access: maintenance.Access(i % 2), last: poll, bound: 10 * time.Second})
	}
	before := w.oracle.admitted
	// Whoever has been idle until now joins first, and waits for survivors where the roster is young.
	if !w.expect("work gets in", 10*time.Second, func() bool { return w.oracle.admitted >= before+w.setup.replicas }) {
		return
	}
	for i := range w.setup.replicas {
		w.hosts[i].begin(event{kind: streamingWork, access: maintenance.Access(i % 2), last: time.Hour})
	}
	w.lookout(operator)
	w.succeeds(operator, event{kind: switches, level: maintenance.On, plain: true, drain: true, bound: 20*time.Second + 10*poll})
}

// lookout has an operator look at the roster again and again: a message that was
// late may still have brought back the entry of a process that has ended.
func (w *world) lookout(operator *host) {
	w.after(time.Second, func() {
		operator.command(event{kind: looks, bound: time.Second})
		w.lookout(operator)
	})
}

// expect violates liveness where something does not come to pass in time.
func (w *world) expect(what string, bound time.Duration, holds func() bool) bool {
	if w.runUntil(bound, holds) {
		return true
	}
	w.oracle.violate("liveness", fmt.Sprintf("not within %v: %s", bound, what))
	return false
}

// succeeds expects an order to be done.
func (w *world) succeeds(h *host, e event) bool {
	o := h.command(e)
	if o == nil {
		w.oracle.violate("liveness", fmt.Sprintf("%s does not serve", h))
		return false
	}
	if !w.expect(e.what(), e.bound+time.Second, func() bool { return o.done }) {
		return false
	}
	if e.drain && w.setup.blind {
		if !errors.Is(o.err, errBlind) {
			w.oracle.violate("liveness", fmt.Sprintf("%s in a store that can't tell: %v", e.what(), o.err))
		}
		return false
	}
	if o.err != nil {
		w.oracle.violate("liveness", fmt.Sprintf("%s: %v", e.what(), o.err))
	}
	return o.err == nil
}

// succeeded tells whether no process has an entry that has ended on the machine of one
// that was opened later.
func (w *world) succeeded() bool {
	for _, h := range w.hosts {
		for _, p := range h.all {
			if _, listed := find(w.server.data.roster, p.String()); listed && !p.posthumous && p != h.process {
				return false
			}
		}
	}
	return true
}

// follows tells whether every process obeys the stored document and every replica
// has an entry that says so.
func (w *world) follows() bool {
	stored := w.server.data.state
	for _, h := range w.hosts {
		p := h.process
		if !p.serves() {
			return false
		}
		s := p.mode.Snapshot()
		if !s.Trusted || s.State.ID != stored.ID {
			return false
		}
		if h.observer {
			continue
		}
		i, listed := find(w.server.data.roster, p.String())
		if p.confirmed < 0 && !listed {
			i, listed = find(w.server.data.roster, p.String()+" while idle")
		}
		if !listed || w.server.data.roster[i].Document != stored.ID || w.server.data.roster[i].Incarnation != w.server.data.incarnation {
			return false
		}
	}
	return true
}
