package model

// replica is one Mode that serves, with its entry in the roster of the store.
type replica struct {
	phase       phase
	document    uint8 // that it obeys; 0 before the first
	held        uint8 // set of documents that it has left
	incarnation uint8 // of the roster that it last joined
	current     work  // in flight, begun in the current epoch
	past        work  // in flight, begun in past epochs
	reopened    bool  // an older document has opened it: what must never be
	trip        trip  // the one round trip
	late        trip  // one that it has given up, still on its way
	entry       entry // in the store
}

type phase uint8

const (
	absent     phase = iota // not started
	loadedOnly              // mutants: has loaded and not joined
	joined                  // its entry is committed; nothing loaded
	loading                 // has the answer of its first load, and has yet to take it over
	serving                 // admits what its document lets pass
	unlisted                // its entry is gone; the gate is shut
	closing                 // Shutdown was called; the gate is shut
	gone                    // said goodbye
	dead                    // killed
)

// trip is a report on its way, and then its answer.
type trip struct {
	at        leg
	document  uint8
	work      work
	answer    uint8 // the document in the store when the report arrived
	overtaken bool  // a push came first, so the answer is to be dropped
}

type leg uint8

const (
	idle     leg = iota
	drafting     // has read the current epoch, and has yet to read the counters
	sent         // on its way to the store
	answered     // on its way back
	refusal      // on its way back with ErrUnlisted
)

func (r replica) alive() bool {
	return r.phase != absent && r.phase != loadedOnly && r.phase != gone && r.phase != dead
}

// takeOver makes document the one in force; what ran until now is work of a past
// epoch.
func (r *replica) takeOver(s clusterState, document uint8) {
	if document != r.document {
		r.held |= 1 << r.document
	}
	r.reopened = document < r.document && s.levels[document] < s.levels[r.document]
	r.document = document
	r.shut()
}

// shut ends the current epoch with one that admits nothing.
func (r *replica) shut() { r.past, r.current = r.past|r.current, 0 }

// replica takes the next step of replica i, or of what happens to it.
func (c *cluster) replica(s clusterState, i int, step func(who, what string, to clusterState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*replica)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	if r.phase == serving || c.keepsGateOpen && r.document != 0 && (r.phase == unlisted || r.phase == joined || r.phase == loading) {
		for _, a := range c.classes {
			if !s.levels[r.document].Refuses(a) && r.current&workOf(a) == 0 {
				move(enterNames[a], func(r *replica) { r.current |= workOf(a) })
			}
		}
	}
	switch r.phase {
	case absent, unlisted, joined, loading, loadedOnly:
		c.open(s, i, step)
	case serving:
		for d := uint8(1); d <= s.saved; d++ {
			if d == r.document || !c.takesPush(s, r, d) {
				continue
			}
			if c.reportBeforeSwitch {
				move(ackNames[d], func(r *replica) { r.trip = trip{at: sent, document: d, work: r.past} })
			} else {
				move(pushNames[d], func(r *replica) { c.pushed(s, r, d) })
			}
		}
		c.report(s, i, step)
		move("Shutdown: shuts the gate", func(r *replica) { r.phase = closing; r.shut() })
	case closing:
		c.report(s, i, step)
		if r.past == 0 || c.removeFirst {
			move("says goodbye: Remove", func(r *replica) {
				r.phase, r.entry = gone, entry{}
				r.trip = trip{}
				if r.past == 0 {
					*r = replica{phase: gone, late: r.late}
				}
			})
		}
	}
	for _, a := range c.classes {
		if r.current&workOf(a) != 0 {
			move(leaveNames[a], func(r *replica) { r.current &^= workOf(a) })
		}
		if r.past&workOf(a) != 0 {
			move(leavePastNames[a], func(r *replica) { r.past &^= workOf(a) })
		}
	}
	c.mishap(s, i, step)
}

var (
	replicaNames   = [...]string{"replica A", "replica B", "replica C"}
	enterNames     = [...]string{read: "Enter: a read is admitted", write: "Enter: a write is admitted"}
	leaveNames     = [...]string{read: "Leave: the last read", write: "Leave: the last write"}
	leavePastNames = [...]string{read: "Leave: the last read of the past epochs", write: "Leave: the last write of the past epochs"}
	pushNames      = [...]string{1: "a push brings document 1: Switch", 2: "a push brings document 2: Switch", 3: "a push brings document 3: Switch"}
	ackNames       = [...]string{1: "a push brings document 1: reports it", 2: "a push brings document 2: reports it", 3: "a push brings document 3: reports it"}
)

// key orders replicas; different replicas have different keys.
func (r replica) key() uint64 {
	key := uint64(r.phase)
	add := func(value uint8, bits int) { key = key<<bits | uint64(value) }
	add(r.document, 2)
	add(r.held, 4)
	add(r.incarnation, 2)
	add(uint8(r.current), 2)
	add(uint8(r.past), 2)
	for _, t := range []trip{r.trip, r.late} {
		add(uint8(t.at), 3)
		add(t.document, 2)
		add(uint8(t.work), 2)
		add(t.answer, 2)
		add(bit(t.overtaken), 1)
	}
	add(bit(r.entry.listed), 1)
	add(r.entry.incarnation, 2)
	add(r.entry.document, 2)
	add(uint8(r.entry.work), 2)
	return key
}
