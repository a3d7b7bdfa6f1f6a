package maintenance

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// During puts s in force, without its End, drains, runs fn, and then puts back
// what was stored before. The level of s is not Off. Where somebody else
// changed the state meanwhile it leaves theirs, and returns ErrConflict.
//
// Where the drain or fn fails, or fn panics, the mode stays on, and the error
// says so: a service is not opened over a migration that went wrong. The end of
// the context ends the drain, and reaches fn; putting back happens all the same.
func (m *Mode) During(ctx context.Context, s State, fn func(context.Context) error, opts ...DrainOption) error {
	if s.Level == Off {
		return ErrOff
	}
	s.End = time.Time{}
	var earlier State
	saved, err := m.update(ctx, func(stored State) (State, bool, error) {
		earlier = stored
		if stored.At(time.Now()) > s.Level {
			return State{}, false, fmt.Errorf("maintenance: the level %s is in force, and During would lower it to %s; name that level", stored.Level, s.Level)
		}
		return s, true, s.Validate()
	})
	if err != nil {
		return err
	}
	report, err := m.Drain(ctx, opts...)
	if err == nil && (report.State.Level < s.Level || report.State.ID != saved.ID && !report.State.End.IsZero()) {
		err = ErrChanged // meanwhile, so that it has proven less, or not for long enough
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
	earlier.ChangedBy = ""
	_, err = m.update(ctx, func(stored State) (State, bool, error) {
		if stored.ID != saved.ID {
			return State{}, false, ErrConflict
		}
		return earlier, true, nil
	})
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
