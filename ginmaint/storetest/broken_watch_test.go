package storetest

import (
	"context"
	"errors"
	"sync"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// watches replaces what Watch does.
func watches(watch func(_ context.Context, a *altered, changed func(maintenance.State)) error) func(*altered) {
	return func(a *altered) {
		a.watch = func(ctx context.Context, changed func(maintenance.State)) error { return watch(ctx, a, changed) }
	}
}

// telling changes the calls after the first one.
func telling(tell func(state maintenance.State, changed func(maintenance.State))) func(*altered) {
	return watches(func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
		first := true
		return a.sound.Watch(ctx, func(state maintenance.State) {
			if first {
				first = false
				changed(state)
				return
			}
			tell(state, changed)
		})
	})
}

func brokenWatches() []broken {
	return []broken{
		{"watch tells of a save", "swallowed", "did not tell of the save within", telling(
			func(maintenance.State, func(maintenance.State)) {},
		)},
		{"watch tells of a save", "half of it", "what the watch told: Message: got", telling(
			func(state maintenance.State, changed func(maintenance.State)) { state.Message = ""; changed(state) },
		)},
		{"watch tells of a save", "first call is no request to load", "the first call of changed carried", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				changed(maintenance.State{ID: "any"})
				return a.sound.Watch(ctx, changed)
			},
		)},
		{"watch tells of a save", "calls at once", "while an earlier call was still running", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				var both sync.WaitGroup
				defer both.Wait()
				for range 2 {
					both.Go(func() {
						for range 300 { // more than the watch has room for, so that calls wait
							changed(maintenance.State{})
						}
					})
				}
				return a.sound.Watch(ctx, changed)
			},
		)},
		{"watch tells of a document too large for a message", "dropped", "did not tell of the save within", telling(
			func(state maintenance.State, changed func(maintenance.State)) {
				if text, err := state.MarshalJSON(); err == nil && len(text) < 8000 {
					changed(state)
				}
			},
		)},
		{"watch misses no save before it", "does not ask to load", "did not tell of the save within", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				first := true
				return a.sound.Watch(ctx, func(state maintenance.State) {
					if !first {
						changed(state)
					}
					first = false
				})
			},
		)},
		{"watch misses no save as it begins", "listens too late", "did not tell of the save within", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				changed(maintenance.State{})
				first := true
				return a.sound.Watch(ctx, func(state maintenance.State) {
					if !first {
						changed(state)
					}
					first = false
				})
			},
		)},
		{"watch returns the error of its context", "nil", "Watch returned <nil>", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				_ = a.sound.Watch(ctx, changed)
				return nil
			},
		)},
		{"watch returns the error of its context", "another", "Watch returned closed", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				_ = a.sound.Watch(ctx, changed)
				return errors.New("closed")
			},
		)},
		{"watch returns the error of its context", "hangs", "the watch did not return within", watches(
			func(_ context.Context, a *altered, changed func(maintenance.State)) error {
				return a.sound.Watch(a.life, changed)
			},
		)},
		{"watch is silent once it returned", "goes on", "changed was called after Watch had returned", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				go func() { _ = a.sound.Watch(a.life, changed) }()
				<-ctx.Done()
				return ctx.Err()
			},
		)},
		{"watch returns an error when its connection breaks", "connects again unsaid", "the watch did not return within", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				for {
					if err := a.sound.Watch(ctx, changed); !errors.Is(err, errCut) {
						return err
					}
				}
			},
		)},
		{"watch returns an error when its connection breaks", "nil", "the watch returned <nil>", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				if err := a.sound.Watch(ctx, changed); !errors.Is(err, errCut) {
					return err
				}
				return nil
			},
		)},
		{"watch returns an error when its connection breaks", "never again", "Watch once more: still failing", func(a *altered) {
			var gone error
			a.watch = func(ctx context.Context, changed func(maintenance.State)) error {
				if gone == nil {
					gone = a.sound.Watch(ctx, changed)
				}
				return gone
			}
		}},
		{"nothing left running", "goroutine of each watch", "goroutines pile up", watches(
			func(ctx context.Context, a *altered, changed func(maintenance.State)) error {
				go func() { <-a.life.Done() }()
				return a.sound.Watch(ctx, changed)
			},
		)},
		{"two switches side by side", "one document", "Load: Level: got on, want off", func(a *altered) {
			a.kept = a.engine.open("one").kept
		}},
		{"two switches side by side", "one channel", "the watch told of another switch", func(a *altered) {
			one := a.engine.open("one")
			a.watch = one.Watch
			a.save = func(ctx context.Context, s maintenance.State) (maintenance.State, error) {
				saved, err := a.sound.Save(ctx, s)
				return saved, errors.Join(err, one.do(ctx, func(k *kept) error {
					k.state = saved
					wake(&k.changed)
					return nil
				}))
			}
		}},
	}
}
