package simulation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// process is one run of the service, or of a command, on a host: a real Mode, with
// the work that it has admitted and the operators who use it.
type process struct {
	host   *host
	serial int
	mode   *maintenance.Mode // nil until Open has returned
	names  sync.Map          // of its entries, by the IDs that its Mode has made up
	ids    sync.Map          // the other way round
	fate   fate

	confirmed time.Duration // when the last renewal was asked that was answered, of an entry that counts; before the first -1
	replica   bool          // was seen to be one, and not only to follow the document
	document  string        // that it was last seen to know
	left      []string      // documents that it was seen to have left
	works     []*work
	running   int           // works
	idle      time.Duration // when the last of them ended
	given     time.Duration // until when it may wait for them
	orders    []*order
	streams   []*stream
	released  chan struct{} // closed when the run is over

	posthumous bool // a message that was late has made an entry of it when it had ended
}

type fate int

const (
	opening fate = iota
	serving
	closing
	closed
	killed
)

func (p *process) String() string {
	if p.serial == 1 {
		return p.host.String()
	}
	return fmt.Sprintf("%s (process %d)", p.host, p.serial)
}

// alive tells whether the process runs.
func (p *process) alive() bool { return p != nil && p.fate < closed }

// serves tells whether its Mode is open.
func (p *process) serves() bool { return p != nil && p.fate == serving }

// named gives an entry the process's name for its ID, which is another one in every
// run.
func (p *process) named(r maintenance.Replica) maintenance.Replica {
	name := p.String()
	if r.Idle {
		name += " while idle"
	}
	p.names.Store(r.ID, name)
	p.ids.Store(name, r.ID)
	r.ID, r.Process = name, ""
	if p.host.world.setup.kernels {
		r.Process = p.kernelName()
	}
	return r
}

// other returns what stands for an entry's ID on the other side of the client.
func other(names *sync.Map, id string) string {
	if name, ok := names.Load(id); ok {
		return name.(string)
	}
	return id
}

// open starts a process on a host that has none.
func (h *host) open() {
	if h.process.alive() || h.paused {
		return
	}
	w := h.world
	p := &process{host: h, serial: len(h.all) + 1, confirmed: -1, released: make(chan struct{})}
	h.process, h.all = p, append(h.all, p)
	w.say("%s starts", p)
	options := []maintenance.Option{
		maintenance.Poll(w.setup.poll),
		maintenance.ClockSkew(w.setup.skew),
		maintenance.Name(p.String()),
		maintenance.Logger(slog.New(slog.DiscardHandler)),
	}
	if h.observer {
		options = append(options, maintenance.Observer())
	} else if w.setup.closes {
		options = append(options, maintenance.FailClosed(w.setup.lease))
		if w.setup.limit > 0 {
			options = append(options, maintenance.WorkLimit(w.setup.limit))
		}
	}
	if w.setup.fallback {
		options = append(options, maintenance.Fallback(maintenance.On))
	}
	var store maintenance.Store = client{p}
	if w.setup.durable {
		store = durable{client{p}, client{p}}
	}
	w.everybody.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		mode, err := maintenance.Open(ctx, store, options...)
		w.tell(h, opened, p.serial, func() { p.opened(mode, err) })
		if mode != nil {
			<-p.released
			_ = mode.Close()
		}
	})
}

func (p *process) opened(mode *maintenance.Mode, err error) {
	if p.fate == killed {
		return
	}
	p.mode, p.fate = mode, serving
	if err != nil {
		p.ends(closed)
		p.host.world.say("%s has not started: %s", p, outcome(err))
		return
	}
	p.host.world.say("%s serves", p)
}

// learn notes what an answer tells about the process.
func (p *process) learn(c *call, a answer) {
	switch c.question.verb {
	case "renew":
		if !c.question.replica.Idle {
			p.confirmed = max(p.confirmed, c.asked)
		}
	case "list":
		if c.order != nil {
			c.order.look = a.look
		}
	}
}

// kill ends the process with its work, in the middle of whatever it did. Its entry
// stays, and so does what it has sent.
func (p *process) kill() {
	if !p.alive() || p.host.keeper {
		return
	}
	p.host.world.say("%s is killed", p)
	p.ends(killed)
	p.host.world.oracle.died(p)
	p.host.paused, p.host.held = false, nil
}

// shutDown says goodbye, once its operators have gone.
func (p *process) shutDown(bound time.Duration) {
	if !p.serves() || p.host.keeper {
		return
	}
	w := p.host.world
	w.say("%s shuts down, and waits %v for its work", p, bound)
	p.fate = closing
	for _, o := range p.orders {
		o.cancel()
	}
	p.whenIdle(func() {
		p.given = w.now() + bound - 300*time.Millisecond
		w.everybody.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), bound)
			defer cancel()
			err := p.mode.Shutdown(ctx)
			w.tell(p.host, shutDown, p.serial, func() { p.hasShutDown(err) })
		})
	})
}

// whenIdle plans a step for the moment when no operator uses the process any more.
func (p *process) whenIdle(do func()) {
	p.host.world.after(time.Millisecond, func() {
		if len(p.orders) > 0 {
			p.whenIdle(do)
			return
		}
		if p.fate != killed {
			do()
		}
	})
}

func (p *process) hasShutDown(err error) {
	if p.fate == killed {
		return
	}
	w := p.host.world
	w.say("%s has shut down: %s", p, outcome(err))
	switch {
	case errors.Is(err, maintenance.ErrNotDrained):
		if p.running == 0 && p.idle < p.given {
			w.oracle.violate("goodbye", fmt.Sprintf("Shutdown of %s waited for work that had ended", p))
		}
		// What still runs goes on to its end, and the process with it.
		p.exit()
		return
	case p.running > 0:
		w.oracle.violate("goodbye", fmt.Sprintf("Shutdown of %s returned %v, and work was running", p, err))
	}
	p.ends(closed)
}

func (p *process) exit() {
	p.host.world.after(100*time.Millisecond, func() {
		switch {
		case p.fate == killed:
		case p.running > 0:
			p.exit()
		default:
			p.ends(closed)
		}
	})
}

// release lets the process's goroutines go at the end of the run.
func (p *process) release() {
	for _, o := range p.orders {
		o.cancel()
	}
	for _, job := range p.works {
		job.letGo()
	}
	close(p.released)
}
