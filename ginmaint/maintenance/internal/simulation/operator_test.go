package simulation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// order is what an operator does with a process's Mode: switch, drain, look at the
// roster.
type order struct {
	process *process
	serial  int
	event   event
	ctx     context.Context
	cancel  context.CancelFunc
	proceed chan []string // the world lets it go on: the function of a During ends, entries may be forgotten

	saved   *maintenance.State // its last document that was stored
	look    *look              // the last listing that it was given
	waiting *call              // a listing under way
	wanted  maintenance.Level  // that was to be drained
	done    bool
	err     error
}

func (o *order) number() int {
	if o == nil {
		return 0
	}
	return o.serial
}

// command has an operator begin with an order, where a process serves.
func (h *host) command(e event) *order {
	p := h.process
	if !p.serves() || h.paused {
		return nil
	}
	w := h.world
	w.serial++
	o := &order{process: p, serial: w.serial, event: e, proceed: make(chan []string, 1)}
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), orderKey{}, o), e.bound)
	o.ctx, o.cancel = ctx, cancel
	p.orders = append(p.orders, o)
	w.say("%s is told: %s", p, e.what())
	w.everybody.Go(func() {
		defer cancel()
		err := o.run()
		w.tell(h, ordered, o.serial, func() { o.ended(err) })
	})
	return o
}

func (o *order) run() error {
	m := o.process.mode
	switch e := o.event; e.kind {
	case drains:
	case looks:
		return o.forget()
	case engages:
		return m.During(o.ctx, maintenance.State{Level: e.level, Hold: e.hold}, o.migrate, o.options()...)
	case switches:
		if err := o.turn(); err != nil {
			return err
		}
		if !e.drain {
			return nil
		}
	}
	o.wanted = m.State().Level
	report, err := m.Drain(o.ctx, o.options()...)
	if err == nil {
		o.tell(func() { o.process.host.world.oracle.drained(o, report) })
	}
	return err
}

func (o *order) options() []maintenance.DrainOption {
	options := []maintenance.DrainOption{maintenance.OnProgress(func(r maintenance.Report) {
		o.tell(func() { o.process.host.world.oracle.named(o, r) })
	})}
	if o.event.grace != 0 {
		options = append(options, maintenance.AllowLost(o.event.grace))
	}
	return options
}

// turn saves a document.
func (o *order) turn() (err error) {
	m, e := o.process.mode, o.event
	var stored maintenance.State
	switch {
	case e.window():
		now := time.Now()
		s := maintenance.State{Level: e.level, Hold: e.hold}
		if e.begin != 0 {
			s.Start = now.Add(e.begin)
		}
		if e.end != 0 {
			s.End = now.Add(e.end)
		}
		stored, err = m.Set(o.ctx, s)
	case e.level != maintenance.Off && e.hold != 0:
		stored, err = m.Set(o.ctx, maintenance.State{Level: e.level, Hold: e.hold})
	case e.level == maintenance.On && e.plain:
		err = m.On(o.ctx)
	case e.level == maintenance.Off && e.plain:
		err = m.Off(o.ctx)
	default:
		stored, err = m.Update(o.ctx, func(s *maintenance.State) error {
			s.Level, s.Start, s.End, s.Reason = e.level, time.Time{}, time.Time{}, "because"
			return nil
		})
	}
	if err == nil {
		o.tell(func() { o.process.host.world.oracle.turned(o, stored) })
	}
	return err
}

// migrate is the function of a During.
func (o *order) migrate(ctx context.Context) error {
	w, h := o.process.host.world, o.process.host
	o.tell(func() {
		w.oracle.proven(o, "During runs its function")
		w.after(o.event.last, func() { h.awake(func() { o.proceed <- nil }) })
	})
	select {
	case <-o.proceed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// forget looks at the roster, and strikes what an operator who looks truthfully may
// strike.
func (o *order) forget() error {
	replicas, err := o.process.mode.Replicas(o.ctx)
	if err != nil {
		return err
	}
	o.tell(func() { o.proceed <- o.process.host.world.gone(replicas) })
	select {
	case ids := <-o.proceed:
		for _, id := range ids {
			err = errors.Join(err, o.process.mode.Forget(o.ctx, id))
		}
		return err
	case <-o.ctx.Done():
		return o.ctx.Err()
	}
}

// gone returns the IDs of the entries whose processes have ended, and of unknown
// entries where every process that may admit work has an entry of its own.
func (w *world) gone(listed []maintenance.Replica) (ids []string) {
	missing := false
	here := make(map[string]bool)
	for _, h := range w.hosts {
		for _, p := range h.all {
			if p.host.observer || !p.alive() {
				continue
			}
			own := make(map[string]bool)
			for _, name := range []string{p.String(), p.String() + " while idle"} {
				own[name], own[other(&p.ids, name)] = true, true
			}
			maps.Copy(here, own)
			missing = missing || p.confirmed >= 0 && !slices.ContainsFunc(listed, func(r maintenance.Replica) bool {
				return own[r.ID] && !r.Idle
			})
		}
	}
	for _, r := range listed {
		if r.Unknown && !missing || !r.Unknown && !here[r.ID] {
			ids = append(ids, r.ID)
		}
	}
	slices.Sort(ids)
	if len(ids) > 0 {
		w.say("  an operator makes sure that these are gone: %s", strings.Join(ids, ", "))
	}
	return ids
}

func (o *order) tell(do func()) {
	o.process.host.world.tell(o.process.host, ordered, o.serial, func() {
		if o.process.fate != killed {
			do()
		}
	})
}

// ended is the step in which the operator gets the outcome.
func (o *order) ended(err error) {
	p := o.process
	o.done, o.err = true, err
	p.orders = slices.DeleteFunc(p.orders, func(other *order) bool { return other == o })
	if p.fate == killed {
		return
	}
	if p.host.world.story != nil {
		p.host.world.say("%s has done as told (%s): %s", p, o.event.what(), outcome(err))
	}
}

// catchUp wakes a drain that was to be woken while it looked.
func (o *order) catchUp() {
	w := o.process.host.world
	for _, s := range o.process.streams {
		if s.order == o && s.due {
			w.after(w.within(o.process.host.index, "catches up", 100*time.Microsecond), func() {
				if s.due {
					s.push(answer{})
				}
			})
		}
	}
}

// outcome is an error by what it wraps, without IDs and times.
func outcome(err error) string {
	if err == nil {
		return "done"
	}
	for _, e := range []error{
		maintenance.ErrConflict, maintenance.ErrUnlisted, maintenance.ErrChanged, maintenance.ErrEnding, maintenance.ErrOff,
		maintenance.ErrLowers, maintenance.ErrClosed, maintenance.ErrInvalid, maintenance.ErrNotDrained,
		errUnreachable, errHungUp, context.DeadlineExceeded, context.Canceled,
	} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return fmt.Sprintf("%T", err)
}
