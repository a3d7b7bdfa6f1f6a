package maintenance

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// watch listens for pushes, and listens again with growing pauses.
func (m *Mode) watch(ctx context.Context) {
	defer m.loops.Done()
	outage := outage{
		logger: m.options.logger,
		begins: "the store's pushes don't arrive; polling goes on",
		ends:   "the store's pushes arrive",
	}
	// Spread by half, the longest pause stays below a second: so soon after the
	// store is back, its pushes are.
	const shortest, longest = 50 * time.Millisecond, 600 * time.Millisecond
	wait := shortest
	for {
		var listening time.Time
		err := m.store.Watch(ctx, func(s State) {
			outage.note(nil)
			if listening.IsZero() {
				listening = time.Now()
			}
			m.watching(true)
			m.pushed(s)
		})
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the store's Watch returned without an error")
		}
		if !listening.IsZero() && time.Since(listening) >= longest {
			wait = shortest // else a store that drops every listener at once would be asked without a pause
		}
		outage.note(err)
		m.watching(false)
		m.kick()
		if pause(ctx, wait/2+rand.N(wait)) != nil {
			return
		}
		wait = min(2*wait, longest)
	}
}

func (m *Mode) watching(is bool) {
	m.mu.Lock()
	m.status.Watching = is
	m.mu.Unlock()
}
