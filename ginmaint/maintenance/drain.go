package maintenance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// DrainOption configures Drain.
type DrainOption func(*drain)

// AllowLost lets a lost replica that fails closed (the FailClosed option) count as
// drained once it was lost for grace, which has to cover the longest request and the
// longest pause of a process. This is a risk that the caller takes, not a proof; the
// Report names each such replica. The same goes for the entry that stands for what a
// lost roster may have held.
func AllowLost(grace time.Duration) DrainOption {
	return func(d *drain) { d.allowLost, d.grace = true, grace }
}

// Expect lets a drain be proven only while at least this many replicas follow, and at most
// that many; a most below zero sets no bound. Idle ones count, and lost ones don't, also
// where they count as drained by their declaration or by AllowLost. A drain that
// finds others waits, and its Report says so. Without this option any number will do,
// even none, as in a store that no service uses.
func Expect(least, most int) DrainOption {
	return func(d *drain) { d.expected = &bounds{least, most} }
}

// bounds are how many replicas are expected; a most below zero is none.
type bounds struct{ least, most int }

func (b *bounds) hold(n int) bool { return n >= b.least && (b.most < 0 || n <= b.most) }

func (b *bounds) String() string {
	switch {
	case b.most < 0:
		return fmt.Sprintf("%d or more", b.least)
	case b.most > b.least:
		return fmt.Sprintf("%d to %d", b.least, b.most)
	}
	return fmt.Sprint(b.least)
}

// OnProgress calls f with every new finding, from the goroutine that called Drain.
func OnProgress(f func(Report)) DrainOption { return func(d *drain) { d.progress = f } }

// drain is one call of Drain.
type drain struct {
	sightings
	mode      *Mode
	target    State
	began     time.Time
	expected  *bounds // nil: any number
	allowLost bool
	grace     time.Duration
	progress  func(Report)
}

// Drain waits until no work that the present document refuses runs on any
// replica, and then returns nil: from then on none runs or is admitted until
// somebody saves a document with a lower level or another window, or until its
// End less the clock skew allowed for. Work of routes and requests that are exempt, and what
// outlives its Ticket, is outside this promise; so is this very call, where it
// is made from work that holds a Ticket: it would wait for itself.
//
// Where ctx ends first the error is ErrNotDrained joined with the context's,
// and the Report names who is pending and why. Where the store can't tell whether it
// lost a replica's entry (Listing.Unproven), Drain waits for the replicas that are
// listed, and then returns ErrNotDrained joined with the store's reason, unless the
// store's owner vouches for it: then the Report names the option. Other errors are ErrOff,
// ErrChanged, ErrEnding and ErrClosed. With a store that keeps no roster it
// waits for this process alone, and the Report says so.
func (m *Mode) Drain(ctx context.Context, opts ...DrainOption) (Report, error) {
	d := &drain{mode: m, target: m.State(), began: time.Now(), sightings: sightings{seen: make(map[string]sighting)}}
	for _, opt := range opts {
		opt(d)
	}
	if d.target.Level == Off {
		return Report{State: d.target}, ErrOff
	}
	roster, ok := m.store.(Roster)
	if !ok {
		return d.local(ctx)
	}
	return d.everywhere(ctx, roster)
}

// local is a drain of this process alone.
func (d *drain) local(ctx context.Context) (Report, error) {
	r := Report{Local: true}
	for {
		r.State = d.target
		t, left := d.mode.gate.count()
		switch known := d.mode.State(); {
		case known.ID == d.target.ID:
		case known.Level < d.target.Level:
			return d.end(r, ErrChanged)
		default:
			d.target = known
			continue
		}
		if err := d.ending(); err != nil {
			return d.end(r, err)
		}
		r.Ended = d.mode.hasEnded()
		if t.document == d.target.ID && t.level == d.target.Level && t.clear(d.target.Level) {
			r.Drained = true
			return d.end(r, nil)
		}
		select {
		case <-left:
		case <-ctx.Done():
			r.Note = d.mode.inFlight(t, d.target.Level)
			return d.end(r, errors.Join(ErrNotDrained, ctx.Err()))
		case <-d.mode.done:
			return d.end(r, ErrClosed)
		}
	}
}

// everywhere is a drain of all replicas.
func (d *drain) everywhere(ctx context.Context, roster Roster) (Report, error) {
	watching, stop := context.WithCancel(ctx)
	woken := make(chan struct{}, 1)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		listen(watching, roster, woken)
	}()
	defer func() { stop(); <-stopped }()

	tick := time.NewTicker(d.mode.options.poll)
	defer tick.Stop()
	report := Report{State: d.target}
	var failed error // of the last look
	for {
		listing, sent, received, err := d.mode.look(ctx, roster)
		if err == nil || ctx.Err() == nil || !errors.Is(err, ctx.Err()) { // else the end of ctx cut the look off
			failed = err
		}
		if err == nil {
			report, err = d.judge(listing, sent, received)
			if err != nil || report.Drained {
				return d.end(report, err)
			}
			if d.progress != nil {
				d.progress(d.stamp(report))
			}
		}
		select {
		case <-woken:
		case <-tick.C:
		case <-ctx.Done():
			return d.end(report, errors.Join(ErrNotDrained, ctx.Err(), failed))
		case <-d.mode.done:
			return d.end(report, ErrClosed)
		}
	}
}

// look takes one listing of document and roster.
func (m *Mode) look(ctx context.Context, roster Roster) (s Listing, sent, received time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.options.roundTrip())
	defer cancel()
	sent = time.Now()
	s, err = roster.Replicas(ctx)
	return s, sent, time.Now(), err
}

// listen keeps woken filled while the roster changes.
func listen(ctx context.Context, roster Roster, woken chan<- struct{}) {
	for ctx.Err() == nil {
		_ = roster.WatchReplicas(ctx, func() { // a loss costs speed alone: the ticker goes on
			select {
			case woken <- struct{}{}:
			default:
			}
		})
		_ = pause(ctx, 100*time.Millisecond)
	}
}

// ending refuses to prove what will not last.
func (d *drain) ending() error {
	end := d.target.End
	if !end.IsZero() && !time.Now().Add(d.mode.options.skew).Before(end) {
		return fmt.Errorf("%w (it ends at %s)", ErrEnding, end.Format(time.RFC3339))
	}
	return nil
}

func (d *drain) stamp(r Report) Report {
	r.Waited = time.Since(d.began)
	return r
}

func (d *drain) end(r Report, err error) (Report, error) { return d.stamp(r), err }

// Replicas returns the roster, by ID: every process that follows the document,
// as it last told. With a store that keeps no roster it returns this
// process alone, and an observer none.
func (m *Mode) Replicas(ctx context.Context) ([]Replica, error) {
	roster, ok := m.store.(Roster)
	if ok {
		s, err := roster.Replicas(ctx)
		return s.Replicas, err
	}
	if m.options.observer {
		return nil, nil
	}
	t, _ := m.gate.count()
	running := m.runningNow(t, t.level)
	m.mu.Lock()
	defer m.mu.Unlock()
	entry := m.entry(t)
	entry.Running = running
	return []Replica{entry}, nil
}

// Forget strikes a replica from the roster, after somebody has made sure that
// its process is gone: a drain no longer waits for it. A process that lives
// after all admits nothing until it has joined again. It returns ErrUnlisted
// where the roster holds no such entry.
func (m *Mode) Forget(ctx context.Context, id string) error {
	roster, ok := m.store.(Roster)
	if !ok {
		return ErrUnlisted
	}
	return roster.Remove(ctx, id)
}
