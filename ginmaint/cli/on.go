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

// switching is one call of on.
type switching struct {
	closing
	start, end string
	length     time.Duration
	force      bool
}

func (a *app) onCommand() *cobra.Command {
	var o switching
	cmd := &cobra.Command{
		Use:   "on",
		Short: "Switch maintenance on, now or in a window",
		Long: `Switch maintenance on. It is in force at once and until it is switched off, unless
--start, --end or --for say otherwise.

The order given last stands: this one replaces whatever is stored, even if maintenance
is on already, and says whose order that was. Without --message, the
message stays the one that visitors see now, or will see in an announced window. The
reason of the earlier order does not stay.

With --hold a request that would be refused waits so long first, and goes on if
maintenance ends meanwhile: visitors notice nothing of a few seconds.

With --drain the command returns once nothing that is refused runs on any replica. If
that takes longer than --timeout, counted from the start of the window, the command
names the replicas that it waited for and exits with 4. Maintenance stays on.

` + grace + `

Times are RFC 3339 (2026-11-22T01:00:00+01:00), a date and time in the zone of this
terminal ("2026-11-22 01:00"), a time of day (01:00, the next one to come), or
counted from now (+10m). The output shows what was understood.`,
		Example: `  {} on
  {} on --message "Back at two" --for 2h --drain
  {} on --read-only --hold 15s
  {} on --read-only --reason "migrating orders" --drain --timeout 5m
  {} on --start "2026-11-22 01:00" --end "2026-11-22 03:00"`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.on(cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.start, "start", "", "the `TIME` when it begins; default at once")
	flags.StringVar(&o.end, "end", "", "the `TIME` when it ends; default when it is switched off")
	flags.DurationVar(&o.length, "for", 0, "how long it lasts from the start on, in place of --end")
	forceFlag(cmd, &o.force)
	o.add(cmd)
	a.jsonFlag(cmd, "print the state, and the report of the drain, as JSON")
	return cmd
}

func (a *app) on(cmd *cobra.Command, o switching) error {
	want, err := o.window(cmd, now())
	if err != nil {
		return err
	}
	return a.follow(cmd, func(ctx context.Context, s *session) error {
		if err := s.expected(ctx, o.expect); err != nil {
			return err
		}
		saved, replaced, err := s.order(ctx, func(stored maintenance.State) (maintenance.State, error) {
			next := want
			if !cmd.Flags().Changed("message") && stored.Level != maintenance.Off && !over(stored, now()) {
				next.Message = stored.Message
			}
			return next, s.spares(stored, next, o.force)
		})
		if err != nil {
			return err
		}
		view := s.tell(ctx, saved, replaced)
		if saved.Message != "" && !cmd.Flags().Changed("message") {
			s.note("The message from before stays: %s", line(saved.Message))
		}
		if o.drain {
			var report maintenance.Report
			report, err = s.drainAfter(ctx, saved, o.closing)
			view.Drain, view.Level = &report, s.mode.Level()
		}
		if s.json {
			s.print(view)
		}
		return err
	})
}

// window is the state that was asked for, with its times.
func (o *switching) window(cmd *cobra.Command, at time.Time) (maintenance.State, error) {
	given := cmd.Flags().Changed
	s, err := o.state(cmd)
	if err != nil {
		return s, err
	}
	if given("end") && given("for") {
		return s, usage("--end and --for both say when it ends; keep one")
	}
	begin := at
	if given("start") {
		if s.Start, err = moment(o.start, at, at); err != nil {
			return s, usage("--start: %w", err)
		}
		if s.Start.After(begin) {
			begin = s.Start
		}
	}
	switch {
	case given("end"):
		if s.End, err = moment(o.end, at, begin); err != nil {
			return s, usage("--end: %w", err)
		}
	case given("for") && o.length <= 0:
		return s, usage("--for: %s is no length of time; write one such as 2h", o.length)
	case given("for"):
		s.End = begin.Add(o.length)
	}
	switch {
	case s.End.IsZero():
	case !s.End.After(at):
		return s, usage("--end: %s is over; write a time to come", stamp(s.End, at))
	case !s.End.After(begin):
		return s, usage("--end: %s is not after --start, %s; write a later one", stamp(s.End, at), stamp(s.Start, at))
	}
	return s, nil
}

// drainAfter drains for a state that was just saved.
func (s *session) drainAfter(ctx context.Context, saved maintenance.State, c closing) (maintenance.Report, error) {
	begin := time.Now()
	if saved.Start.After(begin) {
		begin = saved.Start
	}
	ctx, cancel := context.WithDeadline(ctx, begin.Add(c.timeout))
	defer cancel()
	report, err := s.drain(ctx, s.mode.Drain, c)
	switch found := report.State; {
	case errors.Is(err, maintenance.ErrOff), err == nil && found.Level < saved.Level:
		err = fmt.Errorf("%w (to %s, by %q)", maintenance.ErrChanged, found.Level, found.ChangedBy)
	case err == nil:
		s.say("%s", tidy(drained(report)))
	case errors.Is(err, maintenance.ErrNotDrained):
		return report, fmt.Errorf("%w\n%s", err, s.remains(ctx, saved, ""))
	}
	if err != nil { // the drain may have heard of a change before the Mode
		_, _ = s.load(context.WithoutCancel(ctx))
	}
	return report, err
}

func (a *app) offCommand() *cobra.Command {
	var reason, by string
	var revision uint64
	var force bool
	var expect expectation
	cmd := &cobra.Command{
		Use:   "off",
		Short: "Switch maintenance off, or call off an announced window",
		Long: `Switch maintenance off, and drop message and window. The order given last stands: this
one is saved even if maintenance is off already.

With --if-revision it is saved only over that revision, which status prints. If somebody
has changed the state since, the command changes nothing and exits with 5. It does the
same while a "run" works under the state; --force switches off all the same. Over a store
that nobody follows the command changes nothing and exits with 4; if that is what you
mean, add --expect 0.`,
		Example: `  {} off
  {} off --reason "migrated" --if-revision 7`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			by, err := author(cmd, by)
			if err != nil {
				return err
			}
			if err := expect.read(); err != nil {
				return err
			}
			return a.follow(cmd, func(ctx context.Context, s *session) error {
				if err := s.expected(ctx, expect); err != nil {
					return err
				}
				saved, replaced, err := s.order(ctx, func(stored maintenance.State) (maintenance.State, error) {
					if cmd.Flags().Changed("if-revision") && stored.Revision != revision {
						text := fmt.Sprintf("the revision is %d, not %d: somebody has changed the state; see status, and decide again", stored.Revision, revision)
						return stored, &reworded{text, maintenance.ErrConflict}
					}
					next := maintenance.State{Level: maintenance.Off, Reason: reason, ChangedBy: by, Via: viaCommand}
					return next, s.spares(stored, next, force)
				})
				if err != nil {
					return err
				}
				if view := s.tell(ctx, saved, replaced); s.json {
					s.print(view)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "a `TEXT` for operators")
	forceFlag(cmd, &force)
	expect.add(cmd)
	cmd.Flags().Uint64Var(&revision, "if-revision", 0, "only over the revision `N`")
	byFlag(cmd, &by)
	a.jsonFlag(cmd, "print the state as JSON")
	return cmd
}

// order saves what next makes of the state stored, always, and returns it with
// the one that it replaced.
func (s *session) order(
	ctx context.Context,
	next func(stored maintenance.State) (maintenance.State, error),
) (saved, replaced maintenance.State, err error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	saved, err = s.mode.Update(ctx, func(state *maintenance.State) (err error) {
		replaced = s.mode.State() // with its author, which Update leaves out
		*state, err = next(replaced)
		return err
	})
	return saved, replaced, s.unanswered(ctx, err)
}

// tell says what holds now, and whose order this one replaces. It returns the
// same for machines.
func (s *session) tell(ctx context.Context, saved, replaced maintenance.State) result {
	at := now()
	is, was := saved.At(at), replaced.At(at)
	s.say("%s", s.results.paint(levelColour(is), standing(saved, at)))
	s.note("In %s.", s.following(ctx))
	view := result{Level: is, State: saved}
	if s.json {
		view = s.result(ctx, view)
	}
	if replaced.Revision == 0 {
		return view
	}
	view.Replaced = &replaced
	if names := fleet.Ending(replaced, saved, at); len(names) > 0 {
		s.note("With it %s: %s.", count(len(names), "pass goes", "passes go"), strings.Join(names, ", "))
	}
	switch by := audit(replaced, at); {
	case announced(replaced, at):
		s.say("A window was announced (%s); this order replaces that one.", by)
	case is == was && !announced(saved, at):
		s.say("It was %s already (%s); this order replaces that one.", was, by)
	case was != maintenance.Off && saved.Level != maintenance.Off:
		s.say("It was %s before (%s); this order replaces that one.", was, by)
	}
	switch {
	case is >= was || saved.Level == maintenance.Off:
	case announced(saved, at):
		s.note("warning: it was %s before, and is off until the window begins", was)
	default:
		s.note("warning: it was %s before, and is %s now", was, is)
	}
	return view
}
