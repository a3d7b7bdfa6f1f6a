package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// probe is what the checks of a store find out one after the other.
type probe struct {
	*session
	state maintenance.State // as loaded
	saved maintenance.State // as saved by us; zero where nothing was
	sent  time.Time         // when that was sent

	pushes chan maintenance.State // what Watch tells; nil before it listens
	broke  chan error             // how Watch ended
	deaf   error                  // why it does not listen
	stops  []func()
}

func (p *probe) stop() {
	for _, stop := range p.stops {
		stop()
	}
}

// listen returns once the store's Watch listens, or why it does not.
func (p *probe) listen(ctx context.Context) {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.pushes, p.broke = make(chan maintenance.State, 16), make(chan error, 1)
	ended := make(chan struct{})
	p.stops = append(p.stops, func() { stop(); <-ended })
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
	case err := <-p.broke:
		p.deaf = err
	case <-ctx.Done():
		p.deaf = ctx.Err()
	}
}

// push waits for the change that save has made.
func (p *probe) push(ctx context.Context) (string, time.Duration, error) {
	if p.pushes == nil {
		p.listen(ctx)
	}
	if p.deaf != nil {
		return "", 0, fmt.Errorf("changes don't arrive by push, so replicas follow by polling alone: %w", p.deaf)
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
	return fmt.Sprintf("%s; listing took %s", count(len(s.Replicas), "replica follows", "replicas follow"), brief(took)), took, nil
}

// join does what a replica does: it joins, reports, and says goodbye.
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
	leaving, cancel := p.bounded(context.WithoutCancel(ctx))
	defer cancel()
	if err = errors.Join(err, roster.Remove(leaving, entry.ID)); err != nil {
		return "", 0, fmt.Errorf("%w; if it is still listed: %s", err, p.hint("replicas forget "+entry.ID))
	}
	took := time.Since(begin)
	return fmt.Sprintf("joining, reporting and leaving took %s", brief(took)), took, nil
}
