package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// pace is how fast the story is told.
type pace struct {
	perSecond int           // orders
	look      time.Duration // how long each step is shown
	migration time.Duration
}

var (
	unhurried = pace{perSecond: 200, look: 4 * time.Second, migration: 3 * time.Second}
	hurried   = pace{perSecond: 100, look: 400 * time.Millisecond, migration: 300 * time.Millisecond}
)

// story is a maintenance from its announcement to its end, twice.
type story struct {
	mode       *maintenance.Mode
	load       *load
	pace       pace
	out        io.Writer
	live       bool // out is a terminal: numbers change in their place
	migrations []migration
}

func terminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// tell tells it. Where it ends early, the service is opened.
func (s *story) tell(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			_ = s.mode.Off(context.WithoutCancel(ctx))
		}
	}()
	fmt.Fprintf(s.out, "%-10s %9s %9s %9s %9s %9s %12s\n", "", "requests", "waiting", "refused", "held", "failed", "overlapping")
	s.show(ctx, "open")

	// With a hold, orders wait for a migration of some seconds.
	window := maintenance.State{
		Level: maintenance.On, Hold: time.Minute, Start: time.Now().Add(s.pace.look),
		Message: "We move to a larger database.", Reason: "the story of the fleet",
	}
	if _, err := s.mode.Set(ctx, window); err != nil {
		return err
	}
	s.count(ctx, "announced", s.until(ctx, maintenance.On))
	if err := s.migrate(ctx); err != nil {
		return err
	}
	s.show(ctx, "open")

	// Without one they are refused.
	if err := s.mode.On(ctx); err != nil {
		return err
	}
	s.show(ctx, "on")
	if err := s.migrate(ctx); err != nil {
		return err
	}
	s.show(ctx, "open")
	s.load.stop()
	n := s.load.count(s.migrations)
	fmt.Fprintf(s.out, "\n%d orders: %d refused, %d held, %d failed, %d beside a migration\n", n.requests, n.refused, n.held, n.failed, n.overlapping)
	return ctx.Err()
}

// migrate drains, migrates and opens the service.
func (s *story) migrate(ctx context.Context) error {
	closed := time.Now()
	drained := make(chan struct{})
	var report maintenance.Report
	var err error
	go func() {
		defer close(drained)
		report, err = s.mode.Drain(ctx, maintenance.Expect(replicas, replicas))
	}()
	s.count(ctx, "drain", drained)
	<-drained
	if err != nil {
		return err
	}
	s.migrations = append(s.migrations, migration{span{From: time.Now()}, closed})
	fmt.Fprintf(s.out, "  %d replicas work on nothing any more\n", report.Total)
	migrated := time.NewTimer(s.pace.migration) // what a migration takes
	defer migrated.Stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-migrated.C:
		case <-ctx.Done():
		}
	}()
	s.count(ctx, "migrate", done)
	<-done
	s.migrations[len(s.migrations)-1].To = time.Now()
	return s.mode.Off(ctx)
}

// until returns a channel that is closed once this level is in force, or ctx ends.
func (s *story) until(ctx context.Context, level maintenance.Level) <-chan struct{} {
	reached := make(chan struct{})
	go func() {
		defer close(reached)
		for {
			changed := s.mode.Changed()
			if s.mode.Level() == level {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return reached
}

// show counts for as long as a step is shown.
func (s *story) show(ctx context.Context, step string) {
	ctx, cancel := context.WithTimeout(ctx, s.pace.look)
	defer cancel()
	s.count(ctx, step, ctx.Done())
}

// count prints the numbers of a step until it is done; on a terminal they change
// meanwhile.
func (s *story) count(ctx context.Context, step string, done <-chan struct{}) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for going := true; going; {
		select {
		case <-tick.C:
		case <-done:
			going = false
		case <-ctx.Done():
			going = false
		}
		n := s.load.count(s.migrations)
		line := fmt.Sprintf("%-10s %9d %9d %9d %9d %9d %12d", step, n.requests, n.waiting, n.refused, n.held, n.failed, n.overlapping)
		switch {
		case s.live && going:
			fmt.Fprint(s.out, "\r"+line)
		case s.live:
			fmt.Fprintln(s.out, "\r"+line)
		case !going:
			fmt.Fprintln(s.out, line)
		}
	}
}
