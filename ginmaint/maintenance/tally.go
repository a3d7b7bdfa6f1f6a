package maintenance

import "time"

// tally is what a replica says of itself: the epoch first, then what still
// runs from before it, in that order.
type tally struct {
	document string
	level    Level
	inFlight [classes]int64
	since    time.Time // when the first of the epochs ended that are still busy
}

// count returns the tally, and a channel that is closed when work has left a
// past epoch, or the epoch has ended, since.
func (g *gate) count() (tally, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.current.Load()
	t := tally{document: now.document, level: now.obeys}
	g.forget()
	for _, e := range g.past {
		for a := range t.inFlight {
			t.inFlight[a] += e.inFlight(Access(a))
		}
		if t.since.IsZero() {
			t.since = e.endedAt
		}
	}
	return t, g.left
}

// clear tells whether nothing runs any more that level l refuses.
func (t tally) clear(l Level) bool {
	for a, n := range t.inFlight {
		if n != 0 && l.Refuses(Access(a)) {
			return false
		}
	}
	return true
}
