package model

import "slices"

const (
	mostReplicas = 3
	mostSaves    = 3
)

// cluster is the model of several replicas, a store that loses no document, and
// an observer that drains. What one process does within its gate is one step
// here: gate.go shows that it may be. Messages are late or lost, and a push may
// bring any document that was ever saved, at any time and any number of times.
type cluster struct {
	replicas int
	saves    int
	levels   []level  // that may be saved
	classes  []access // of the work that comes
	losses   int      // of the roster, each with a new incarnation
	late     bool     // a report that its replica has given up may still arrive
	again    bool     // a save may set the revision back: a file deleted, a store restored
	kills    bool     // replicas are killed, and forgotten by a person
	reload   bool     // Drain loads, lists and loads again, where the store has no snapshot
	asks     bool     // Drain may begin with one document and end with another
	obeys    bool     // check also that no replica is opened by an older document
	plain    bool     // states are told apart even where the difference can't matter

	// The mutants, each a rule left out.
	loadBeforeJoin     bool // the first load comes before the entry
	joinAndLoadAtOnce  bool // join and load share one snapshot of the store
	reportBeforeSwitch bool // a document is acknowledged, and then switched to
	countersFirst      bool // a report reads the counters, and then the current epoch
	reportCreates      bool // a report without an entry makes one
	entriesExpire      bool // the store drops an entry that was not renewed
	rosterFirst        bool // Drain lists, and then loads
	removeFirst        bool // Shutdown removes the entry before the work has ended
	goesBack           bool // a push is taken over whatever came before it
	olderPush          bool // a push is taken over unless it brings a document that was held
	opensByPush        bool // a push with a higher revision may lower the level
	keepsOvertaken     bool // a push leaves the answer of the report under way standing
	keepsOldAnswers    bool // beginning a report leaves the answer of the earlier one standing
	comparesRevisions  bool // acknowledgements name revisions
	keepsGateOpen      bool // a replica whose entry is gone goes on admitting
	acceptsLower       bool // Drain goes on when the level was lowered
}

// clusterState is the store, the replicas, and the observer. Documents are known
// by the order in which they were saved, which stands for their random id: 0 is
// the zero State.
type clusterState struct {
	saved       uint8                // the document in the store
	levels      [mostSaves + 1]level // of each document
	revisions   [mostSaves + 1]uint8 // likewise
	incarnation uint8                // of the roster
	young       bool                 // survivors of the loss may have yet to come back
	unknown     bool                 // the roster has an Unknown entry
	returned    bool                 // a survivor of the loss has come back
	replicas    [mostReplicas]replica
	observer    observer
	promises    promises
}

// entry is what the roster holds of a replica.
type entry struct {
	listed      bool
	incarnation uint8
	document    uint8
	work        work // in flight, begun in past epochs
}

// observer drains from a process of its own, which has no entry.
type observer struct {
	at       glance
	asked    level // of the document that it began with
	document uint8 // reload: the id loaded first
	listed   bool  // rosterFirst: some entry was listed, with this document
	mixed    bool  // rosterFirst: they differed
	work     work  // in flight by the list
}

type glance uint8

const (
	away   glance = iota // no drain
	drains               // Drain was called
	loads                // reload: has the id that it loaded first
	listed               // has the list, and has yet to load
)

func (c *cluster) initial() clusterState {
	s := clusterState{incarnation: 1}
	if c.again { // so that a revision can come again, one must have been there
		s.saved, s.levels[1], s.revisions[1] = 1, off, 1
	}
	return s
}

func (c *cluster) next(s clusterState, step func(who, what string, to clusterState)) {
	c.save(s, step)
	for i := range c.replicas {
		c.replica(s, i, step)
	}
	if int(s.incarnation) <= c.losses {
		to := s
		to.lose()
		step("store", "loses the roster", to)
	}
	c.people(s, step)
	c.observe(s, step)
}

func (c *cluster) violation(s clusterState) string {
	for _, r := range s.replicas {
		if (r.current|r.past)&s.promises.refused() != 0 {
			return "Drain returned nil, and work of a refused class is running"
		}
		if c.obeys && r.reopened {
			return "a replica was opened by a document older than the one that it obeyed"
		}
	}
	return ""
}

func (c *cluster) goals() []goal[clusterState] {
	some := func(is func(replica) bool) func(clusterState) bool {
		return func(s clusterState) bool { return slices.ContainsFunc(s.replicas[:], is) }
	}
	goals := []goal[clusterState]{
		{"Drain returned nil", func(s clusterState) bool { return s.promises != 0 }},
		{"Drain returned nil and was taken back", func(s clusterState) bool { return s.promises == 0 && s.levels[s.saved] == on }},
		{"all replicas serve at once", func(s clusterState) bool {
			return !slices.ContainsFunc(s.replicas[:c.replicas], func(r replica) bool { return r.phase != serving })
		}},
		{"past work in a replica that says goodbye", some(func(r replica) bool { return r.phase == closing && r.past != 0 })},
	}
	if c.losses > 0 {
		goals = append(goals, goal[clusterState]{"a replica joins afresh", some(func(r replica) bool { return r.phase == unlisted })})
	}
	return goals
}
