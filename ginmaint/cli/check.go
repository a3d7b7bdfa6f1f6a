package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (a *app) storeCommand() *cobra.Command {
	group := &cobra.Command{
		Use:   "store",
		Short: "Look at the store itself",
		RunE:  func(cmd *cobra.Command, _ []string) error { return nameOne(cmd) },
	}
	check := &cobra.Command{
		Use:   "check",
		Short: "Check that the store serves: reachable, rights, latency, pushes",
		Long: `Check what a new installation needs of its store: that it can be reached, how fast
it answers, that this user may save and list replicas, and that changes arrive by push.

While maintenance is off the state is saved once more, unchanged but for its revision,
and an entry is put into the list of replicas and taken out again. While it is on, or
announced, neither is done: a run in progress would find its state changed.`,
		Example: `  {} store check`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx, stop := interruptible(cmd)
			defer stop()
			s, err := a.open(ctx, cmd)
			if err != nil {
				return err
			}
			defer s.end(&err)
			return s.check(ctx)
		},
	}
	a.jsonFlag(check, "print a JSON array, one object for each check")
	group.AddCommand(check, a.migrateCommand())
	return group
}

// finding is the result of one check.
type finding struct {
	Check  string        `json:"check"`
	OK     bool          `json:"ok"`
	Detail string        `json:"detail"`
	Took   time.Duration `json:"took_ns,omitempty"`
}

// check runs all checks, also after one that failed.
func (s *session) check(ctx context.Context) error {
	p := &probe{session: s}
	checks := []struct {
		name string
		run  func(context.Context) (string, time.Duration, error)
	}{
		{"load", p.load},
		{"save", p.save},
		{"push", p.push},
		{"replicas", p.list},
		{"join", p.join},
	}
	defer p.stop()
	findings := make([]finding, 0, len(checks))
	bad := 0
	for _, c := range checks {
		asking, cancel := s.bounded(ctx)
		detail, took, err := c.run(asking)
		if err != nil {
			bad++
			detail = tidy(s.unanswered(asking, err).Error())
		}
		cancel()
		f := finding{c.name, err == nil, detail, took}
		findings = append(findings, f)
		mark := s.results.paint(green, "ok    ")
		if !f.OK {
			mark = s.results.paint(red, "failed")
		}
		s.say("%s  %-8s  %s", mark, f.Check, f.Detail)
	}
	if s.json {
		s.print(findings)
	}
	if bad > 0 {
		return fmt.Errorf("%s of %d failed; what to do stands beside each", count(bad, "check", "checks"), len(checks))
	}
	return nil
}

// untried is the detail of a check that would disturb.
const untried = "not tried while maintenance is on or announced"

// load asks several times, for a latency that means something.
func (p *probe) load(ctx context.Context) (string, time.Duration, error) {
	const times = 9
	var took []time.Duration
	for range times {
		begin := time.Now()
		s, err := p.store.Load(ctx)
		if err != nil {
			return "", 0, err
		}
		took = append(took, time.Since(begin))
		p.state = s
	}
	slices.Sort(took)
	where := p.where
	if where == "" {
		where = "the store"
	}
	return fmt.Sprintf("%s answers in %s, at most %s of %d times; %s",
		where, brief(took[times/2]), brief(took[times-1]), times, levelOf(p.state)), took[times/2], nil
}

func levelOf(s maintenance.State) string {
	if s.Revision == 0 {
		return "never switched"
	}
	return fmt.Sprintf("level %s, revision %d", s.Level, s.Revision)
}

// save saves what is there, over exactly that. It listens first, so that push
// can tell whether the change arrives.
func (p *probe) save(ctx context.Context) (string, time.Duration, error) {
	if p.state.Level != maintenance.Off {
		return untried, 0, nil
	}
	p.listen(ctx)
	p.sent = time.Now()
	saved, err := p.store.Save(ctx, p.state)
	took := time.Since(p.sent)
	if errors.Is(err, maintenance.ErrConflict) {
		return "somebody else saved at the same moment, so this user may ask; check again to be sure", took, nil
	}
	if err != nil {
		return "", took, err
	}
	p.saved = saved
	return fmt.Sprintf("this user may; it took %s", brief(took)), took, nil
}

func brief(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > 10*time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
