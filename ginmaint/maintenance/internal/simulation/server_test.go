package simulation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// server is the store itself. It does each operation in one step.
type server struct {
	world    *world
	data     data
	history  []version // what data was, the latest last
	down     bool
	losses   int
	lastLoss time.Duration
	born     time.Duration  // of the present incarnation
	aged     bool           // born counts; else nobody knows how old it is until somebody has joined
	starts   int            // numbers incarnations
	began    map[string]int // data.began of each
	saves    int            // numbers documents
	streams  []*stream
	renewed  map[string]time.Duration // when the last renewal of each entry was sent
}

// data is what a copy of the store has: it is never changed in place.
type data struct {
	state       maintenance.State
	roster      []maintenance.Replica // by ID
	incarnation string                // empty: nobody has joined
	began       int                   // the number of the incarnation in which this roster began empty
	ended       []string              // incarnations for which an unknown entry was added
}

type version struct {
	at   time.Duration
	data data
}

// errBlind is what a store says that does not notice a fail-over.
var errBlind = errors.New("the server does not tell who it is")

// remembered is how far back a copy may lag.
const remembered = 4 * time.Second

func newServer(w *world) *server {
	s := &server{world: w, starts: 1, began: map[string]int{}, renewed: map[string]time.Duration{}}
	if w.setup.old { // it was there long before
		s.born, s.aged = -time.Hour, true
		s.begin(&s.data)
	}
	return s
}

func (s *server) change(d data) {
	now := s.world.now()
	s.history = append(s.history, version{now, s.data})
	for len(s.history) > 1 && s.history[1].at < now-remembered {
		s.history = s.history[1:]
	}
	s.data = d
}

// before returns what the store held lag ago.
func (s *server) before(lag time.Duration) data {
	then := s.world.now() - lag
	for _, v := range s.history {
		if v.at > then {
			return v.data
		}
	}
	return s.data
}

// handle answers a question, or does not where the server is down.
func (s *server) handle(c *call) (answer, bool) {
	if s.down {
		return answer{err: errUnreachable}, s.world.odds(c.process.host.index, "down", 50)
	}
	q := c.question
	var a answer
	switch q.verb {
	case "load":
		a.state = s.data.state
	case "save":
		a.state, a.err = s.save(c)
	case "restore":
		a.state, a.err = s.restore(q)
	case "join":
		a.replica, a.err = s.join(q.replica, c.asked)
		c.process.posthumous = c.process.posthumous || !c.process.alive()
	case "renew":
		a.state, a.err = s.renew(q.replica, c.asked)
	case "remove":
		a.err = s.remove(q.id)
	case "remove unrenewed":
		if i, listed := find(s.data.roster, q.replica.ID); !s.world.setup.lacks("store: an entry is removed that was renewed since") &&
			(!listed || s.data.roster[i].Renewals != q.replica.Renewals || s.data.roster[i].Incarnation != q.replica.Incarnation) {
			a.err = maintenance.ErrUnlisted
		} else if listed {
			s.world.oracle.struck(c.process, q.replica, s.world.now()-s.renewed[q.replica.ID])
			a.err = s.remove(q.replica.ID)
		}
	case "list":
		a.listing, a.look = s.list()
	case "watch", "watch replicas":
		a.stream = &stream{process: c.process, roster: q.verb != "watch", pushes: make(chan answer, 4)}
		s.streams = append(s.streams, a.stream)
	}
	if s.world.story != nil && q.verb != "watch replicas" {
		s.world.say("  the store is asked by %s: %s", c.process, s.world.describeQuestion(q))
	}
	return a, true
}

func (s *server) save(c *call) (maintenance.State, error) {
	want := c.question.state
	if want.Revision != s.data.state.Revision {
		return maintenance.State{}, maintenance.ErrConflict
	}
	s.saves++
	want.Revision++
	want.ID = fmt.Sprintf("document %d", s.saves)
	if s.world.setup.lacks("store: an ID comes again with its revision") {
		want.ID = fmt.Sprintf("document of revision %d", want.Revision)
	}
	d := s.data
	d.state = want
	s.change(d)
	s.world.oracle.saved(want, c.order)
	s.tell(false)
	return want, nil
}

func (s *server) restore(q question) (maintenance.State, error) {
	if s.data.state.ID != q.over.ID || s.data.state.Revision != q.over.Revision {
		return maintenance.State{}, maintenance.ErrConflict
	}
	want := q.state
	s.world.oracle.undone(want, s.data.state)
	want.Revision = max(want.Revision, q.over.Revision) + 1
	if !s.world.oracle.knows(want.ID) { // the process has made the ID up, another one in every run
		s.saves++
		want.ID = fmt.Sprintf("document %d", s.saves)
	}
	d := s.data
	d.state = want
	s.change(d)
	s.world.oracle.restored(want)
	s.tell(false)
	return want, nil
}

func (s *server) join(r maintenance.Replica, asked time.Duration) (maintenance.Replica, error) {
	d := s.data
	if d.incarnation == "" {
		s.begin(&d)
	}
	if !s.aged {
		s.born, s.aged = s.world.now(), true
	}
	d = s.lament(d, r.Incarnation, r)
	r.Incarnation = d.incarnation
	d.roster = with(d.roster, r)
	s.change(d)
	if s.world.setup.confirms && !s.world.setup.lacks("store: the owner's word is not true") {
		s.history = nil // no copy lags behind this
	}
	s.renewed[r.ID] = max(s.renewed[r.ID], asked)
	s.tell(true)
	return r, nil
}

// begin begins a roster that is empty.
func (s *server) begin(d *data) {
	d.incarnation, d.began = fmt.Sprintf("incarnation %d", s.starts), s.starts
	s.began[d.incarnation] = d.began
}

func (s *server) renew(r maintenance.Replica, asked time.Duration) (maintenance.State, error) {
	i, listed := find(s.data.roster, r.ID)
	if s.world.setup.lacks("store: a renewal of an earlier incarnation counts") && listed {
		r.Incarnation = s.data.incarnation
	} else if s.world.setup.lacks("store: a renewal creates an entry") {
		r.Incarnation = s.data.incarnation
	} else if !listed || r.Incarnation != s.data.incarnation || s.data.roster[i].Incarnation != s.data.incarnation {
		return maintenance.State{}, maintenance.ErrUnlisted
	}
	news := !listed || s.data.roster[i].Work() != r.Work()
	d := s.data
	d.roster = with(d.roster, r)
	s.renewed[r.ID] = max(s.renewed[r.ID], asked)
	s.change(d)
	if news {
		s.tell(true)
	}
	return d.state, nil
}

func (s *server) remove(id string) error {
	i, listed := find(s.data.roster, id)
	if !listed {
		return maintenance.ErrUnlisted
	}
	d := s.data
	d.roster = slices.Delete(slices.Clone(d.roster), i, i+1)
	s.change(d)
	s.tell(true)
	return nil
}

func (s *server) list() (maintenance.Listing, *look) {
	if s.world.setup.lacks("store: entries expire") {
		d := s.data
		d.roster = slices.DeleteFunc(slices.Clone(d.roster), func(r maintenance.Replica) bool {
			return s.world.now() > s.renewed[r.ID]+r.Lease+time.Second
		})
		s.change(d)
	}
	l := maintenance.Listing{State: s.data.state, Incarnation: s.data.incarnation, Replicas: slices.Clone(s.data.roster)}
	if s.world.setup.blind {
		l.Unproven = errBlind
	}
	if s.aged && l.Incarnation != "" {
		l.Age = s.world.now() - s.born
	}
	silent := make(map[string]time.Duration)
	for i, r := range l.Replicas {
		silent[r.ID] = s.world.now() - s.renewed[r.ID]
		l.Replicas[i].Silent = silent[r.ID]
	}
	return l, s.world.oracle.looked(s.data.state, silent)
}

// tell pushes what has changed.
func (s *server) tell(roster bool) {
	a := answer{}
	if !roster && !s.world.setup.hints {
		a.state = s.data.state
	}
	for _, stream := range s.streams {
		if stream.roster == roster {
			stream.process.host.push(stream, a)
		}
	}
	s.streams = slices.DeleteFunc(s.streams, func(s *stream) bool { return s.ended })
}

// hangUp ends every connection; where that happens without a word the other side
// notices when it has heard nothing for long.
func (s *server) hangUp(silent bool) {
	for _, stream := range s.streams {
		h := stream.process.host
		d := h.delay("hangs up")
		if silent {
			d += s.world.within(h.index, "silence", 4*time.Second)
		}
		s.world.after(d, func() { stream.end(errHungUp) })
	}
	s.streams = nil
}

// lament returns d with an entry for what may have been lost with an incarnation that
// has ended, where there is none yet.
func (s *server) lament(d data, was string, like maintenance.Replica) data {
	if was == "" || was == d.incarnation || slices.Contains(d.ended, was) || s.world.setup.lacks("store: no unknown entry") {
		return d
	}
	if s.world.setup.confirms && s.began[was] == d.began {
		return d
	}
	d.ended = append(slices.Clip(d.ended), was)
	unknown := maintenance.UnknownReplica("unknown-"+was, like)
	unknown.Incarnation = d.incarnation
	d.roster = with(d.roster, unknown)
	return d
}

// restart begins a new incarnation of the roster with what is left of the data.
func (s *server) restart(d data, silent bool) {
	s.hangUp(silent)
	s.starts++
	was := d.incarnation
	d.incarnation = ""
	if len(d.roster) > 0 || len(d.ended) > 0 {
		d.incarnation = fmt.Sprintf("incarnation %d", s.starts)
		if s.world.setup.blind || s.world.setup.lacks("store: a constant identity is believed") {
			d.incarnation = was
		} else if s.world.setup.tells {
			d = s.lament(d, was, longest(d.roster))
		}
		s.began[d.incarnation] = d.began
	}
	s.lastLoss = s.world.now()
	if was == "" || d.incarnation != was {
		s.born, s.aged = s.world.now(), s.world.setup.ageFromLoss
	}
	s.history = nil // its copies begin anew
	s.data = d
}

// longest returns the replica with the longest lease, as those of one service are set
// up alike.
func longest(roster []maintenance.Replica) (r maintenance.Replica) {
	for _, each := range roster {
		if each.Lease > r.Lease {
			r = each
		}
	}
	return r
}

func find(roster []maintenance.Replica, id string) (int, bool) {
	return slices.BinarySearchFunc(roster, id, func(r maintenance.Replica, id string) int { return cmp.Compare(r.ID, id) })
}

// with returns a roster in which r has replaced the entry with its ID, or has come.
func with(roster []maintenance.Replica, r maintenance.Replica) []maintenance.Replica {
	i, listed := find(roster, r.ID)
	if listed {
		roster = slices.Clone(roster)
		roster[i] = r
		return roster
	}
	return slices.Insert(slices.Clone(roster), i, r)
}
