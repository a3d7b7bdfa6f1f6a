package maintenance

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Engagement is a document put in force for as long as some work takes: see
// Engage.
type Engagement struct {
	State   State // as it was saved
	Earlier State // what Release puts back

	mode *Mode
}

// Engage puts s in force at once, without its Start and End, over whatever is
// stored, and remembers that for Release. An empty message keeps the one that
// visitors see. It saves also where that level is in force already: of two
// engagements at the same time each finds out that the other has saved. During
// engages, drains, runs a function and releases.
//
// It returns ErrOff where the level of s is off, and ErrLowers where it is below
// the one in force; other errors as for Set.
func (m *Mode) Engage(ctx context.Context, s State) (*Engagement, error) {
	if s.Level == Off {
		return nil, ErrOff
	}
	s.Start, s.End = time.Time{}, time.Time{}
	e := &Engagement{mode: m}
	var err error
	e.State, err = m.change(ctx, func(stored State) (State, error) {
		now := time.Now()
		if in := stored.At(now); in > s.Level {
			return State{}, fmt.Errorf("%w: %s is in force, and %s was asked for", ErrLowers, in, s.Level)
		}
		e.Earlier = stored
		next := s
		if next.Message == "" {
			next.Message = stored.present(now)
		}
		return next.checked(now)
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Release puts back what was stored before Engage, as the same author, and
// returns it as saved; what has ended meanwhile comes back as off. Where somebody
// else has saved since it leaves theirs, and returns ErrConflict. Other errors as
// for Set.
func (e *Engagement) Release(ctx context.Context) (State, error) {
	return e.mode.change(ctx, func(stored State) (State, error) {
		if stored.ID != e.State.ID {
			return State{}, ErrConflict
		}
		earlier := e.Earlier
		if earlier.phaseAt(time.Now()) == after {
			earlier = State{}
		}
		earlier.ChangedBy = e.State.ChangedBy
		return earlier, nil
	})
}

// During engages s, drains, runs fn, and releases. The level of s is not Off.
//
// Where the drain or fn fails, or fn panics, the level stays, and the error says
// so: a service is not opened over a migration that went wrong. The end of the
// context ends the drain, and reaches fn; the release happens all the same. Errors
// as for Engage, Drain and Release, and those of fn.
func (m *Mode) During(ctx context.Context, s State, fn func(context.Context) error, opts ...DrainOption) error {
	e, err := m.Engage(ctx, s)
	if err != nil {
		return err
	}
	report, err := m.Drain(ctx, opts...)
	if err == nil && !e.covered(report) {
		err = ErrChanged
	}
	if errors.Is(err, ErrChanged) {
		return fmt.Errorf("maintenance: the function was not run, and the level is left to who changed it: %w", err)
	}
	if err != nil {
		return fmt.Errorf("maintenance: the function was not run and the level stays %s: %w\n%s", s.Level, err, report)
	}
	if err := guarded(ctx, fn); err != nil {
		return fmt.Errorf("maintenance: the function failed and the level stays %s: %w", s.Level, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestAsking)
	defer cancel()
	_, err = e.Release(ctx)
	if errors.Is(err, ErrConflict) {
		return fmt.Errorf("maintenance: the function is done, and the level is left to who changed it meanwhile: %w", err)
	} else if err != nil {
		return fmt.Errorf("maintenance: the function is done, but the level stays %s: %w", s.Level, err)
	}
	return nil
}

// covered tells whether a drain has proven what was engaged: meanwhile somebody
// may have saved a document with a lower level, or with an end.
func (e *Engagement) covered(r Report) bool {
	return r.State.Level >= e.State.Level && (r.State.ID == e.State.ID || r.State.End.IsZero())
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
