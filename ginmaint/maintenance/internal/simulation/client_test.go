package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The faults that a process meets. Each error of a store wraps one.
var (
	errUnreachable = errors.New("simulation: the store can't be reached")
	errHungUp      = errors.New("simulation: the connection is lost")
	errOver        = errors.New("simulation: the run is over")
)

// client is the store as one process sees it. Every method is a question that goes
// to the server over the host's link, and waits for what the world answers.
type client struct{ process *process }

// durable is the store without its Restorer: one that loses nothing.
type durable struct {
	maintenance.Store
	maintenance.Roster
}

var (
	_ maintenance.Store    = client{}
	_ maintenance.Roster   = client{}
	_ maintenance.Restorer = client{}
)

// call is one question on its way, and its answer.
type call struct {
	process  *process
	question question
	order    *order // of the operator who asks; nil: the process by itself
	ctx      context.Context
	asked    time.Duration
	answered chan answer
	finished bool
}

// question is what a process wants of the store.
type question struct {
	verb    string
	state   maintenance.State // save, restore
	over    maintenance.State // restore
	replica maintenance.Replica
	id      string // remove
}

var verbs = []string{"load", "save", "restore", "join", "renew", "remove", "remove unrenewed", "list", "watch", "watch replicas"}

// answer is what comes back.
type answer struct {
	err     error
	state   maintenance.State
	replica maintenance.Replica
	listing maintenance.Listing
	stream  *stream // of a watch
	look    *look   // of a listing: what the oracle knows of it
}

// orderKey is where a context says which order a question belongs to.
type orderKey struct{}

func (c client) ask(ctx context.Context, q question) answer {
	p := c.process
	if err := ctx.Err(); err != nil {
		return answer{err: err}
	}
	if p.host.world.isOver() {
		return answer{err: errOver}
	}
	o, _ := ctx.Value(orderKey{}).(*order)
	call := &call{process: p, question: q, order: o, ctx: ctx, answered: make(chan answer, 1)}
	stop := context.AfterFunc(ctx, func() { p.host.world.tell(p.host, expired, call.place(), call.expire) })
	defer stop()
	p.host.world.tell(p.host, asked, call.place(), call.ask)
	select {
	case a := <-call.answered:
		return a
	case <-p.released:
		return answer{err: errOver}
	}
}

// place orders the questions that a process asks, or gives up, in the same step.
func (c *call) place() int { return c.order.number()*len(verbs) + slices.Index(verbs, c.question.verb) }

// ask is the step in which the question leaves the process.
func (c *call) ask() {
	p := c.process
	switch {
	case c.ctx.Err() != nil:
		// Which of two goroutines was faster, the one that asks or the one that ends
		// its context, is a matter of chance: here it is always the latter.
		c.finished = true
		c.answered <- answer{err: c.ctx.Err()}
		return
	case p.fate == killed:
		return
	}
	c.asked = p.host.world.now()
	if c.order != nil && c.question.verb == "list" {
		c.order.waiting = c
	}
	p.host.awake(func() {
		if c.ctx.Err() == nil && p.fate != killed {
			p.host.send(c)
		}
	})
}

// expire is the step in which the process gives the question up.
func (c *call) expire() {
	c.process.host.awake(func() { c.finish(answer{err: fmt.Errorf("simulation: no answer: %w", c.ctx.Err())}) })
}

// receive is the step in which an answer reaches the process.
func (c *call) receive(a answer) { c.process.host.awake(func() { c.finish(a) }) }

func (c *call) finish(a answer) {
	p := c.process
	if c.finished || p.fate == killed {
		return
	}
	c.finished = true
	if c.order != nil && c.order.waiting == c {
		c.order.waiting = nil
		c.order.catchUp()
	}
	if p.host.world.story != nil && c.question.verb != "watch replicas" {
		p.host.world.say("%s receives the answer to %s: %s", p, c.question.verb, p.host.world.server.describe(c.question.verb, a))
	}
	if a.err == nil {
		p.learn(c, a)
	}
	c.answered <- a
	if a.stream != nil {
		a.stream.opened(c)
	}
}

func (c client) Load(ctx context.Context) (maintenance.State, error) {
	a := c.ask(ctx, question{verb: "load"})
	return c.process.host.local(a.state), a.err
}

func (c client) Save(ctx context.Context, s maintenance.State) (maintenance.State, error) {
	a := c.ask(ctx, question{verb: "save", state: c.process.host.absolute(s)})
	return c.process.host.local(a.state), a.err
}

func (c client) Restore(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
	a := c.ask(ctx, question{verb: "restore", state: c.process.host.absolute(s), over: over})
	return c.process.host.local(a.state), a.err
}

func (c client) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	a := c.ask(ctx, question{verb: "join", replica: c.process.named(r)})
	return a.replica, a.err
}

func (c client) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	a := c.ask(ctx, question{verb: "renew", replica: c.process.named(r)})
	return c.process.host.local(a.state), a.err
}

func (c client) Remove(ctx context.Context, id string) error {
	return c.ask(ctx, question{verb: "remove", id: other(&c.process.names, id)}).err
}

// RemoveUnrenewed is asked for the entries of others, as a listing shows them, and for one
// of its own that a copy has brought back.
func (c client) RemoveUnrenewed(ctx context.Context, r maintenance.Replica) error {
	r.ID = other(&c.process.names, r.ID)
	return c.ask(ctx, question{verb: "remove unrenewed", replica: r}).err
}

func (c client) Replicas(ctx context.Context) (maintenance.Listing, error) {
	a := c.ask(ctx, question{verb: "list"})
	a.listing.State = c.process.host.local(a.listing.State)
	for i, r := range a.listing.Replicas {
		a.listing.Replicas[i].ID = other(&c.process.ids, r.ID)
	}
	return a.listing, a.err
}

func (c client) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return c.listen(ctx, "watch", changed)
}

func (c client) WatchReplicas(ctx context.Context, changed func()) error {
	return c.listen(ctx, "watch replicas", func(maintenance.State) { changed() })
}

func (c client) listen(ctx context.Context, verb string, changed func(maintenance.State)) error {
	a := c.ask(ctx, question{verb: verb})
	if a.err != nil {
		return a.err
	}
	p, s := c.process, a.stream
	o, _ := ctx.Value(orderKey{}).(*order)
	place := (&call{question: question{verb: verb}, order: o}).place()
	stop := context.AfterFunc(ctx, func() { p.host.world.tell(p.host, expired, place, func() { s.end(ctx.Err()) }) })
	defer stop()
	for {
		select {
		case push := <-s.pushes:
			if push.err != nil {
				return push.err
			}
			changed(p.host.local(push.state))
		case <-p.released:
			return errOver
		}
	}
}

// stream is a connection on which the server pushes.
type stream struct {
	process *process
	order   *order // of a drain
	roster  bool   // tells of the roster, else of the document
	pushes  chan answer
	open    bool // the process listens
	ended   bool
	due     bool // the push comes once the drain does not look any more
}

// opened is the step in which the process begins to listen: it is told once at
// the beginning.
func (s *stream) opened(c *call) {
	s.open, s.order = true, c.order
	c.process.streams = append(c.process.streams, s)
	s.push(answer{})
}

// push is the step in which a push reaches the process.
func (s *stream) push(a answer) {
	s.process.host.awake(func() {
		switch {
		case s.ended || !s.open || s.process.fate == killed:
		case s.order != nil && s.order.waiting != nil:
			// A drain that finds itself woken and its ticker run out takes either: the
			// push comes after the look instead.
			s.due = true
		default:
			s.due = false
			s.pushes <- a
		}
	})
}

// end is the step in which the process notices that the connection is lost.
func (s *stream) end(err error) {
	s.process.host.awake(func() {
		if s.ended || !s.open || s.process.fate == killed {
			return
		}
		s.ended = true
		s.pushes <- answer{err: err}
	})
}
