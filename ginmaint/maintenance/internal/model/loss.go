package model

import "slices"

const (
	mostSurvivors = 3
	mostDocuments = 6
)

// loss is the model of a store that loses what it had: restarted empty, or failed
// over to a copy that lags behind. Round trips are one step here, whose delays
// cluster.go has searched; but between what a replica reads and what it writes
// back anything may happen.
//
// The documented hole is an assumption: at the moment of the loss and until the
// first of them is back, at least one replica that follows the document is alive
// and can reach the store. All the others may be killed or cut off.
type loss struct {
	replicas int
	serving  int // of them at the beginning
	saves    int
	levels   []level
	losses   int
	plain    bool // states are told apart even where the difference can't matter

	// The mutants, each a rule left out.
	incarnationIgnored  bool // what was reported to an earlier incarnation counts
	noUnknown           bool // a roster made anew has no Unknown entry
	restoresOverUnknown bool // a document is written back over one that is not known
	doesNotWait         bool // a joiner takes over what it finds in a young roster
	waitsForNothingOnly bool // a joiner waits only where it finds no document
	trustsYoung         bool // Drain counts a roster as soon as somebody has joined it
	trustsEmpty         bool // Drain counts a roster as long as nobody has joined it
	writesNothingBack   bool // replicas obey whatever the store shows after a loss
}

// lossState is the store with the copy that lags behind, and the replicas.
type lossState struct {
	stored      version
	copied      version // what the copy holds
	levels      [mostDocuments]level
	last        uint8 // the latest document ever made
	saves       uint8
	incarnation uint8
	young       bool // the bound in which survivors come back has not passed
	returned    bool // a survivor has come back
	joined      bool // somebody has joined this incarnation
	unknown     bool // the roster has an Unknown entry
	above       bool // the more closed of two documents was saved above both
	undone      bool // a later order of the operator was undone by nobody's order: what must never be
	replicas    [mostSurvivors]survivor
	promises    promises
}

// version is a document with the revision that it has in the store; the zero
// version is no document at all.
type version struct{ document, revision uint8 }

// survivor is a replica, with its entry in the roster and in the copy of it.
type survivor struct {
	phase       survival
	state       version
	held        uint8 // set of documents that it has left
	current     work
	past        work
	incarnation uint8
	waited      bool // served at the loss, and has not come back
	cut         bool // and will not before the bound has passed
	restoring   bool // has read found, and will write its own state over it
	found       version
	entry       entry
	copied      entry
}

type survival uint8

const (
	unborn   survival = iota
	newcomer          // has joined for the first time, and loaded nothing
	follower          // serves
	returner          // its entry is gone; the gate is shut
	rejoined          // has joined afresh; the gate is shut
	killed
)

func (l *loss) initial() lossState {
	s := lossState{incarnation: 1, joined: true}
	for i := range l.serving {
		s.replicas[i] = survivor{phase: follower, incarnation: 1, entry: entry{listed: true, incarnation: 1}}
	}
	return s
}

func (l *loss) next(s lossState, step func(who, what string, to lossState)) {
	if int(s.saves) < l.saves {
		for _, level := range l.levels {
			to := s
			to.saves++
			to.make(level, s.stored.revision+1)
			to.promises = s.promises.saved(level)
			step("operator", saveNames[level], to)
		}
	}
	l.lose(s, step)
	for i := range l.replicas {
		l.replica(s, i, step)
		l.fate(s, i, step)
	}
	if s.young && s.returned && !slices.ContainsFunc(s.replicas[:], func(r survivor) bool { return r.waited && !r.cut }) {
		to := s
		to.young = false
		for i := range to.replicas { // from here on, being cut off is the same as being slow
			to.replicas[i].cut, to.replicas[i].waited = false, false
		}
		step("store", "the bound passes in which survivors come back", to)
	}
	if s.unknown && !s.away() {
		to := s
		to.unknown = false
		step("operator", "looks, and forgets the Unknown entry", to)
	}
	if l.drained(s) {
		to := s
		to.promises = s.promises.with(s.levels[s.stored.document])
		step("observer", "looks at a snapshot: Drain returns nil", to)
	}
}

// make stores a new document. Those that existed before are older.
func (s *lossState) make(l level, revision uint8) {
	s.last++
	s.levels[s.last] = l
	s.stored = version{s.last, revision}
}

// drained tells whether Drain returns nil for the present snapshot.
func (l *loss) drained(s lossState) bool {
	document := s.stored.document
	trusted := !s.young || s.joined && l.trustsYoung || !s.joined && l.trustsEmpty
	if s.unknown || !trusted || s.levels[document] == off {
		return false
	}
	for i := range l.replicas {
		e := s.replicas[i].entry
		if !e.listed {
			continue
		}
		present := e.incarnation == s.incarnation || l.incarnationIgnored
		if !present || e.document != document || e.work&refused(s.levels[document]) != 0 {
			return false
		}
	}
	return true
}

func (l *loss) violation(s lossState) string {
	for _, r := range s.replicas {
		if (r.current|r.past)&s.promises.refused() != 0 {
			return "Drain returned nil, and work of a refused class is running"
		}
	}
	if s.undone {
		return "a document was written back over a later one with a higher level"
	}
	return ""
}
