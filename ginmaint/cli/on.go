package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// switching is one call of on.
type switching struct {
	draining
	readOnly                                bool
	message, reason, startText, endText, by string
	length                                  time.Duration

	start, end time.Time
}

func (a *app) onCommand() *cobra.Command {
	var o switching
	cmd := &cobra.Command{
		Use:   "on",
		Short: "Switch maintenance on, now or in a window to come",
		Long: `Switch maintenance on. It is in force at once and until it is switched off, unless
--start, --end or --for say otherwise. The message that is stored stays, unless
--message replaces it.

With --drain the command returns only when no replica works any more on what is
refused; where that does not happen in time it names who is waited for and exits
with 4, and maintenance stays on.

` + grace + `

Times are RFC 3339 (2026-11-22T01:00:00+01:00), a date and time in the zone of this
terminal ("2026-11-22 01:00"), a time of day (01:00, the next one to come), or
counted from now (+10m). What was understood is printed.`,
		Example: `  {} on
  {} on --message "Back at two" --for 2h --drain
  {} on --read-only --reason "migrating orders" --drain --timeout 5m
  {} on --start "2026-11-22 01:00" --end "2026-11-22 03:00"`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.on(cmd, o) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.readOnly, "read-only", false, "let reads go on, and refuse writes alone")
	flags.StringVar(&o.message, "message", "", "a `TEXT` for visitors")
	flags.StringVar(&o.startText, "start", "", "the `TIME` from when on; default at once")
	flags.StringVar(&o.endText, "end", "", "the `TIME` until when; default until it is switched off")
	flags.DurationVar(&o.length, "for", 0, "how long from the start on, in place of --end")
	flags.StringVar(&o.reason, "reason", "", "a `TEXT` for operators; no visitor sees it")
	byFlag(cmd, &o.by)
	o.add(cmd)
	a.jsonFlag(cmd, "print the state, and the report of the drain, as JSON")
	return cmd
}

// result is what on, off and status print for machines.
type result struct {
	Level   maintenance.Level `json:"level"` // in force now
	State   maintenance.State `json:"state"`
	Changed *bool             `json:"changed,omitempty"`
	Drain   *drainResult      `json:"drain,omitempty"`
	Store   string            `json:"store,omitempty"`
}

func (a *app) on(cmd *cobra.Command, o switching) (err error) {
	if err := o.read(cmd); err != nil {
		return err
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	s, err := a.open(ctx, cmd)
	if err != nil {
		return err
	}
	defer s.end(&err)
	before := s.mode.Level()
	state, changed, err := s.change(ctx, func(state *maintenance.State) error { o.apply(cmd, state); return nil })
	if err != nil {
		return err
	}
	at := now()
	if changed {
		s.say("%s", s.results.paint(levelColour(state.At(at)), standing(state, at)))
	} else {
		s.say("%s\nIt was so already (%s); nothing was changed.",
			s.results.paint(levelColour(state.At(at)), standing(state, at)), audit(state, at))
	}
	if state.At(at) < before {
		s.note("warning: it was %s before, and is %s until the window begins", before, state.At(at))
	}
	view := result{Level: state.At(at), State: state, Changed: &changed, Store: s.where}
	if o.drain {
		view.Drain, err = s.drainAfter(ctx, cmd, state, o.draining)
		_, _ = s.refresh(ctx) // else the level is the last one heard of
		view.Level = s.mode.Level()
	}
	if s.json {
		s.print(view)
	}
	return err
}

// drainAfter drains for a document that was just saved.
func (s *session) drainAfter(ctx context.Context, cmd *cobra.Command, state maintenance.State, d draining) (*drainResult, error) {
	begin := time.Now()
	if state.Start.After(begin) {
		begin = state.Start
	}
	ctx, cancel := context.WithDeadline(ctx, begin.Add(d.timeout))
	defer cancel()
	report, err := s.drain(ctx, state, d.options(cmd)...)
	switch {
	case err == nil:
		s.say("%s", tidy(drained(report)))
	case errors.Is(err, maintenance.ErrNotDrained):
		err = fmt.Errorf("%w\nMaintenance stays %s; to open again: %s", err, report.State.Level, s.hint("off"))
	}
	return newDrainResult(report), err
}

// read makes times of the texts, and refuses what contradicts itself.
func (o *switching) read(cmd *cobra.Command) (err error) {
	at := now()
	given := cmd.Flags().Changed
	if err := o.check(cmd); err != nil {
		return err
	}
	if o.by, err = author(cmd, o.by); err != nil {
		return err
	}
	if given("end") && given("for") {
		return usage("--end and --for both say when it ends; keep one")
	}
	begin := at
	if given("start") {
		if o.start, err = moment(o.startText, at, at); err != nil {
			return usage("--start: %w", err)
		}
		if o.start.After(begin) {
			begin = o.start
		}
	}
	switch {
	case given("end"):
		if o.end, err = moment(o.endText, at, begin); err != nil {
			return usage("--end: %w", err)
		}
	case given("for") && o.length <= 0:
		return usage("--for: %s is no length of time; write one such as 2h", o.length)
	case given("for"):
		o.end = begin.Add(o.length)
	}
	switch {
	case o.end.IsZero():
	case !o.end.After(at):
		return usage("--end: %s is over; write a time to come", stamp(o.end, at))
	case !o.end.After(begin):
		return usage("--end: %s is not after --start, %s; write a later one", stamp(o.end, at), stamp(o.start, at))
	}
	return nil
}

// apply makes the state the one that was asked for.
func (o *switching) apply(cmd *cobra.Command, s *maintenance.State) {
	if s.Level == maintenance.Off {
		s.Reason = "" // it is the one of switching off
	}
	s.Level = maintenance.On
	if o.readOnly {
		s.Level = maintenance.ReadOnly
	}
	s.Start, s.End, s.ChangedBy = o.start, o.end, o.by
	if cmd.Flags().Changed("message") {
		s.Message = o.message
	}
	if cmd.Flags().Changed("reason") {
		s.Reason = o.reason
	}
}
