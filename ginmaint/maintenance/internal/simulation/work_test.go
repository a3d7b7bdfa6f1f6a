package simulation

import (
	"context"
	"sync"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// work is a unit of work that asks a Mode's gate to begin.
type work struct {
	process *process
	serial  int
	event   event
	began   time.Duration // to ask
	runs    bool
	over    chan struct{} // closed when it has ended
	once    sync.Once
}

// begin has work ask the gate of the process on a host.
func (h *host) begin(e event) {
	h.awake(func() {
		p := h.process
		if p == nil || p.mode == nil || p.fate > closing {
			return
		}
		w := h.world
		w.serial++
		job := &work{process: p, serial: w.serial, event: e, began: w.now(), over: make(chan struct{})}
		w.everybody.Go(job.run)
	})
}

// run is the work's own goroutine.
func (j *work) run() {
	p := j.process
	w := p.host.world
	var ticket maintenance.Ticket
	switch j.event.kind {
	case extendedWork:
		t, ok := p.mode.Extend(j.event.access)
		if !ok {
			return
		}
		ticket = t
	case waitingWork:
		ctx, cancel := context.WithTimeout(context.Background(), j.event.bound)
		t, err := p.mode.Wait(ctx, j.event.access)
		cancel()
		if err != nil {
			return
		}
		ticket = t
	case heldWork:
		ctx, cancel := context.WithTimeout(context.Background(), j.event.bound)
		t, ok := p.mode.Hold(ctx, j.event.access)
		cancel()
		if !ok {
			return
		}
		ticket = t
	default:
		t, ok := p.mode.Enter(j.event.access)
		if !ok {
			return
		}
		ticket = t
	}
	defer ticket.Leave()
	w.tell(p.host, admitted, j.serial, j.admitted)
	if j.event.kind == streamingWork {
		select {
		case <-p.mode.Draining(j.event.access):
			w.tell(p.host, draining, j.serial, j.draining)
		case <-j.over:
		case <-p.released:
		}
	}
	select {
	case <-j.over:
	case <-p.released:
	}
}

// admitted is the step in which the world learns that the work runs.
func (j *work) admitted() {
	p := j.process
	w := p.host.world
	if p.fate == killed {
		j.letGo()
		return
	}
	if w.story != nil {
		w.say("%s admits a %s", p, j.event.access)
	}
	p.works = append(p.works, j)
	j.runs = true
	p.running++
	w.oracle.begun(j)
	w.after(j.event.last, j.end)
	if j.event.most != 0 {
		w.after(j.event.last/2, j.extend)
	}
}

// extend begins work that belongs to this one.
func (j *work) extend() {
	p := j.process
	p.host.awake(func() {
		if !j.runs || p.fate == killed {
			return
		}
		p.host.begin(event{kind: extendedWork, access: maintenance.Access(p.host.world.draw(p.host.index, "extends") % 2), last: j.event.most})
	})
}

// draining is the step in which a stream learns that it should end.
func (j *work) draining() {
	w := j.process.host.world
	w.after(w.within(j.process.host.index, "stream ends", longestWork-10*time.Millisecond), j.end)
}

// end is the step in which the work ends.
func (j *work) end() {
	p := j.process
	p.host.awake(func() {
		if !j.runs || p.fate == killed {
			return
		}
		if p.host.world.story != nil {
			p.host.world.say("%s ends a %s", p, j.event.access)
		}
		j.runs = false
		p.running--
		p.idle = p.host.world.now()
		p.host.world.oracle.ended(j)
		j.letGo()
	})
}

func (j *work) letGo() { j.once.Do(func() { close(j.over) }) }
