package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

const (
	// rest is how long a listing is good for, however many servers scrape.
	rest = 10 * time.Second

	// longest is what a listing may take. Prometheus itself gives a scrape 10 s.
	longest = 3 * time.Second

	// margin is what a renewal may be late by beyond its lease, for a scrape that was.
	margin = 2 * time.Second
)

// The conditions of a replica.
const (
	following = "following"
	behind    = "behind"
	busy      = "busy"
	idle      = "idle"
	silent    = "silent"
	unknown   = "unknown"
)

// roster counts the replicas by their condition.
type roster struct {
	mode *maintenance.Mode

	mu     sync.Mutex
	listed time.Time // when it was last asked
	counts map[string]int
	seen   map[string]sighting
}

// sighting is when a listing first showed a replica's latest renewal.
type sighting struct {
	renewals uint64
	at       time.Time
}

// conditions returns how many replicas are in each condition, and nothing where they can't
// be listed. document is the ID of the one that this process obeys.
func (r *roster) conditions(document string) map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if !r.listed.IsZero() && now.Sub(r.listed) < rest {
		return r.counts
	}
	r.listed = now
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	all, err := r.mode.Replicas(ctx)
	if err != nil { // the Mode itself logs that the store can't be reached
		r.counts = nil
		return nil
	}
	r.counts = map[string]int{following: 0, behind: 0, busy: 0, idle: 0, silent: 0, unknown: 0}
	seen := make(map[string]sighting, len(all))
	for _, replica := range all {
		last, met := r.seen[replica.ID]
		if !met || last.renewals != replica.Renewals {
			last = sighting{replica.Renewals, now}
		}
		seen[replica.ID] = last
		r.counts[condition(replica, document, now.Sub(last.at))]++
	}
	r.seen = seen
	return r.counts
}

func condition(r maintenance.Replica, document string, unrenewed time.Duration) string {
	switch {
	case r.Unknown:
		return unknown
	case r.Idle:
		return idle
	case unrenewed > r.Lease+margin:
		return silent
	case r.Document != document:
		return behind
	case r.Reads > 0 && r.Level.Refuses(maintenance.Read), r.Writes > 0 && r.Level.Refuses(maintenance.Write):
		return busy
	}
	return following
}
