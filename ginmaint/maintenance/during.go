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
	State   State  // as it was saved
	Earlier State  // what Release puts back
	Taken   *State // what an engagement that failed had left; nil: none
	mode    *Mode
}

// Engage puts s in force at once, without its Start and End, over whatever is
// stored, and remembers that for Release. An empty message keeps the one that
// visitors see. It saves also where that level is in force already: of two
// engagements at the same time each finds out that the other has saved. Over a
// document whose Owner has Failed it takes over: Release puts back the level from
// before that. During engages, drains, runs a function and releases; use the verbs
// where what they do has to be shown to somebody.
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
		if e.Taken = nil; stored.Owner == Failed {
			e.Taken = &stored
			if e.Earlier = (State{Level: stored.Before}); stored.Before != Off {
				e.Earlier.Message = stored.Message
			}
		}
		next := s
		next.Owner, next.Before = Working, e.Earlier.At(now)
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

// Fail leaves what was engaged in force, and lets everybody know that nobody works
// under it any more: the next Engage takes over. State is then as saved. Where somebody else has saved
// meanwhile it returns ErrConflict. Other errors as for Set.
func (e *Engagement) Fail(ctx context.Context) error {
	saved, err := e.mode.change(ctx, func(stored State) (State, error) {
		if stored.ID != e.State.ID {
			return State{}, ErrConflict
		}
		stored.Owner = Failed
		return stored, nil
	})
	if err == nil {
		e.State = saved
	}
	return err
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
	report, err := e.Drain(ctx, opts...)
	if errors.Is(err, ErrChanged) {
		return fmt.Errorf("maintenance: the function was not run, and the level is left to who changed it: %w", err)
	}
	if err != nil {
		err = fmt.Errorf("maintenance: the function was not run and the level stays %s: %w\n%s", s.Level, err, report)
	} else if err = guarded(ctx, fn); err != nil {
		err = fmt.Errorf("maintenance: the function failed and the level stays %s: %w", s.Level, err)
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
		return fmt.Errorf("maintenance: the function is done, but the level stays %s: %w", s.Level, err)
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
