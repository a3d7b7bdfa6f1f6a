package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// asking is one call of status.
type asking struct {
	exitCode bool
	wait     string
	expect   expectation
	timeout  time.Duration
}

var waits = []string{"on", "off", "drained"}

func (a *app) statusCommand() *cobra.Command {
	var q asking
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell whether maintenance is on, or wait for it",
		Long: `Tell what is in force, until when, and who changed it.

With --exit-code the command exits with 3 where maintenance is on or read-only.

With --wait it first waits: until maintenance is on (or read-only), until it is off, or
until it is on and nothing that is refused runs on any replica. It waits as long as that
takes, or as --timeout says. Out of time it exits with 1, or with 4 if maintenance is on
and not drained.`,
		Example: `  {} status
  {} status --exit-code --quiet || echo "on, or unknown"
  {} status --wait drained --timeout 5m
  {} status --json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.status(cmd, q) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&q.exitCode, "exit-code", false, "exit with 3 where maintenance is on or read-only")
	flags.StringVar(&q.wait, "wait", "", "first wait until it `IS` on, off or drained")
	q.expect.add(cmd)
	flags.DurationVar(&q.timeout, "timeout", 0, "how long to wait; default as long as it takes")
	a.jsonFlag(cmd, "print the state as JSON")
	return cmd
}

func (a *app) status(cmd *cobra.Command, q asking) error {
	given := cmd.Flags().Changed
	if err := q.expect.read(); err != nil {
		return err
	}
	switch {
	case given("expect") && q.wait != "drained":
		return usage("--expect is about --wait drained; add that, or leave it out")
	case given("wait") && q.wait != "on" && q.wait != "off" && q.wait != "drained":
		return usage("--wait: there is no %q to wait for; write %s", q.wait, strings.Join(waits, ", "))
	case given("timeout") && !given("wait"):
		return usage("--timeout is about --wait; add that, or leave it out")
	case given("timeout") && q.timeout <= 0:
		return usage("--timeout: %s leaves no time to wait in; write one such as 60s", q.timeout)
	}
	return a.follow(cmd, func(ctx context.Context, s *session) (err error) {
		var report *maintenance.Report
		if q.wait != "" {
			if report, err = s.wait(ctx, q); err != nil {
				return err
			}
		}
		level := s.show(ctx, report)
		if q.exitCode && level != maintenance.Off {
			cmd.SilenceErrors = true // it is an answer
			return exits(inForce, fmt.Errorf("maintenance is %s", level))
		}
		return nil
	})
}

// show prints what is in force, and returns it.
func (s *session) show(ctx context.Context, report *maintenance.Report) maintenance.Level {
	state, at := s.mode.State(), now()
	level := state.At(at)
	if s.json {
		s.print(s.result(ctx, result{Level: level, State: state, Drain: report}))
		return level
	}
	s.say("%s", s.results.paint(levelColour(level), standing(state, at)))
	if state.Message != "" {
		s.say("  message  %s", line(state.Message))
	}
	if state.Revision > 0 {
		s.say("  changed  %s", audit(state, at))
	}
	if all := state.Exposed(maintenance.State{}, at); len(all) > 0 {
		s.say("  work     %s under it; where that was killed, to open: %s", atWork(all, at), s.hint(opens(state)))
	}
	s.say("  store    %s", s.following(ctx))
	if report != nil {
		s.say("%s", tidy(drained(*report)))
	}
	return level
}

// wait waits for what was asked for.
func (s *session) wait(ctx context.Context, q asking) (*maintenance.Report, error) {
	if q.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, q.timeout)
		defer cancel()
	}
	for {
		if err := s.until(ctx, q.wait == "off"); errors.Is(err, context.DeadlineExceeded) {
			return nil, exits(failed, fmt.Errorf("maintenance is %s after %s, not %s; see status for who changed it",
				s.mode.Level(), q.timeout, q.wait))
		} else if err != nil {
			return nil, err
		}
		if q.wait != "drained" {
			return nil, nil
		}
		report, err := s.drain(ctx, s.mode.Drain, closing{expect: q.expect})
		switch {
		case err == nil:
			return &report, nil
		case !errors.Is(err, maintenance.ErrChanged) && !errors.Is(err, maintenance.ErrOff):
			return nil, err
		}
		// The drain may have heard of it before the Mode did.
		if _, err := s.load(ctx); err != nil {
			return nil, err
		}
	}
}

// until waits until maintenance is off, or is not.
func (s *session) until(ctx context.Context, off bool) error {
	for {
		changed := s.mode.Changed()
		if (s.mode.Level() == maintenance.Off) == off {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (a *app) watchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Print a line for each change, until interrupted",
		Long: `Print what is in force, and then a line for each change of the state and for each
edge of a window, until interrupted. Changes that follow one another within a few
milliseconds may be missed; the line then says how many. Standard error tells when the
store can't be asked, and when it answers again.`,
		Example: `  {} watch
  {} watch --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.follow(cmd, func(ctx context.Context, s *session) error {
				s.watch(ctx)
				return nil
			})
		},
	}
	a.jsonFlag(cmd, "print one JSON object for each change")
	return cmd
}

// watch prints what the Mode knows, which follows the store by push, until
// interrupted, or until nobody reads any more.
func (s *session) watch(ctx context.Context) {
	var last *maintenance.Snapshot
	for {
		changed := s.mode.Changed()
		if present := s.mode.Snapshot(); last == nil || *present != *last {
			s.showChange(present, last)
			last = present
		}
		if s.fault != nil {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// showChange prints one line.
func (s *session) showChange(present, last *maintenance.Snapshot) {
	at, state := now(), present.State
	if s.json {
		s.print(struct {
			At time.Time `json:"at"`
			result
		}{at, result{Level: present.InForce, State: state}})
		return
	}
	if last != nil && state.Revision == last.State.Revision+1 && present.InForce == last.InForce {
		if passes := (maintenance.Record{Before: last.State, After: state}).Passes(); len(passes) > 0 {
			s.say("%s  %s", at.Format(time.RFC3339), fleet.PassHappened(passes[0], state.Revision))
			return
		}
	}
	text := standing(state, at)
	if state.Revision > 0 {
		text += " (" + audit(state, at)
		if last != nil && state.Revision > last.State.Revision+1 {
			missed := int(state.Revision - last.State.Revision - 1)
			text += fmt.Sprintf("; before it %s that came and went", count(missed, "change", "changes"))
		}
		text += ")"
	}
	s.say("%s  %s", at.Format(time.RFC3339), s.results.paint(levelColour(present.InForce), text))
}
