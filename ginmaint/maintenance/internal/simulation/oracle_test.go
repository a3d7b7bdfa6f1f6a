package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// oracle knows what really runs, and what was promised. It looks after every step.
type oracle struct {
	world     *world
	running   [2]int // by access; of processes that live
	promises  []promise
	orders    []maintenance.State // saved by somebody, in the store's order
	documents map[string]int      // which document came first
	states    map[string]maintenance.State
	rule      string // that is broken; empty: none is
	broken    string
	undoable  bool // a document was lost, and who had followed it could not come back
	proofs    int  // promises given
	admitted  int  // works
}

// promise is what a drain that returned nil has promised.
type promise struct {
	document maintenance.State
	until    time.Duration // -1: until it is taken back
	by       string
}

// look is a listing that a drain was given, as the oracle knows it.
type look struct {
	state  maintenance.State
	orders int                      // saved before
	silent map[string]time.Duration // since the last renewal of each entry was sent
}

func (o *oracle) violated() bool { return o.rule != "" }

func (o *oracle) violate(rule, what string) {
	if o.rule == "" {
		o.rule, o.broken = rule, what
		o.world.say("VIOLATION of %q: %s", rule, what)
	}
}

func (o *oracle) knows(id string) bool {
	_, known := o.documents[id]
	return known
}

func (o *oracle) note(s maintenance.State) {
	if o.documents == nil {
		o.documents, o.states = map[string]int{"": 0}, map[string]maintenance.State{}
	}
	if !o.knows(s.ID) {
		o.documents[s.ID] = len(o.documents)
	}
	o.states[s.ID] = s
}

// saved notes that somebody's document was stored.
func (o *oracle) saved(s maintenance.State, by *order) {
	o.note(s)
	o.orders = append(o.orders, s)
	if by != nil {
		by.saved = &s
	}
	o.promises = slices.DeleteFunc(o.promises, func(p promise) bool { return takesBack(s, p.document) })
}

// restored notes that a process has written back what it knew: that takes nothing
// back.
func (o *oracle) restored(s maintenance.State) { o.note(s) }

// undone checks what is about to be written back: nobody may be let in by a loss.
func (o *oracle) undone(s, over maintenance.State) {
	if o.knows(s.ID) && o.documents[over.ID] > o.documents[s.ID] && over.Level > s.Level {
		o.violate("undone", fmt.Sprintf("%s is written back over %s, which is later and higher", s.ID, over.ID))
	}
	ends := o.world.start.Add(o.world.now() + o.world.setup.skew) // by any host's clock
	if over.Level != maintenance.Off && (over.End.IsZero() || over.End.After(ends)) && !o.knows(s.ID) && takesBack(s, over) {
		o.violate("undone", fmt.Sprintf("what is written back over %s does not cover it", over.ID))
	}
}

// takesBack tells whether somebody who saves s takes back what was promised for a
// document: by a lower level, or by another window that does not cover its own.
func takesBack(s, promised maintenance.State) bool {
	covers := (s.Start.IsZero() || s.Start.Equal(promised.Start)) &&
		(s.End.IsZero() || !promised.End.IsZero() && !s.End.Before(promised.End))
	return s.Level < promised.Level || !covers
}

// looked notes what a listing shows.
func (o *oracle) looked(s maintenance.State, silent map[string]time.Duration) *look {
	return &look{s, len(o.orders), silent}
}

// named checks who a drain calls lost: nobody whose lease may still hold.
func (o *oracle) named(by *order, r maintenance.Report) {
	for _, p := range slices.Concat(r.Pending, r.Allowed, r.Declared) {
		if silent, ok := by.look.silent[p.Replica.ID]; ok && p.Cause == maintenance.Lost && silent < p.Replica.Lease {
			o.violate("lost", fmt.Sprintf("%s calls %s lost, which sent its last renewal %v before, and its lease is %v",
				by.process, p.Replica.ID, silent, p.Replica.Lease))
		}
	}
}

// struck checks whose entry is removed by another process: nobody's whose work may go on,
// by the replica's own word or by the end of its process.
func (o *oracle) struck(by *process, r maintenance.Replica, silent time.Duration) {
	if r.Idle || o.world.setup.kernels && !o.world.alive(r.ID) {
		return
	}
	if r.WorkLimit == 0 || silent < r.Lease+r.WorkLimit {
		o.violate("lost", fmt.Sprintf("%s removes %s, which sent its last renewal %v before, and its lease is %v and its limit %v",
			by, r.ID, silent, r.Lease, r.WorkLimit))
	}
}

// drained notes that a drain has returned nil.
func (o *oracle) drained(by *order, r maintenance.Report) {
	if by.look == nil || r.State.ID != by.look.state.ID {
		o.violate("report", fmt.Sprintf("the report of %s names %q, and it looked at another document", by.process, r.State.ID))
		return
	}
	if len(r.Allowed) > 0 && !o.world.setup.closes {
		return // a risk that nobody has bounded
	}
	o.named(by, r)
	if r.State.Level < by.wanted {
		o.violate("report", fmt.Sprintf("%s drained for %s, and %s was to be drained", by.process, r.State.Level, by.wanted))
	}
	o.proven(by, "Drain returned nil")
}

// proven notes the promise that follows from the last listing of an order.
func (o *oracle) proven(by *order, how string) {
	if by.look == nil {
		o.violate("report", fmt.Sprintf("%s: %s, and it never looked", by.process, how))
		return
	}
	p := promise{document: by.look.state, until: -1, by: fmt.Sprintf("%s for %s, asked of %s", how, by.look.state.ID, by.process)}
	if end := p.document.End; !end.IsZero() {
		p.until = end.Sub(o.world.start) - o.world.setup.skew - by.process.host.offset
	}
	o.world.say("%s: %s", p.by, p.document.Level)
	o.proofs++
	for _, s := range o.orders[by.look.orders:] {
		if takesBack(s, p.document) {
			return
		}
	}
	o.hold(p) // for now at least
	o.promises = append(o.promises, p)
}

// hold checks one promise.
func (o *oracle) hold(p promise) {
	for a := maintenance.Read; a <= maintenance.Write; a++ {
		if o.running[a] > 0 && p.document.Level.Refuses(a) {
			o.violate("promise", fmt.Sprintf("%s; yet %s", p.by, o.whatRuns(a)))
		}
	}
}

// turned notes that a switch has returned nil.
func (o *oracle) turned(by *order, returned maintenance.State) {
	switch {
	case by.saved == nil:
		o.violate("stored", fmt.Sprintf("%s: a switch returned nil, and nothing was stored", by.process))
	case by.saved.Level != by.event.level, returned.ID != "" && returned.ID != by.saved.ID:
		o.violate("stored", fmt.Sprintf("%s: a switch returned nil, and something else was stored", by.process))
	case o.documents[by.process.mode.State().ID] < o.documents[by.saved.ID]:
		o.violate("stored", fmt.Sprintf("%s: a switch returned nil, and the process obeys an older document", by.process))
	}
}

func (o *oracle) begun(j *work) {
	p := j.process
	o.running[j.event.access]++
	o.admitted++
	since := j.began
	if j.event.kind == waitingWork || j.event.kind == heldWork {
		since = o.world.now()
	}
	if o.world.setup.closes && j.event.kind != extendedWork && (p.confirmed < 0 || since-p.confirmed > o.world.setup.lease) {
		o.violate("lease", fmt.Sprintf("%s admits a %s %v after its last renewal, and its lease is %v",
			p, j.event.access, since-p.confirmed, o.world.setup.lease))
	}
}

func (o *oracle) ended(j *work) { o.running[j.event.access]-- }

func (o *oracle) died(p *process) {
	for _, j := range p.works {
		if j.runs {
			j.runs = false
			o.running[j.event.access]--
		}
	}
	p.running = 0
}

// look checks, after every step, what must hold always.
func (o *oracle) look() {
	now := o.world.now()
	for i := 0; i < len(o.promises); i++ {
		p := o.promises[i]
		if p.until >= 0 && now >= p.until {
			o.promises = slices.Delete(o.promises, i, i+1)
			i--
			continue
		}
		o.hold(p)
	}
	for _, h := range o.world.hosts {
		if p := h.process; p != nil && p.mode != nil && p.fate < closed {
			o.obeys(p)
		}
	}
}

func (o *oracle) whatRuns(a maintenance.Access) string {
	for _, h := range o.world.hosts {
		for _, p := range h.all {
			for _, j := range p.works {
				if j.runs && j.event.access == a {
					return fmt.Sprintf("a %s runs at %s", a, p)
				}
			}
		}
	}
	return fmt.Sprintf("a %s runs", a)
}

// obeys checks that a replica goes from older documents to newer ones. Who is none may
// begin anew with what the store shows.
func (o *oracle) obeys(p *process) {
	id := p.mode.State().ID
	free := !p.replica
	p.replica = p.confirmed >= 0
	if id == p.document {
		return
	}
	was := p.document
	p.document = id
	if o.world.story != nil {
		o.world.say("%s knows %s now", p, id)
	}
	if was != "" {
		p.left = append(p.left, was)
	}
	switch {
	case free:
		p.left = nil
	case slices.Contains(p.left, id):
		o.violate("order", fmt.Sprintf("%s goes back to %s, which it has left", p, id))
	case o.documents[id] > o.documents[was]:
	case o.world.server.losses == 0:
		o.violate("order", fmt.Sprintf("%s goes from %s back to %s, and nothing was lost", p, was, id))
	case o.states[id].Level < o.states[was].Level && !o.undoable:
		o.violate("order", fmt.Sprintf("%s goes from %s back to %s, which is lower", p, was, id))
	}
}
