package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// asking is one call of status.
type asking struct {
	exitCode bool
	wait     string
	timeout  time.Duration
}

var waits = []string{"on", "off", "drained"}

func (a *app) statusCommand() *cobra.Command {
	var q asking
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell whether maintenance is on, or wait for it",
		Long: `Tell what is in force, until when, and who changed it.

With --exit-code the command exits with 3 where maintenance is on, be it read-only.

With --wait it first waits until maintenance is on (or read-only), until it is off, or
until it is on and no replica works any more on what is refused: for as long as it
takes, unless --timeout bounds it. Out of time it exits with 1, and with 4 where
maintenance is on and not drained.`,
		Example: `  {} status
  {} status --exit-code --quiet || echo "on, or unknown"
  {} status --wait drained --timeout 5m
  {} status --json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.status(cmd, q) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&q.exitCode, "exit-code", false, "exit with 3 where maintenance is on")
	flags.StringVar(&q.wait, "wait", "", "first wait until it `IS` on, off or drained")
	flags.DurationVar(&q.timeout, "timeout", 0, "how long to wait; default as long as it takes")
	a.jsonFlag(cmd, "print the state as JSON")
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("wait", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return waits, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func (a *app) status(cmd *cobra.Command, q asking) (err error) {
	given := cmd.Flags().Changed
	switch {
	case given("wait") && q.wait != "on" && q.wait != "off" && q.wait != "drained":
		return usage("--wait: there is no %q to wait for; write %s", q.wait, strings.Join(waits, ", "))
	case given("timeout") && !given("wait"):
		return usage("--timeout is about --wait; add that, or leave it out")
	case given("timeout") && q.timeout <= 0:
		return usage("--timeout: %s leaves no time to wait in; write one such as 60s", q.timeout)
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	s, err := a.open(ctx, cmd)
	if err != nil {
		return err
	}
	defer s.end(&err)
	var report *drainResult
	if q.wait != "" {
		if report, err = s.wait(ctx, q); err != nil {
			return err
		}
	}
	level := s.show(report)
	if q.exitCode && level != maintenance.Off {
		cmd.SilenceErrors = true // it is an answer
		return exits(inForce, fmt.Errorf("maintenance is %s", level))
	}
	return nil
}

// show prints what is in force, and returns it.
func (s *session) show(report *drainResult) maintenance.Level {
	known, at := s.mode.Status(), now()
	if s.json {
		s.print(result{Level: known.InForce, State: known.State, Drain: report, Store: s.where})
		return known.InForce
	}
	state := known.State
	sentence := standing(state, at)
	if known.InForce != state.At(at) { // a Mode of the application may refuse for another reason
		sentence = fmt.Sprintf("This process is at %s: it admits nothing, or the window has just passed an edge.\n%s", known.InForce, sentence)
	}
	s.say("%s", s.results.paint(levelColour(known.InForce), sentence))
	for _, l := range []struct{ name, text string }{
		{"message", line(state.Message)},
		{"changed", audit(state, at)},
		{"store", s.where},
	} {
		if l.text != "" && (l.name != "changed" || state.Revision > 0) {
			s.say("  %-8s %s", l.name, l.text)
		}
	}
	if report != nil {
		s.say("%s", tidy(drained(report.report)))
	}
	return known.InForce
}

// wait waits for what was asked for.
func (s *session) wait(ctx context.Context, q asking) (*drainResult, error) {
	if q.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, q.timeout)
		defer cancel()
	}
	for {
		if err := s.until(ctx, q.wait != "off"); err != nil {
			return nil, waited(ctx, q, s.mode.Level())
		}
		if q.wait != "drained" {
			return nil, nil
		}
		report, err := s.drain(ctx, maintenance.State{})
		switch {
		case err == nil:
			return newDrainResult(report), nil
		case !errors.Is(err, maintenance.ErrChanged):
			return nil, err
		}
		// The drain may have heard of it before the Mode did.
		if _, err := s.refresh(ctx); err != nil {
			return nil, err
		}
	}
}

// until waits until something is in force, or nothing.
func (s *session) until(ctx context.Context, on bool) error {
	for {
		changed := s.mode.Changed()
		if (s.mode.Level() != maintenance.Off) == on {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func waited(ctx context.Context, q asking, l maintenance.Level) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return exits(failed, fmt.Errorf("maintenance is %s after %s, not %s; see status for who changed it", l, q.timeout, q.wait))
	}
	return ctx.Err()
}
