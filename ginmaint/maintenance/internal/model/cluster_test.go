package model

const (
	mostReplicas = 3
	mostSaves    = 3
)

// cluster is the model of several replicas, a store that loses no document, and
// drains. What one process does within its gate is one step here: the model of the
// gate shows that it may be. Messages are late or lost, and a push may bring any
// document that was ever saved, at any time and any number of times.
type cluster struct {
	replicas int
	saves    int
	levels   []level  // that may be saved
	classes  []access // of the work that comes
	losses   int      // of the roster, each with a new incarnation
	late     bool     // a renewal that its replica has given up may still arrive
	again    bool     // a save may set the revision back: a file deleted, a store restored
	kills    bool     // replicas are killed, and removed by a person or by the word of their kernel
	loads    bool     // Modes that serve load and save beside their renewals
	idles    bool     // a process may read the document before it joins
	own      bool     // replica A's own Mode drains, and a person may forget A while it lives
	asks     bool     // Drain may begin with one document and end with another
	obeys    bool     // check also that no replica is opened by an older document
	plain    bool     // states are told apart even where the difference can't matter

	// The mutants, each a rule left out.
	loadBeforeJoin    bool // the first load comes before the entry
	joinAndLoadAtOnce bool // join and load share one snapshot of the store
	acksBeforeSwitch  bool // a document is acknowledged, and then taken over
	countersFirst     bool // a renewal reads the counters, and then the current epoch
	renewalCreates    bool // a renewal without an entry makes one
	entriesExpire     bool // the store drops an entry that was not renewed
	rosterFirst       bool // Drain lists, and then loads
	ownUnlisted       bool // Drain does not look for its own entry
	removeFirst       bool // Shutdown removes the entry before the work has ended
	anyPush           bool // a push is taken over whatever came before it
	olderPush         bool // a push is taken over unless it brings a document that was held
	heldPush          bool // a push is taken over also where it brings a document that was held
	pushOpens         bool // a push with a higher revision may lower the level
	keepsOvertaken    bool // an answer counts also where a push was taken over meanwhile
	newerOvertaken    bool // likewise, where its revision is higher than the push's
	savedOvertaken    bool // likewise the answer to a save
	keepsOldAnswers   bool // beginning a renewal leaves the answer of the earlier one standing
	comparesRevisions bool // acknowledgements name revisions
	keepsGateOpen     bool // a replica whose entry is gone goes on admitting
	acceptsLower      bool // Drain goes on when the level was lowered
	opensByOld        bool // work that has asked is admitted by the document that was read before the join
	sameID            bool // the entry that counts has the ID of the idle one, whose renewal may arrive late
	otherKernel       bool // the kernel of another machine is asked whether a process has ended
}

// clusterState is the store, the replicas, and the drain. Documents are known by
// the order in which they were saved, which stands for their random ID: 0 is the
// zero State.
type clusterState struct {
	saved       uint8                // the document in the store
	levels      [mostSaves + 1]level // of each document
	revisions   [mostSaves + 1]uint8 // likewise
	incarnation uint8                // of the roster
	young       bool                 // survivors of the loss may have yet to come back
	unknown     bool                 // the roster has an unknown entry
	returned    bool                 // a survivor of the loss has come back
	replicas    [mostReplicas]replica
	drain       drain
	promises    promises
}

// entry is what the roster holds of a replica.
type entry struct {
	listed      bool
	idle        bool // mutant sameID: it says so
	incarnation uint8
	document    uint8 // that the replica obeys; 0 where it obeys none
	work        work  // in flight, begun in past epochs
}

func (c *cluster) initial() clusterState {
	s := clusterState{incarnation: 1}
	if c.again { // so that a revision can come again, one must have been there
		s.saved, s.levels[1], s.revisions[1] = 1, off, 1
	}
	s.replicas[0].own = c.own
	return s
}

func (c *cluster) next(s clusterState, step func(who, what string, to clusterState)) {
	c.save(s, step)
	for i := range c.replicas {
		c.replica(s, i, step)
		c.mishap(s, i, step)
	}
	if int(s.incarnation) <= c.losses {
		to := s
		to.lose()
		step("store", "loses the roster", to)
	}
	c.people(s, step)
	c.look(s, step)
}

// save is everything that may be saved, by an operator's Mode or by that of a
// replica.
func (c *cluster) save(s clusterState, step func(who, what string, to clusterState)) {
	if int(s.saved) >= c.saves {
		return
	}
	for _, l := range c.levels {
		to := s
		to.saved++
		to.levels[to.saved] = l
		to.promises = s.promises.saved(l)
		next := s.revisions[s.saved] + 1
		to.revisions[to.saved] = next
		step("operator", saveNames[l], to)
		for i := range c.replicas {
			if r := to.replicas[i]; c.loads && r.alive() && !r.closed && r.change.is == unasked {
				here := to
				here.replicas[i].change = change{is: saving, document: to.saved}
				step(replicaNames[i], saveNames[l], here)
			}
		}
		for rev := next - 1; c.again && rev > 0; rev-- {
			to.revisions[to.saved] = rev
			step("operator", saveAgainNames[l], to)
		}
	}
}

var saveAgainNames = [...]string{
	off:      "saves off with a revision that comes again",
	readOnly: "saves read-only with a revision that comes again",
	on:       "saves on with a revision that comes again",
}

// lose empties the roster. What survives is known by its incarnation.
func (s *clusterState) lose() {
	s.incarnation++
	s.young, s.unknown, s.returned = true, false, false
	for i := range s.replicas {
		s.replicas[i].entry = entry{}
	}
}

// people is what somebody does who looks after the replicas.
func (c *cluster) people(s clusterState, step func(who, what string, to clusterState)) {
	missing := false // a replica is alive and not back since the loss
	for i := range c.replicas {
		r := s.replicas[i]
		to := s
		to.replicas[i].entry = entry{}
		switch {
		case r.phase == dead && r.entry.listed:
			step("operator, or the kernel of its machine", "removes a killed replica", to)
		case c.otherKernel && r.alive() && r.entry.listed:
			step("the kernel of another machine", "knows no such process: the entry is removed", to)
		case r.own && r.alive() && r.entry.listed:
			step("operator", "forgets the replica that drains, by mistake", to)
		}
		missing = missing || r.alive() && r.incarnation != s.incarnation
	}
	// The assumption: of the survivors at least one comes back while the roster is
	// young. The others may stay away as long as they like.
	if s.young && (!missing || s.returned) {
		to := s
		to.young = false
		step("store", "the bound passes in which survivors come back", to)
	}
	if s.unknown && !missing {
		to := s
		to.unknown = false
		step("operator", "looks, and forgets the unknown entry", to)
	}
}

// mishap is what may happen to replica i and its messages at any time.
func (c *cluster) mishap(s clusterState, i int, step func(who, what string, to clusterState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*replica)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	if r.renewal.at == sent {
		arrived := s
		c.arrive(&arrived, &arrived.replicas[i], &arrived.replicas[i].renewal)
		step(replicaNames[i], "its renewal arrives", arrived)
		if c.late && r.late.at == idle {
			move("gives the renewal up, which is still on its way", func(r *replica) { r.late, r.renewal = r.renewal, trip{} })
		}
	}
	if r.renewal.at == sent || r.renewal.at == answered && r.phase != loadedOnly {
		move("gives the renewal up", func(r *replica) { r.renewal = trip{} })
	}
	if r.late.at == sent {
		arrived := s
		to := &arrived.replicas[i]
		if c.arrive(&arrived, to, &to.late); !c.keepsOldAnswers || to.late.at != answered {
			to.late = trip{}
		}
		step(replicaNames[i], "its late renewal arrives", arrived)
		move("its late renewal is lost", func(r *replica) { r.late = trip{} })
	}
	if c.kills && r.alive() {
		move("is killed", func(r *replica) { r.die() })
		if c.late && r.renewal.at == sent && r.late.at == idle {
			move("is killed, its renewal still on its way", func(r *replica) { r.late = r.renewal; r.die() })
		}
	}
	if r.idled && r.alive() && r.entry.listed {
		move("a renewal of its idle entry arrives late", func(r *replica) { r.entry.idle = true })
	}
	if c.entriesExpire && r.entry.listed {
		move("its entry expires", func(r *replica) { r.entry = entry{} })
	}
}

// die ends the process with all its work. Its entry stays, and so does what it
// has sent.
func (r *replica) die() { *r = replica{phase: dead, own: r.own, late: r.late, entry: r.entry} }

// arrive is Renew in the store: it replaces the entry, never creates one, and
// answers with the document as of then.
func (c *cluster) arrive(s *clusterState, r *replica, t *trip) {
	if c.renewalCreates && r.phase == serving {
		s.returned = s.returned || r.incarnation != s.incarnation
		r.incarnation, t.incarnation = s.incarnation, s.incarnation
		r.entry.listed, r.entry.incarnation = true, s.incarnation
	}
	if !r.entry.listed || t.incarnation != s.incarnation {
		*t = trip{at: refusal}
		return
	}
	r.entry.document, r.entry.work, r.entry.idle = t.document, t.work, false
	*t = trip{at: answered, answer: s.saved, overtaken: t.overtaken}
}
