package model

import "slices"

const (
	mostSurvivors = 3
	mostDocuments = 6
)

// loss is the model of a store that loses what it had: restarted empty, failed
// over to a copy that lags behind, or rid of the document alone. Round trips are
// one step here, whose delays the model of the cluster has searched; but between
// what a replica reads and what it writes back anything may happen.
//
// The documented hole is an assumption: at the moment of the loss and until the
// first of them is back, at least one replica that follows the document is alive
// and can reach the store. All the others may be killed or cut off. Where the copy
// has the document, and lacks entries alone, this is not assumed (nobody).
type loss struct {
	replicas int
	serving  int // of them at the beginning
	saves    int
	levels   []level
	begun    bool // with off saved, and known to all
	losses   int
	evicts   bool // the document alone may be lost as well
	loads    bool // Modes load beside their renewals
	changes  bool // Modes that serve save, over the document that they know
	nobody   bool // nobody may be left who follows the document: the copy lacks entries alone
	confirms bool // the owner's word: no join returns before the copy has it, and so a copy needs no unknown entry
	idles    bool // a process may follow the document before it joins
	asksLate bool // renewals ask only at times which server it is; joins and listings always do
	plain    bool // states are told apart even where the difference can't matter

	// The mutants, each a rule left out.
	constant            bool // every server calls itself the same, and is believed
	listingUnasked      bool // a listing does not ask which server it is
	incarnationIgnored  bool // what was told to an earlier incarnation counts
	noUnknown           bool // no incarnation has an unknown entry
	unknownIfEmpty      bool // none where a copy of the roster came along
	unknownBySurvivors  bool // none before one comes who belonged to the ended incarnation
	unconfirmed         bool // the owner's word is not true: joins return before the copy has them
	oneUnknown          bool // the unknown entries of all incarnations have one ID
	trustsYoung         bool // Drain counts a roster as soon as somebody has joined it
	trustsEmpty         bool // Drain counts a roster as long as nobody has joined it
	doesNotWait         bool // a joiner takes over what it finds in a young roster
	readersHurry        bool // nor one that has followed the document while it was idle
	waitsForNothingOnly bool // a joiner waits only where it finds no document
	waitsInYoungOnly    bool // a joiner waits only in a young roster
	firstLoadPlain      bool // the load after a join is no renewal
	loadOpens           bool // the answer to a plain load opens the gate
	writesNothingBack   bool // replicas obey whatever the store shows after a loss
	restoresOverUnknown bool // a document is written back over one that is not known
	readersOpen         bool // an idle process writes back what would open
	readersClose        bool // it writes back whatever is no lower than what the store shows
	restoresAbove       bool // a document is written back under a higher revision than its own
	heldComesAgain      bool // a document that was left is taken over with a higher revision
	savesUnloaded       bool // a change with a revision does not load first
}

// lossState is the store with the copy that lags behind, and the replicas.
type lossState struct {
	stored      version
	copied      version // what the copy holds
	levels      [mostDocuments]level
	last        uint8 // the latest document ever made
	saves       uint8
	losses      uint8
	incarnation uint8
	bound       bool  // the time in which survivors come back has not passed
	young       bool  // the roster is younger than that
	returned    bool  // a survivor has come back
	joined      bool  // somebody has joined this incarnation
	unnoticed   bool  // the store has failed over, and nobody has asked since which server it is
	fromCopy    bool  // mutant unknownIfEmpty: this incarnation began with a copy
	began       uint8 // where joins are confirmed: the incarnation in which the roster began empty
	unknown     uint8 // set of ended incarnations that the roster has an unknown entry for
	looked      uint8 // those that somebody is about to forget
	above       bool  // the more closed of two documents was saved above both
	undone      bool  // a later order was undone by nobody's order: what must never be
	reopened    bool  // an older document has opened a replica: likewise
	unseen      bool  // a change was saved over a document that its author had not seen: likewise
	replicas    [mostSurvivors]survivor
	promises    promises
}

// version is a document with the revision that it has in the store; the zero
// version is no document at all.
type version struct{ document, revision uint8 }

func (l *loss) initial() lossState {
	s := lossState{incarnation: 1, joined: true}
	if l.begun {
		s.last, s.stored = 1, version{1, 1}
	}
	for i := range l.serving {
		s.replicas[i] = survivor{phase: follower, present: true, state: s.stored, incarnation: 1, entry: entry{listed: true, incarnation: 1}}
		if l.confirms && !l.unconfirmed {
			s.replicas[i].copied = s.replicas[i].entry
		}
	}
	return s
}

func (l *loss) next(s lossState, step func(who, what string, to lossState)) {
	if int(s.saves) < l.saves {
		for _, level := range l.levels {
			to := s
			to.save(level)
			step("operator", saveNames[level], to)
		}
	}
	l.lose(s, step)
	for i := range l.replicas {
		l.replica(s, i, step)
		l.fate(s, i, step)
	}
	if s.bound && (s.returned || l.nobody) && !slices.ContainsFunc(s.replicas[:], func(r survivor) bool { return r.awaited && !r.cut }) {
		to := s
		to.bound, to.young = false, false
		for i := range to.replicas { // from here on, being cut off is the same as being slow
			to.replicas[i].cut, to.replicas[i].awaited = false, false
		}
		step("store", "the bound passes in which survivors come back", to)
	}
	if s.unknown&^s.looked != 0 && !s.away() {
		to := s
		to.looked = s.unknown
		step("operator", "looks: everybody is back that an unknown entry stands for", to)
	}
	if s.looked != 0 {
		to := s
		to.looked = 0
		if to.unknown &^= s.looked; l.oneUnknown {
			to.unknown = 0
		}
		step("operator", "forgets the unknown entry", to)
	}
	if s.unnoticed && !l.constant {
		to := s
		l.notice(&to)
		step("store", "a listing or a renewal finds another server", to)
	}
	if (!s.unnoticed || l.constant || l.listingUnasked) && l.judge(s) && (!l.evicts || !s.outdated()) {
		to := s
		to.promises = s.promises.with(s.levels[s.stored.document])
		step("Drain", "looks at a listing: returns nil", to)
	}
}

// save stores an order.
func (s *lossState) save(l level) {
	s.saves++
	s.make(l, s.stored.revision+1)
	s.promises = s.promises.saved(l)
}

// make stores a new document. Those that existed before are older.
func (s *lossState) make(l level, revision uint8) {
	s.last++
	s.levels[s.last] = l
	s.stored = version{s.last, revision}
}

// lose is what happens to the store. A roster that is there afterwards has another
// incarnation, unless the document alone is lost, or nobody has noticed yet.
func (l *loss) lose(s lossState, step func(who, what string, to lossState)) {
	if int(s.losses) >= l.losses {
		return
	}
	caughtUp := s
	caughtUp.copied = s.stored
	for i := range s.replicas {
		caughtUp.replicas[i].copied = s.replicas[i].entry
	}
	step("store", "its copy catches up", caughtUp)
	if !s.keeper(-1) && !l.nobody || l.nobody && s.copied != s.stored {
		return
	}

	lost := s
	lost.losses++
	lost.bound, lost.returned = true, false
	for i := range lost.replicas {
		r := &lost.replicas[i]
		r.awaited, r.cut = r.phase == follower, false
	}
	// The assumption: not in the moment between a joiner's look and its renewal.
	if l.evicts && s.stored != (version{}) && !slices.ContainsFunc(s.replicas[:], func(r survivor) bool { return r.ready }) {
		evicted := lost
		evicted.stored = version{}
		step("store", "loses the document alone", evicted)
	}

	lost.incarnation++
	lost.young, lost.joined, lost.unknown, lost.unnoticed = true, false, 0, false
	lost.stored, lost.copied = version{}, version{}
	if l.confirms {
		lost.began = lost.incarnation
	}
	for i := range lost.replicas {
		r := &lost.replicas[i]
		r.entry, r.copied = entry{}, entry{}
	}
	if !l.nobody {
		step("store", "is restarted empty", lost)
	}

	lost.stored = s.copied
	lost.fromCopy = l.unknownIfEmpty
	lost.unknown = l.told(s.incarnation)
	if l.confirms {
		lost.began, lost.unknown = s.began, s.unknown // which came with confirmed joins
	}
	for i, r := range s.replicas {
		lost.replicas[i].entry = r.copied
	}
	if l.confirms { // its own copy counts once it has all of this
		lost.copied = lost.stored
		for i, r := range s.replicas {
			lost.replicas[i].copied = r.copied
		}
	}
	if l.asksLate {
		lost.incarnation, lost.young, lost.joined = s.incarnation, s.young, s.joined
		lost.unknown, lost.unnoticed = 0, true
	}
	step("store", "fails over to the copy", lost)
}

// told returns the unknown entry for the incarnation that a copy tells of.
func (l *loss) told(incarnation uint8) uint8 {
	if l.noUnknown || l.unknownIfEmpty || l.unknownBySurvivors || l.confirms {
		return 0
	}
	return 1 << incarnation
}

// notice begins another incarnation, where somebody asks which server it is. From
// then on survivors have their time to come back.
func (l *loss) notice(s *lossState) {
	if !s.unnoticed || l.constant {
		return
	}
	s.unknown |= l.told(s.incarnation)
	s.incarnation++
	s.unnoticed, s.young, s.joined, s.bound, s.returned = false, true, false, true, false
	for i := range s.replicas {
		r := &s.replicas[i]
		r.awaited = r.awaited || r.phase == follower
	}
}

// keeper tells whether a replica other than but is left that brings back what the
// store has lost: the assumption.
func (s *lossState) keeper(but int) bool {
	for i, r := range s.replicas {
		if i != but && (r.phase == follower || r.phase == returner) && !r.cut && (r.awaited || !s.bound) {
			return true
		}
	}
	return false
}

// away tells whether a living replica has not come back to this incarnation.
func (s *lossState) away() bool {
	return slices.ContainsFunc(s.replicas[:], func(r survivor) bool { return r.alive() && r.incarnation != s.incarnation })
}

// fate is what happens to replica i.
func (l *loss) fate(s lossState, i int, step func(who, what string, to lossState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*survivor)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	if r.phase == killed && r.entry.listed {
		move("is forgotten by the operator", func(r *survivor) { r.entry = entry{} })
	}
	if r.alive() && (!s.bound || s.returned || l.nobody || s.keeper(i)) {
		move("is killed", func(r *survivor) { *r = survivor{phase: killed, entry: r.entry, copied: r.copied} })
		if r.awaited && !r.cut {
			move("is cut off from the store for long", func(r *survivor) { r.cut = true })
		}
	}
}
