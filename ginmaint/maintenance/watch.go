package maintenance

import (
	"context"
	"errors"
	"time"
)

// watchStore hands every push of the store to heard, and listens again with
// growing pauses where the connection is lost, which it tells deaf.
func watchStore(ctx context.Context, store Store, o options, heard func(State), deaf func()) {
	outage := outage{
		logger: o.logger,
		begins: "the store's pushes don't arrive; polling goes on",
		ends:   "the store's pushes arrive",
	}
	// Spread by half, the longest pause stays below a second: so soon after the
	// store is back, its pushes are.
	const shortest, longest = 50 * time.Millisecond, 600 * time.Millisecond
	wait := shortest
	for {
		var listening time.Time
		err := store.Watch(ctx, func(s State) {
			outage.note(nil)
			if listening.IsZero() {
				listening = time.Now()
			}
			heard(s)
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
		deaf()
		if pause(ctx, o.spread(wait)) != nil {
			return
		}
		wait = min(2*wait, longest)
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
