package model

// replica is one Mode that serves, with its entry in the roster of the store.
type replica struct {
	phase       phase
	closed      bool  // Shutdown was called: the gate is shut for good
	own         bool  // the drain is made by this process
	document    uint8 // the last one known; 0 before the first
	held        uint8 // set of documents that it has left
	incarnation uint8 // of the roster that it joined last
	current     work  // in flight, begun in the current epoch
	past        work  // in flight, begun in past epochs
	reopened    bool  // an older document has opened it: what must never be
	renewal     trip  // the one under way
	late        trip  // one that it has given up, still on its way
	change      change
	idled       bool  // mutant sameID: it was idle
	entry       entry // in the store
}

type phase uint8

const (
	absent     phase = iota // not started
	reading                 // idle: knows a document, and its entry counts for nothing, so here it has none
	loadedOnly              // mutants: has loaded and not joined
	joined                  // its entry is committed, and no renewal answered since: the gate is shut
	serving                 // trusted: obeys its document
	unlisted                // its entry is gone: the gate is shut
	gone                    // said goodbye
	dead                    // killed
)

func (r replica) alive() bool { return r.phase == joined || r.phase == serving || r.phase == unlisted }

func (r replica) open() bool { return r.phase == serving && !r.closed }

// obeyed is the document that entries name: none while the gate is shut for want of
// an answer.
func (r replica) obeyed() uint8 {
	if r.phase != serving {
		return 0
	}
	return r.document
}

// trip is a renewal on its way, and then its answer.
type trip struct {
	at          leg
	incarnation uint8 // of the roster that the replica had joined when it sent
	document    uint8
	work        work
	answer      uint8 // the document in the store when the renewal arrived
	overtaken   bool  // another document was taken over since it began
}

type leg uint8

const (
	idle     leg = iota
	drafting     // has read the current epoch, and has yet to read the counters
	sent         // on its way to the store
	answered     // on its way back
	refusal      // on its way back with ErrUnlisted
)

// change is a question beside the renewals, as On, Set or Load ask them, from its
// answer in the store until that is taken over.
type change struct {
	is        question
	document  uint8
	overtaken bool
}

type question uint8

const (
	unasked question = iota
	loading          // Load
	saving           // Save, in which the store has kept the document
)

// replica takes the next step of replica i.
func (c *cluster) replica(s clusterState, i int, step func(who, what string, to clusterState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*replica)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	if r.open() || c.keepsGateOpen && r.document != 0 && r.alive() && !r.closed {
		for _, a := range c.classes {
			if !s.levels[r.document].Refuses(a) && r.current&workOf(a) == 0 {
				move(enterNames[a], func(r *replica) { r.current |= workOf(a) })
			}
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
	c.begin(s, i, step)
	if !r.alive() {
		return
	}
	if r.phase != unlisted {
		c.renew(s, i, step)
	}
	if r.phase == serving {
		for d := uint8(1); d <= s.saved; d++ {
			switch {
			case d == r.document || !c.hears(s, r, d):
			case c.acksBeforeSwitch:
				move(ackNames[d], func(r *replica) { r.renewal = trip{at: sent, incarnation: r.incarnation, document: d, work: r.past} })
			default:
				move(pushNames[d], func(r *replica) { r.takeOver(s, d) })
			}
		}
	}
	if c.loads {
		c.ask(s, i, step)
	}
	if !r.closed {
		move("Shutdown: shuts the gate", func(r *replica) { r.closed = true; r.shut() })
	} else if r.past == 0 || c.removeFirst {
		move("says goodbye: Remove", func(r *replica) {
			kept := *r
			*r = replica{phase: gone, own: kept.own, past: kept.past, late: kept.late}
			if c.late && kept.renewal.at == sent && kept.late.at == idle {
				r.late = kept.renewal
			}
		})
	}
}

// begin is the way of a replica from its start, or from the loss of its entry: join.
// The load that comes next is a renewal.
func (c *cluster) begin(s clusterState, i int, step func(who, what string, to clusterState)) {
	to := s
	r := &to.replicas[i]
	join := func(p phase) {
		if r.incarnation != 0 && r.incarnation != s.incarnation {
			to.unknown, to.returned = true, true
		}
		r.phase, r.incarnation = p, s.incarnation
		r.entry = entry{listed: true, incarnation: s.incarnation} // acknowledges nothing
	}
	if c.idles && (r.phase == absent || r.phase == reading && r.document != s.saved) {
		here := s
		here.replicas[i].phase = reading
		here.replicas[i].takeOver(s, s.saved)
		step(replicaNames[i], "is idle: reads the document", here)
	}
	switch {
	case r.phase == reading && c.opensByOld:
		join(serving)
		step(replicaNames[i], "work has asked: Join, and opens", to)
	case r.phase == reading:
		r.idled = c.sameID
		join(joined)
		step(replicaNames[i], "work has asked: Join", to)
	case r.phase == absent && c.loadBeforeJoin:
		r.phase, r.renewal = loadedOnly, trip{at: answered, answer: s.saved}
		step(replicaNames[i], "starts: Load", to)
	case r.phase == absent && c.joinAndLoadAtOnce:
		r.phase, r.renewal = loadedOnly, trip{at: answered, answer: s.saved}
		step(replicaNames[i], "starts: takes the snapshot for Join and Load", to)
	case r.phase == absent:
		join(joined)
		step(replicaNames[i], "starts: Join", to)
	case r.phase == loadedOnly:
		join(joined)
		step(replicaNames[i], "Join is committed", to)
	case r.phase == unlisted:
		join(joined)
		step(replicaNames[i], "joins afresh", to)
	}
}

// renew is the round trip that renews an entry and reads the document: read the
// current epoch, then the counters of all past epochs, then send.
func (c *cluster) renew(s clusterState, i int, step func(who, what string, to clusterState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*replica)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	switch r.renewal.at {
	case idle:
		if c.countersFirst {
			move("renews: reads the counters", func(r *replica) { r.renewal = trip{at: drafting, work: r.past} })
		} else {
			move("renews: reads the current epoch", func(r *replica) { r.renewal = trip{at: drafting, document: r.obeyed()} })
		}
	case drafting:
		if c.countersFirst {
			move("renews: reads the current epoch, and sends", func(r *replica) {
				r.renewal.at, r.renewal.incarnation, r.renewal.document = sent, r.incarnation, r.obeyed()
			})
		} else {
			move("renews: reads the counters of all past epochs, and sends", func(r *replica) {
				r.renewal.at, r.renewal.incarnation, r.renewal.work = sent, r.incarnation, r.past
			})
		}
	case answered:
		move("takes the answer over", func(r *replica) {
			a := r.renewal
			r.renewal = trip{}
			if c.reconcile(s, r, a.answer, a.overtaken) {
				r.phase = serving
			}
		})
	case refusal:
		move("learns that it is not listed, and shuts its gate", func(r *replica) {
			r.phase, r.renewal = unlisted, trip{}
			if !c.keepsGateOpen {
				r.shut()
			}
		})
	}
	if c.keepsOldAnswers && r.late.at == answered {
		move("takes the answer of the earlier renewal over", func(r *replica) {
			a := r.late
			r.late = trip{}
			c.reconcile(s, r, a.answer, a.overtaken)
		})
	}
}

// reconcile takes over a document that the store returned to a question, and
// tells whether the answer confirms that the replica may serve, if it was one to a
// renewal. This store loses nothing: where it has gone back, somebody set it back.
func (c *cluster) reconcile(s clusterState, r *replica, d uint8, overtaken bool) bool {
	newer := c.newerOvertaken && s.revisions[d] > s.revisions[r.document] && r.held&(1<<d) == 0
	switch {
	case d == r.document:
	case overtaken && !newer && !c.keepsOvertaken: // a push or a save came first: this may be the older one
		return false
	default:
		r.takeOver(s, d)
	}
	return true
}

// takeOver makes d the document known. What ran until now is work of a past epoch,
// and the questions under way are overtaken.
func (r *replica) takeOver(s clusterState, d uint8) {
	if d != r.document {
		r.held |= 1 << r.document
	}
	r.reopened = d < r.document && s.levels[d] < s.levels[r.document]
	r.document = d
	r.shut()
	r.renewal.overtaken = r.renewal.at != idle && r.renewal.at != refusal
	r.change.overtaken = r.change.is != unasked
}

// shut ends the current epoch.
func (r *replica) shut() { r.past, r.current = r.past|r.current, 0 }

// hears tells whether a push that brings d is taken over, or only makes the
// replica ask. It may close the service, and never opens it.
func (c *cluster) hears(s clusterState, r replica, d uint8) bool {
	switch {
	case c.anyPush:
		return true
	case r.held&(1<<d) != 0 && !c.heldPush: // a replica never goes back
		return false
	case c.olderPush:
		return true
	case s.revisions[d] <= s.revisions[r.document]:
		return false
	}
	return s.levels[d] >= s.levels[r.document] || c.pushOpens
}

// ask is Load and Save beside the renewals. A change is both, one after the other.
func (c *cluster) ask(s clusterState, i int, step func(who, what string, to clusterState)) {
	to := s
	r := &to.replicas[i]
	a := r.change
	r.change = change{}
	switch {
	case a.is == unasked && !r.closed:
		r.change = change{is: loading, document: s.saved}
		step(replicaNames[i], "Load is answered", to)
	case a.is == loading:
		c.reconcile(s, r, a.document, a.overtaken)
		step(replicaNames[i], "takes the answer to its Load over", to)
	case a.is == saving:
		if s.revisions[a.document] > s.revisions[r.document] && (!a.overtaken || c.savedOvertaken) { // else it loads again
			r.takeOver(s, a.document)
		}
		step(replicaNames[i], "takes over what it has saved", to)
	}
}

var (
	pushNames = [...]string{1: "a push brings document 1: takes it over", 2: "a push brings document 2: takes it over", 3: "a push brings document 3: takes it over"}
	ackNames  = [...]string{1: "a push brings document 1: acknowledges it", 2: "a push brings document 2: acknowledges it", 3: "a push brings document 3: acknowledges it"}
)
