package maintenance

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// Engagement is a document put in force for as long as some work takes: see
// Engage.
type Engagement struct {
	State   State  // as it was saved
	Earlier State  // what Release puts back
	Work    Work   // how it stands in the document
	Taken   []Work // what had failed, and was taken over
	mode    *Mode

	end       State // what Release or Fail has last tried to save
	overtaken bool  // that leaves another's order as it is
}

// Engage puts s in force at once, without its Start and End, over whatever is
// stored, and remembers that for Release. An empty message keeps the one that
// visitors see. It saves also where that level is in force already, and notes in the
// document that somebody works under it: State.Work. Where others do, the last to be
// released puts back level, window and hold from before the first. Work that has failed is taken
// over. During engages, drains, runs a function and releases; use the verbs where
// what they do has to be shown to somebody.
//
// It returns ErrOff where the level of s is off, ErrLowers where it is below
// the one in force, and ErrInvalid also where 8 are at work already; other errors as
// for Set.
func (m *Mode) Engage(ctx context.Context, s State) (*Engagement, error) {
	if s.Level == Off {
		return nil, ErrOff
	}
	s.Start, s.End = time.Time{}, time.Time{}
	e := &Engagement{mode: m}
	id := rand.Text()
	var err error
	e.State, err = m.change(ctx, func(stored State) (State, error) {
		now := time.Now()
		if in := stored.At(now); in > s.Level {
			return State{}, fmt.Errorf("%w: %s is in force, and %s was asked for", ErrLowers, in, s.Level)
		}
		var others []Work
		e.Earlier, e.Taken = stored, nil
		for _, w := range stored.Work() {
			if !w.Overtaken { // else the order stored is nobody's
				e.Earlier = w.Before.state(stored.Message)
				w.Order = ""
			}
			switch {
			case !w.Failed:
				others = append(others, w)
			case !w.Overtaken:
				e.Taken = append(e.Taken, w)
			}
		}
		next := s
		if next.Message == "" {
			next.Message = stored.present(now)
		}
		by := cmp.Or(s.ChangedBy, m.options.name)
		e.Work = Work{ID: id, Level: s.Level, Before: e.Earlier.standing(), By: brief(by), Reason: brief(s.Reason), Since: now}
		return next.withPassesOf(stored, now).withWork(append(others, e.Work)).signed(by, now).checked(now)
	})
	if err != nil && e.Work.ID != "" { // perhaps the answer alone was lost
		stored, unknown := m.Load(ctx)
		if unknown == nil && slices.ContainsFunc(stored.Work(), func(w Work) bool { return w.ID == id && !w.Overtaken }) {
			e.State, err = stored, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Drain drains as Mode.Drain does, for work that relies on what was engaged. It
// returns ErrChanged also where somebody has since saved a lower level, or a
// document with an end: the work could outlast what the drain has proven.
func (e *Engagement) Drain(ctx context.Context, opts ...DrainOption) (Report, error) {
	report, err := e.mode.Drain(ctx, opts...)
	switch now := report.State; {
	case errors.Is(err, ErrOff), err == nil && now.Level < e.State.Level:
		err = fmt.Errorf("%w (to %s, by %q)", ErrChanged, now.Level, now.ChangedBy)
	case err == nil && now.ID != e.State.ID && !now.End.IsZero():
		err = fmt.Errorf("%w (to off at %s, by %q)", ErrChanged, now.End.Format(time.RFC3339), now.ChangedBy)
	}
	return report, err
}

// Release puts back what was stored before Engage, as the same author, and
// returns what is stored then; what has ended meanwhile comes back as off. While
// others work, or where another has failed, their level stays. Where somebody has
// given another order since, also by an edit of the document, it leaves theirs, and
// returns ErrConflict. Other errors as for Set; after one of these it can be called
// again, also where only the store's answer was lost.
func (e *Engagement) Release(ctx context.Context) (State, error) {
	return e.finish(ctx, func(stored State, others []Work, now time.Time) State {
		if slices.ContainsFunc(others, func(w Work) bool { return !w.Overtaken }) {
			stored.Level = e.Earlier.At(now)
			for _, w := range others {
				stored.Level = max(stored.Level, w.Level)
			}
			return stored.withWork(others)
		}
		earlier := e.Earlier
		if earlier.phaseAt(now) == after {
			earlier = State{}
		}
		return earlier.over(stored.withWork(others), now)
	})
}

// Fail leaves what was engaged in force, and lets everybody know that this work does
// not go on: the next Engage takes over. State is then as saved. Errors as for Release.
func (e *Engagement) Fail(ctx context.Context) error {
	saved, err := e.finish(ctx, func(stored State, others []Work, _ time.Time) State {
		failed := e.Work
		failed.Failed = true
		return stored.withWork(append(others, failed))
	})
	if err == nil {
		e.State = saved
	}
	return err
}

// finish ends the work in the document, and saves what next makes of it where nobody
// has given another order.
func (e *Engagement) finish(ctx context.Context, next func(stored State, others []Work, now time.Time) State) (State, error) {
	var tried *State // by an earlier call, whose answer was lost
	saved, err := e.mode.change(ctx, func(stored State) (State, error) {
		all := stored.Work()
		own := slices.IndexFunc(all, func(w Work) bool { return w.ID == e.Work.ID && !w.Failed })
		if own < 0 {
			if stored.sameOrder(e.end) {
				tried = &stored
			}
			return State{}, ErrConflict
		}
		e.overtaken = all[own].Overtaken
		others := slices.Delete(all, own, own+1)
		if e.overtaken {
			e.end = stored.withWork(others) // still the order of its author
			return e.end, nil
		}
		for i := range others {
			if !others[i].Overtaken {
				others[i].Order = "" // this one
			}
		}
		now := time.Now()
		e.end = next(stored, others, now)
		e.end.Via = e.State.Via
		e.end = e.end.signed(e.State.ChangedBy, now)
		return e.end, nil
	})
	if tried != nil {
		saved, err = *tried, nil
	}
	if err == nil && e.overtaken {
		err = ErrConflict
	}
	return saved, err
}

// During engages s, drains, runs fn, and releases. The level of s is not Off.
//
// Where the drain or fn fails, or fn panics, the level stays, and the error says
// so: a service is not opened over a migration that went wrong. The next During takes
// that over, and opens the service if it goes well. The end of the
// context ends the drain, and reaches fn; the release happens all the same. Errors
// as for Engage, Drain and Release, and those of fn.
func (m *Mode) During(ctx context.Context, s State, fn func(context.Context) error, opts ...DrainOption) error {
	e, err := m.Engage(ctx, s)
	if err != nil {
		return err
	}
	returned := false
	defer func() {
		if !returned { // fn has ended its goroutine
			_ = e.Fail(context.WithoutCancel(ctx))
		}
	}()
	err = e.during(ctx, fn, opts)
	returned = true
	return err
}

// during does what During does once the level is in force.
func (e *Engagement) during(ctx context.Context, fn func(context.Context) error, opts []DrainOption) error {
	report, err := e.Drain(ctx, opts...)
	if errors.Is(err, ErrChanged) {
		return fmt.Errorf("maintenance: the function was not run, and the level is left to who changed it: %w", err)
	}
	if err != nil {
		err = fmt.Errorf("maintenance: the function was not run and the level stays %s: %w\n%s", e.State.Level, err, report)
	} else if err = guarded(ctx, fn); err != nil {
		err = fmt.Errorf("maintenance: the function failed and the level stays %s: %w", e.State.Level, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestAsking)
	defer cancel()
	if err != nil {
		_ = e.Fail(ctx) // else it looks as if somebody still worked
		return err
	}
	_, err = e.Release(ctx)
	if errors.Is(err, ErrConflict) {
		return fmt.Errorf("maintenance: the function is done, and the level is left to who changed it meanwhile: %w", err)
	} else if err != nil {
		return fmt.Errorf("maintenance: the function is done, but the level stays %s: %w", e.State.Level, err)
	}
	return nil
}

// guarded runs fn, and makes a panic an error.
func guarded(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(ctx)
}
