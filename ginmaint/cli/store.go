package cli

import (
	"context"
	"crypto/rand"
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
		RunE:  nameOne,
	}
	check := &cobra.Command{
		Use:   "check",
		Short: "Check that the store serves: reachable, rights, latency, pushes",
		Long: `Check what a new installation needs of its store: that it can be reached, how fast
it answers, that this user may save and list replicas, that changes arrive by push where
the store has pushes, and whether the store knows its server, which the proof of a drain
rests on, or on whose word.

While maintenance is off, the state is saved once more, with you as its author and "store
check" as its reason, as history lists it, and else unchanged; and an entry is put into
the list of replicas and taken out again. While it is on or announced, neither is done:
a run in progress would find its state changed.`,
		Example: `  {} store check`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			by, err := author(cmd, "")
			if err != nil {
				return err
			}
			return a.follow(cmd, func(ctx context.Context, s *session) error { return s.check(ctx, by) })
		},
	}
	a.jsonFlag(check, "print a JSON array, one object for each check")
	group.AddCommand(check, a.migrateCommand())
	return group
}

func (a *app) migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Make the store's tables where they are missing",
		Long: `Make the tables that a store in PostgreSQL, MySQL, MariaDB or SQLite needs, where
they are missing. Existing tables stay as they are, so you can call it with each
deployment. Other stores need no tables.`,
		Example: `  {} store migrate --store postgres://shop@db/shop`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.open(cmd, func(ctx context.Context, s *session) error {
				tables, ok := s.store.(interface{ Migrate(context.Context) error })
				if !ok {
					s.say("This store needs no tables.")
					return nil
				}
				ctx, cancel := s.bounded(ctx)
				defer cancel()
				if err := tables.Migrate(ctx); err != nil {
					return s.unanswered(ctx, err)
				}
				s.say("The tables are there.")
				return nil
			})
		},
	}
}

// finding is the result of one check.
type finding struct {
	Check  string        `json:"check"`
	OK     bool          `json:"ok"`
	Detail string        `json:"detail"`
	Took   time.Duration `json:"took_ns,omitempty"`
}

// probe is what the checks of a store find out one after the other.
type probe struct {
	*session
	by     string                 // who checks
	state  maintenance.State      // as loaded
	saved  maintenance.State      // as saved by us; zero where nothing was
	sent   time.Time              // when that was sent
	pushes chan maintenance.State // what Watch tells
	broke  chan error             // how Watch ended
	deaf   error                  // why it does not listen
	listed *maintenance.Listing   // nil where there is none
}

// limits is the result of a check that found no fault, but something that is not to be had.
type limits struct{ error }

// check runs all checks, also after one that failed. It listens first, so that
// push can tell whether the change that save makes arrives.
func (s *session) check(ctx context.Context, by string) error {
	p := &probe{session: s, by: by, pushes: make(chan maintenance.State, 16), broke: make(chan error, 1)}
	defer p.listen(ctx)()
	checks := []struct {
		name string
		run  func(context.Context) (detail string, took time.Duration, err error)
	}{{"load", p.load}, {"save", p.save}, {"push", p.push}, {"replicas", p.list}, {"identity", p.identity}, {"join", p.join}}
	findings := make([]finding, 0, len(checks))
	bad := 0
	for _, c := range checks {
		asking, cancel := s.bounded(ctx)
		detail, took, err := c.run(asking)
		mark := s.results.paint(green, "ok    ")
		var limited limits
		if errors.As(err, &limited) {
			mark, detail, err = s.results.paint(yellow, "note  "), tidy(limited.Error()), nil
		} else if err != nil {
			bad++
			mark, detail = s.results.paint(red, "failed"), tidy(s.unanswered(asking, err).Error())
		}
		cancel()
		findings = append(findings, finding{c.name, err == nil, detail, took})
		s.say("%s  %-8s  %s", mark, c.name, detail)
	}
	if s.json {
		s.print(findings)
	}
	if bad > 0 {
		return fmt.Errorf("%s of %d failed; what to do stands beside each", count(bad, "check", "checks"), len(checks))
	}
	return nil
}

// listen returns once the store's Watch listens, or says why it does not.
func (p *probe) listen(ctx context.Context) (stop func()) {
	asking, cancel := p.bounded(ctx)
	defer cancel()
	watching, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.broke <- p.store.Watch(watching, func(s maintenance.State) {
			select {
			case p.pushes <- s:
			default: // one is enough
			}
		})
	}()
	select {
	case <-p.pushes: // it listens
	case p.deaf = <-p.broke:
	case <-asking.Done():
		p.deaf = asking.Err()
	}
	return func() { end(); <-ended }
}

// load asks several times, for a latency that means something.
func (p *probe) load(ctx context.Context) (string, time.Duration, error) {
	const times = 9
	var took []time.Duration
	for range times {
		begin := time.Now()
		state, err := p.store.Load(ctx)
		if err != nil {
			return "", 0, err
		}
		p.state, took = state, append(took, time.Since(begin))
	}
	slices.Sort(took)
	holds := "never switched"
	if p.state.Revision > 0 {
		holds = fmt.Sprintf("level %s, revision %d", p.state.Level, p.state.Revision)
	}
	return fmt.Sprintf("%s answers in %s, at most %s of %d times; %s",
		p.named(), brief(took[times/2]), brief(took[times-1]), times, holds), took[times/2], nil
}

// untried is the detail of a check that would disturb.
const untried = "not tried while maintenance is on or announced"

// save saves what is there, over exactly that. It is signed, or the history would tell of
// a change by somebody who made none.
func (p *probe) save(ctx context.Context) (string, time.Duration, error) {
	if p.state.Level != maintenance.Off {
		return untried, 0, nil
	}
	next := p.state
	next.ChangedBy, next.ChangedAt, next.Via, next.Reason = p.by, now(), viaCommand, "store check"
	p.sent = time.Now()
	saved, err := p.store.Save(ctx, next)
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

// push waits for the change that save has made.
func (p *probe) push(ctx context.Context) (string, time.Duration, error) {
	if p.deaf != nil {
		return "", 0, fmt.Errorf("changes don't arrive by push, so replicas follow by polling alone: %w", p.deaf)
	}
	if polling, ok := p.store.(interface{ Interval() time.Duration }); ok {
		return "", 0, limits{fmt.Errorf("this store has no pushes; replicas follow by polling, within %s unless their Poll says otherwise", polling.Interval())}
	}
	if p.saved.ID == "" {
		return "the store listens; whether a change arrives was not tried", 0, nil
	}
	for {
		select {
		case s := <-p.pushes:
			if s.ID == "" || s.Revision >= p.saved.Revision {
				took := time.Since(p.sent)
				return fmt.Sprintf("a change arrives within %s", brief(took)), took, nil
			}
		case err := <-p.broke:
			return "", 0, fmt.Errorf("the store stopped listening: %w", err)
		case <-ctx.Done():
			return "", 0, fmt.Errorf("the change did not arrive by push, so replicas follow by polling alone; "+
				"check proxies between here and the store: %w", ctx.Err())
		}
	}
}

// list reads the roster.
func (p *probe) list(ctx context.Context) (string, time.Duration, error) {
	roster, ok := p.store.(maintenance.Roster)
	if !ok {
		return "", 0, errNoRoster
	}
	begin := time.Now()
	s, err := roster.Replicas(ctx)
	took := time.Since(begin)
	if err != nil {
		return "", took, err
	}
	p.listed = &s
	return fmt.Sprintf("%s; listing took %s", count(len(s.Replicas), "replica follows", "replicas follow"), brief(took)), took, nil
}

// identity tells what the proof of a drain rests on.
func (p *probe) identity(context.Context) (string, time.Duration, error) {
	switch {
	case p.listed == nil:
		return "", 0, limits{errors.New("not known, as the replicas could not be listed")}
	case p.listed.Unproven != nil:
		return "", 0, limits{fmt.Errorf("no drain can be proven: %w", p.listed.Unproven)}
	case p.listed.Vouched != "":
		return fmt.Sprintf("the server does not tell who it is; a drain rests on the owner's word, by %s", p.listed.Vouched), 0, nil
	}
	return "the store knows its server, so a drain can be proven", 0, nil
}

// join does what a replica does: it joins, renews its entry, and leaves.
func (p *probe) join(ctx context.Context) (string, time.Duration, error) {
	roster, ok := p.store.(maintenance.Roster)
	if !ok {
		return "", 0, errNoRoster
	}
	if p.state.Level != maintenance.Off {
		return untried, 0, nil
	}
	begin := time.Now()
	entry, err := roster.Join(ctx, maintenance.Replica{ID: rand.Text(), Name: "store check", Lease: p.app.patience})
	if err != nil {
		return "", 0, err
	}
	entry.Renewals++
	_, err = roster.Renew(ctx, entry)
	if entry.Unlisted {
		err = errors.Join(err, errors.New("this user may only read there, so its replicas are not listed, and a drain waits until they have ended"))
	}
	leaving, cancel := p.bounded(context.WithoutCancel(ctx))
	defer cancel()
	if err = errors.Join(err, roster.Remove(leaving, entry.ID)); err != nil {
		return "", 0, fmt.Errorf("%w; if it is still listed: %s", err, p.hint("replicas forget "+entry.ID))
	}
	took := time.Since(begin)
	return fmt.Sprintf("joining, renewing and leaving took %s", brief(took)), took, nil
}

func brief(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
