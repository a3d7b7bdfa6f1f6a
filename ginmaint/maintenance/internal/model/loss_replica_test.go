package model

import "slices"

// survivor is a replica, with its entry in the roster and in the copy of it.
type survivor struct {
	phase       survival
	present     bool  // its last Join was answered, and no renewal refused since
	waits       uint8 // a joiner that waits for survivors: the number of losses when it looked, and 1
	ready       bool  // a joiner that waits for nobody any more
	state       version
	held        uint8 // set of documents that it has left
	current     work
	past        work
	incarnation uint8 // that it joined last
	awaited     bool  // served at the loss, and has not come back
	cut         bool  // and will not before the bound has passed
	restoring   bool  // has read found, and will write its own state over it
	renewed     bool  // read it by a renewal
	found       version
	entry       entry
	copied      entry
}

type survival uint8

const (
	unborn   survival = iota
	reader            // idle: follows the document, and its entry counts for nothing, so here it has none
	joiner            // no renewal was ever answered
	follower          // trusted: serves
	returner          // was struck from the roster; the gate is shut
	killed
)

func (r survivor) alive() bool { return r.phase > reader && r.phase != killed }

// replica takes the next step of replica i.
func (l *loss) replica(s lossState, i int, step func(who, what string, to lossState)) {
	r := s.replicas[i]
	move := func(what string, edit func(s *lossState, r *survivor)) {
		to := s
		edit(&to, &to.replicas[i])
		step(replicaNames[i], what, to)
	}
	if r.phase == follower && !s.levels[r.state.document].Refuses(write) && r.current == 0 {
		move(enterNames[write], func(_ *lossState, r *survivor) { r.current = workOf(write) })
	}
	if r.current != 0 {
		move(leaveNames[write], func(_ *lossState, r *survivor) { r.current = 0 })
	}
	if r.past != 0 {
		move(leavePastNames[write], func(_ *lossState, r *survivor) { r.past = 0 })
	}
	if r.cut || r.phase == killed {
		return
	}
	if r.restoring {
		move("Restore", l.restore)
		return
	}
	if l.idles && r.phase <= reader {
		move("is idle: Load", func(s *lossState, r *survivor) { r.phase = reader; l.reconcile(s, r, false) })
	}
	switch {
	case r.phase <= reader:
		what := "starts: Join"
		if r.phase == reader {
			what = "work has asked: Join"
		}
		move(what, func(s *lossState, r *survivor) { r.phase = joiner; l.join(s, r) })
	case !r.present:
		move("joins afresh", l.join)
	case r.phase != joiner || r.ready:
		move("renews", l.renew)
	case r.waits != 0:
		if !s.bound || r.waits != s.losses+1 { // a loss since does not prolong the wait
			move("has waited for survivors", func(_ *lossState, r *survivor) { r.waits, r.ready = 0, true })
		}
	case s.unnoticed && !l.constant: // its listing is that step
	case l.awaitSurvivors(s) && (!l.readersHurry || r.state == version{}):
		move("looks at a listing: waits for survivors", func(_ *lossState, r *survivor) { r.waits = s.losses + 1 })
	default:
		move("looks at a listing: need not wait", func(_ *lossState, r *survivor) { r.ready = true })
	}
	if l.loads && r.alive() {
		move("Load", func(s *lossState, r *survivor) { l.reconcile(s, r, false) })
	}
	if l.changes && r.phase == follower && int(s.saves) < l.saves {
		for _, level := range l.levels {
			move(saveNames[level], func(s *lossState, r *survivor) { l.change(s, r, level) })
		}
	}
}

// join commits an entry that has acknowledged nothing, and one for each ended
// incarnation that somebody comes from.
func (l *loss) join(s *lossState, r *survivor) {
	l.notice(s)
	ofThis := l.confirms && r.incarnation >= s.began // the roster as it is now or a copy of it
	if r.incarnation != 0 && r.incarnation != s.incarnation && !l.noUnknown && !s.fromCopy && !ofThis {
		s.unknown |= 1 << r.incarnation
	}
	s.joined = true
	r.present, r.incarnation = true, s.incarnation
	r.entry = entry{listed: true, incarnation: s.incarnation}
	if l.confirms && !l.unconfirmed {
		r.copied = r.entry
	}
}

// awaitSurvivors tells whether a joiner has to wait: what it would find in a young
// roster may be less than what survivors know, and so may nothing, where others
// obey a document.
func (l *loss) awaitSurvivors(s lossState) bool {
	missing := s.stored == version{}
	knowsBetter := s.unknown != 0 || slices.ContainsFunc(s.replicas[:], func(r survivor) bool { return r.entry.document != 0 })
	switch {
	case l.doesNotWait:
		return false
	case l.waitsForNothingOnly:
		return missing && (s.young || knowsBetter)
	case l.waitsInYoungOnly:
		return s.young
	}
	return s.young || missing && knowsBetter
}

// renew is a renewal and its answer, which opens the gate. Where the roster does
// not list the replica it shuts its gate instead, and has to join.
func (l *loss) renew(s *lossState, r *survivor) {
	r.ready = false
	if r.phase != follower && l.firstLoadPlain {
		l.reconcile(s, r, true)
		return
	}
	listed := r.entry.listed && (r.incarnation == s.incarnation || l.incarnationIgnored)
	if !listed {
		r.present = false
		if r.phase == follower {
			r.phase = returner
			r.past, r.current = r.past|r.current, 0
		}
		return
	}
	r.incarnation, r.entry.incarnation = s.incarnation, s.incarnation
	r.entry.document, r.entry.work = 0, r.past
	if r.phase == follower {
		r.entry.document = r.state.document
	}
	l.reconcile(s, r, true)
}

// reconcile obeys what the store shows if it is newer; else, where the store has
// gone back, the replica will write back what it knows.
func (l *loss) reconcile(s *lossState, r *survivor, renewed bool) {
	x := s.stored
	held := r.held&(1<<x.document) != 0 && !l.heldComesAgain
	switch {
	case x == r.state:
	case l.writesNothingBack, x.revision > r.state.revision && !held:
		l.takeOver(s, r, x)
	case r.phase <= joiner && s.levels[r.state.document] != on && !l.readersOpen &&
		(!l.readersClose || s.levels[r.state.document] < s.levels[x.document]):
		r.state, r.held = x, 0 // as who starts now
	default:
		r.restoring, r.renewed, r.found = true, renewed, x
		return
	}
	l.confirm(s, r, renewed)
}

// takeOver makes v the state known; what ran until now is work of a past epoch.
func (l *loss) takeOver(s *lossState, r *survivor, v version) {
	if v.document != r.state.document {
		r.held |= 1 << r.state.document
		r.past, r.current = r.past|r.current, 0
	}
	s.reopened = v.document < r.state.document && s.levels[v.document] < s.levels[r.state.document]
	r.state = v
}

// confirm opens the gate of a replica whose renewal the store has answered.
func (l *loss) confirm(s *lossState, r *survivor, renewed bool) {
	if !renewed && !l.loadOpens {
		return
	}
	r.phase = follower
	if r.awaited && r.entry.listed && r.incarnation == s.incarnation && !s.unnoticed {
		r.awaited, s.returned = false, true
	}
}

// restore writes back: over nothing, and over a document that the replica has
// held itself, under its own ID; over another the more closed of both, as a new
// document. Where the store holds something else by now, it asks again.
func (l *loss) restore(s *lossState, r *survivor) {
	x, mine := r.found, r.state
	r.restoring, r.found = false, version{}
	renewed := r.renewed
	r.renewed = false
	if s.stored != x {
		return
	}
	revision := max(x.revision, mine.revision) + 1
	own := x == version{} || x.document == mine.document || r.held&(1<<x.document) != 0
	if own || l.restoresOverUnknown {
		if x.revision < mine.revision && !l.restoresAbove {
			revision = mine.revision
		}
		s.stored = version{mine.document, revision}
		s.undone = x.document > mine.document && s.levels[x.document] > s.levels[mine.document]
	} else {
		s.above = true
		s.make(max(s.levels[x.document], s.levels[mine.document]), revision)
	}
	l.takeOver(s, r, s.stored)
	l.confirm(s, r, renewed)
}

// change saves by a Mode that serves. It loads first: only where the store holds
// what the Mode knows, by then, does it save.
func (l *loss) change(s *lossState, r *survivor, level level) {
	switch {
	case s.stored == r.state:
	case l.savesUnloaded && s.stored.revision == r.state.revision:
		s.unseen = true
	default: // ErrConflict, or what a Load does
		return
	}
	s.save(level)
	l.takeOver(s, r, s.stored)
}
