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

// closing is what on and run have in common: the state to save, and how to drain
// for it.
type closing struct {
	readOnly            bool
	message, reason, by string
	hold                time.Duration
	expect              expectation

	drain     bool
	timeout   time.Duration
	allows    bool // --allow-lost is there
	allowLost time.Duration
}

func (c *closing) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&c.readOnly, "read-only", false, "refuse writes only; reads go on")
	flags.StringVar(&c.message, "message", "", "a `TEXT` for visitors")
	flags.StringVar(&c.reason, "reason", "", "a `TEXT` for operators; no visitor sees it")
	byFlag(cmd, &c.by)
	flags.DurationVar(&c.hold, "hold", 0, "how long a request waits for the end before it is refused")
	c.expect.add(cmd)
	flags.BoolVar(&c.drain, "drain", false, "wait until nothing that is refused runs on any replica")
	flags.DurationVar(&c.timeout, "timeout", time.Minute, "how long to wait for that")
	flags.DurationVar(&c.allowLost, "allow-lost", 0, "do not wait for a replica that fails closed once lost for `GRACE`")
}

// grace is what the help says of --allow-lost.
const grace = `A drain waits for a replica that was killed until you call "replicas forget". With
--allow-lost GRACE, a lost replica that fails closed counts as drained after GRACE,
which has to cover the longest request and the longest pause of a process. That is
a risk that you take, not a proof.`

// state is the one that was asked for. It refuses what contradicts itself.
func (c *closing) state(cmd *cobra.Command) (maintenance.State, error) {
	s := maintenance.State{Level: maintenance.On, Message: c.message, Reason: c.reason, Hold: c.hold}
	if c.hold < 0 || c.hold > maintenance.MaxHold {
		return s, usage("--hold: %s is not from 0s to %s", c.hold, maintenance.MaxHold)
	}
	if c.readOnly {
		s.Level = maintenance.ReadOnly
	}
	if err := c.expect.read(); err != nil {
		return s, err
	}
	for _, name := range []string{"timeout", "allow-lost"} {
		if cmd.Flags().Changed(name) && !c.drain {
			return s, usage("--%s is about --drain; add that, or leave it out", name)
		}
	}
	if c.drain && c.timeout <= 0 {
		return s, usage("--timeout: %s leaves no time to drain in; write one such as 60s", c.timeout)
	}
	if c.allows = cmd.Flags().Changed("allow-lost"); c.allowLost < 0 {
		return s, usage("--allow-lost: %s is negative; write a time such as 30s", c.allowLost)
	}
	var err error
	s.Via = viaCommand
	s.ChangedBy, err = author(cmd, c.by)
	return s, err
}

// options are those of Mode.Drain.
func (c *closing) options() []maintenance.DrainOption {
	var options []maintenance.DrainOption
	if c.expect.given { // else one that finds nobody is told so at once
		options = append(options, maintenance.Expect(c.expect.least, c.expect.most))
	}
	if c.allows {
		options = append(options, maintenance.AllowLost(c.allowLost))
	}
	return options
}

// expected is an error where another number of replicas follows than should, or a number
// was asked for and can't be known, before anything is changed.
func (s *session) expected(ctx context.Context, e expectation) error {
	n, gone, err := s.followers(ctx)
	switch {
	case err != nil && e.given && !e.any():
		return exits(notDrained, fmt.Errorf("nothing was changed: %s is expected, and how many replicas follow %s can't be known: %w", e.text, s.named(), err))
	case err == nil && !e.meets(n):
		return fmt.Errorf("nothing was changed: %w", s.unexpected(n, gone, e))
	}
	return nil
}

// errNoRoster means that the store can't tell who follows it. A drain of this
// process alone, which serves nobody, would prove nothing.
var errNoRoster = fmt.Errorf("%w: the store keeps no list of replicas, so none can be asked; use one that does", maintenance.ErrNotDrained)

// drain waits until nothing that is refused runs any more, and shows how it
// goes. by is the Drain of a Mode or of an Engagement.
func (s *session) drain(
	ctx context.Context,
	by func(context.Context, ...maintenance.DrainOption) (maintenance.Report, error),
	c closing,
) (maintenance.Report, error) {
	if _, ok := s.store.(maintenance.Roster); !ok {
		return maintenance.Report{State: s.mode.State(), Local: true}, errNoRoster
	}
	p, listed := s.progress(ctx)
	if c.allows {
		s.helpless(listed)
	}
	report, err := by(ctx, append(c.options(), maintenance.OnProgress(p.show))...)
	if err == nil || errors.Is(err, maintenance.ErrNotDrained) {
		p.show(report)
	}
	s.leave()
	switch {
	case errors.Is(err, maintenance.ErrNotDrained):
		return report, s.pending(ctx, report, err)
	case err == nil:
		// Unknown entries hold a drain up unless they are allowed, so all others are replicas.
		dead := len(report.Declared) + len(report.Allowed)
		if living := report.Total - dead; !c.expect.meets(living) {
			report.Drained = false
			return report, fmt.Errorf("%w, as nothing was asked: %w", maintenance.ErrNotDrained, s.unexpected(living, dead, c.expect))
		}
	}
	return report, err
}

// drained is the final sentence about a drain that succeeded.
func drained(r maintenance.Report) string {
	text := fmt.Sprintf("Drained after %s: nothing that is refused runs any more (%s).",
		r.Waited.Round(time.Millisecond), count(r.Total, "replica", "replicas"))
	if len(r.Allowed) > 0 {
		text += fmt.Sprintf("\nNot proven for %s, as --allow-lost permits:%s",
			count(len(r.Allowed), "lost replica", "lost replicas"), listed(r.Allowed))
	}
	if len(r.Declared) > 0 {
		text += fmt.Sprintf("\nNot proven for %s, whose work has ended by its own word (WorkLimit):%s",
			count(len(r.Declared), "lost replica", "lost replicas"), listed(r.Declared))
	}
	text += forced(r.Ended)
	if r.Vouched != "" {
		text += fmt.Sprintf("\nOn the word of the store's owner (%s): the store can't tell whether it lost the entry of a replica.", r.Vouched)
	}
	return text
}

// pending says who is waited for, and what to do.
func (s *session) pending(ctx context.Context, r maintenance.Report, err error) error {
	text := fmt.Sprintf("not drained after %s", r.Waited.Round(time.Millisecond))
	if errors.Is(ctx.Err(), context.Canceled) {
		text = "interrupted: " + text
	}
	if len(r.Pending) > 0 {
		text += fmt.Sprintf(", %d pending of %s:%s", len(r.Pending), count(r.Total, "replica", "replicas"), listed(r.Pending))
	}
	if r.Note != "" {
		text += "\n  " + line(r.Note)
	}
	for _, cause := range fleet.Causes(err) {
		if cause.Error() != r.Note {
			text += "\n  " + line(cause.Error())
		}
	}
	text += forced(r.Ended)
	if command := s.forgetThem(r.Pending); command != "" {
		text += "\nOnce you are certain " + fleet.Certain(r.Pending) + ", forget them and drain again:\n  " + command
	}
	return &reworded{text, err}
}

// forced names what replicas have ended by force in a drain.
func forced(replicas []maintenance.Replica) string {
	if len(replicas) == 0 {
		return ""
	}
	return "\nEnded by force (EndAfter):\n  " + strings.Join(byForce(replicas), "\n  ")
}

func listed(replicas []maintenance.Pending) string {
	var b strings.Builder
	for _, p := range replicas {
		b.WriteString("\n  " + line(p.String()))
		for _, r := range p.Replica.Running {
			b.WriteString("\n    " + line(r.String()))
		}
	}
	return b.String()
}
