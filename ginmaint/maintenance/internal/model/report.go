package model

// report is the round trip that renews an entry and reads the document: read the
// current epoch, then the counters of all past epochs, then send.
func (c *cluster) report(s clusterState, i int, step func(who, what string, to clusterState)) {
	r := s.replicas[i]
	move := func(what string, edit func(*replica)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	switch r.trip.at {
	case idle:
		if c.countersFirst {
			move("report: reads the counters", func(r *replica) { r.trip = trip{at: drafting, work: r.past} })
		} else {
			move("report: reads the current epoch", func(r *replica) { r.trip = trip{at: drafting, document: r.document} })
		}
	case drafting:
		if c.countersFirst {
			move("report: reads the current epoch, and sends", func(r *replica) { r.trip.at, r.trip.document = sent, r.document })
		} else {
			move("report: reads the counters of all past epochs, and sends", func(r *replica) { r.trip.at, r.trip.work = sent, r.past })
		}
	case answered:
		move("takes the answer over", func(r *replica) {
			r.answer(s, r.trip.answer)
			r.trip = trip{}
		})
	case refusal:
		move("learns that it is not listed, and shuts its gate", func(r *replica) {
			r.trip = trip{}
			if r.phase == closing {
				return
			}
			r.phase = unlisted
			if !c.keepsGateOpen {
				r.shut()
			}
		})
	}
	if c.keepsOldAnswers && r.late.at == answered {
		move("takes the answer of the earlier report over", func(r *replica) {
			r.answer(s, r.late.answer)
			r.late = trip{}
		})
	}
}

// answer obeys what the store says. One that is closing does so as well, behind a
// gate that stays shut.
func (r *replica) answer(s clusterState, document uint8) {
	if document != r.document {
		r.takeOver(s, document)
	}
}

// mishap is what may happen to a replica and its messages at any time.
func (c *cluster) mishap(s clusterState, i int, step func(who, what string, to clusterState)) {
	r := s.replicas[i]
	change := func(what string, edit func(*replica)) {
		to := s
		edit(&to.replicas[i])
		step(replicaNames[i], what, to)
	}
	if r.trip.at == sent {
		arrived := s
		c.arrive(&arrived, &arrived.replicas[i], &arrived.replicas[i].trip)
		step(replicaNames[i], "its report arrives", arrived)
	}
	if r.trip.at == sent || r.trip.at == answered {
		change("gives the report up", func(r *replica) { r.trip = trip{} })
	}
	if r.late.at == sent {
		arrived := s
		to := &arrived.replicas[i]
		if c.arrive(&arrived, to, &to.late); !c.keepsOldAnswers || to.late.at != answered {
			to.late = trip{}
		}
		step(replicaNames[i], "its late report arrives", arrived)
		change("its late report is lost", func(r *replica) { r.late = trip{} })
	}
	if c.late && r.trip.at == sent && r.late.at == idle {
		change("gives the report up, which is still on its way", func(r *replica) { r.late, r.trip = r.trip, trip{} })
	}
	if c.kills && r.alive() {
		change("is killed", func(r *replica) { r.die() })
		if c.late && r.trip.at == sent && r.late.at == idle {
			change("is killed, its report still on its way", func(r *replica) { r.late = r.trip; r.die() })
		}
	}
	if c.entriesExpire && r.entry.listed {
		change("its entry expires", func(r *replica) { r.entry = entry{} })
	}
}

// die ends the process with all its work. Its entry stays, and so does what it
// has sent.
func (r *replica) die() { *r = replica{phase: dead, late: r.late, entry: r.entry} }

// arrive is Report in the store: it replaces the entry, never creates one, and
// answers with the document as of then. An answer that names the document in
// force changes nothing, so it need not travel.
func (c *cluster) arrive(s *clusterState, r *replica, t *trip) {
	if c.reportCreates && r.phase == serving {
		s.returned = s.returned || r.incarnation != s.incarnation
		r.incarnation = s.incarnation
		r.entry.listed, r.entry.incarnation = true, s.incarnation
	}
	if !r.entry.listed || r.entry.incarnation != r.incarnation {
		*t = trip{at: refusal}
		return
	}
	r.entry.document, r.entry.work = t.document, t.work
	overtaken := t.overtaken
	*t = trip{at: answered, answer: s.saved}
	if overtaken || c.onward() && s.saved == r.document {
		*t = trip{}
	}
}
