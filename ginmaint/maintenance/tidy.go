package maintenance

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// tidy removes the entries of replicas whose work has ended by their own declaration
// (WorkLimit), so that a killed process leaves nothing behind. A drain counts such an
// entry as drained by the same rule. Here it is removed only if it is still the one
// that was seen: a process that was paused and renews in between keeps it.
//
// Only a Mode that declares a WorkLimit itself looks, since the replicas of a service
// are set up alike. Each of n looks once in n leases, drawn by lot, so that all of them
// together take one listing a lease. While an entry is silent that may go, whoever has
// seen it looks each lease, until it is gone.
func (m *Mode) tidy(ctx context.Context) {
	w := sightings{seen: make(map[string]sighting)}
	ticker := time.NewTicker(m.options.lease)
	defer ticker.Stop()
	replicas, watching := 1, false
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if !m.isPresent() || !watching && !m.options.oneIn(replicas) {
			continue
		}
		listing, sent, received, err := m.look(ctx, m.roster)
		if err != nil {
			continue // the follower tells of outages
		}
		w.meet(listing, received)
		replicas, watching = max(1, listing.total()), false
		for _, r := range listing.Replicas {
			silent := w.lostFor(r, sent, received)
			switch {
			case r.hasExpired():
				m.strike(ctx, r, r.Silent, "it had admitted nothing yet, and is silent")
			case r.WorkLimit == 0 || r.Silent < r.Lease && silent == 0:
			case listing.Unproven == nil && r.hasEnded(listing, silent):
				m.strike(ctx, r, silent, "it was silent until its work had ended, by its own declaration",
					"declared", fmt.Sprintf("FailClosed(%v), WorkLimit(%v)", r.Lease, r.WorkLimit))
			default:
				watching = true
			}
		}
		w.forget(listing)
	}
}

// strike removes an entry, if it is still the one that was seen, and logs why and for how
// long it was silent. It returns false where it is not, or where the store does not answer:
// the next look tells.
func (m *Mode) strike(ctx context.Context, r Replica, silent time.Duration, why string, more ...any) bool {
	ctx, cancel := context.WithTimeout(ctx, m.options.roundTrip())
	defer cancel()
	err := m.roster.RemoveUnrenewed(ctx, r)
	switch {
	case err == nil:
		m.options.logger.Warn("maintenance: a replica was removed from the roster: "+why,
			append([]any{"replica", r.ID, "name", r.Name, "silent", silent.Round(time.Millisecond)}, more...)...)
	case errors.Is(err, ErrUnlisted): // it has renewed, or another was faster
	default:
		m.options.logger.Debug("maintenance: a replica could not be removed from the roster; it is tried again", "replica", r.ID, "error", oneLine(err))
	}
	return err == nil
}

// forget drops what was seen of entries that are not there any more.
func (w *sightings) forget(s Listing) {
	there := make(map[string]sighting, len(s.Replicas))
	for _, r := range s.Replicas {
		there[r.ID] = w.seen[r.ID]
	}
	w.seen = there
}
