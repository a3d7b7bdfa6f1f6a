package fire

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// switcher switches on and off, drains in between, and keeps the windows in
// which nothing may run.
type switcher struct {
	mode     *maintenance.Mode
	switches int
	windows  []Window
	last     maintenance.Report // of a drain that proved nothing
}

// patience is how long one drain may take under fire before the next switch is
// tried.
const patience = 2 * time.Second

// run switches until that is enough, or the context ends.
func (s *switcher) run(ctx context.Context, enough func() bool) {
	for !enough() && ctx.Err() == nil {
		level := maintenance.On
		if rand.IntN(3) == 0 {
			level = maintenance.ReadOnly
		}
		if s.set(ctx, level) != nil {
			pause(10 * time.Millisecond)
			continue
		}
		s.switches++
		bound, cancel := context.WithTimeout(ctx, patience)
		report, err := s.mode.Drain(bound)
		cancel()
		if err == nil {
			window := Window{Level: report.State.Level, From: Now()}
			pause(time.Duration(rand.IntN(8000)) * time.Microsecond)
			window.To = Now()
			s.windows = append(s.windows, window)
		} else {
			s.last = report
		}
		for s.set(ctx, maintenance.Off) != nil && ctx.Err() == nil {
			pause(10 * time.Millisecond)
		}
		pause(time.Duration(rand.IntN(10000)) * time.Microsecond)
	}
}

func (s *switcher) set(ctx context.Context, l maintenance.Level) error {
	bound, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := s.mode.Set(bound, maintenance.State{Level: l})
	return err
}

// pause is part of what happens, not a wait for it.
func pause(d time.Duration) { <-time.After(d) }
