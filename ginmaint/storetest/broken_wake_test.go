package storetest

import (
	"context"
	"errors"
	"maps"
	"runtime"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// silently runs change and wakes nobody who watches the roster.
func silently(a *altered, change func() error) error {
	a.engine.mu.Lock()
	waiting := a.kept.reported
	a.kept.reported = make(chan struct{})
	a.engine.mu.Unlock()
	err := change()
	a.engine.mu.Lock()
	a.kept.reported = waiting
	a.engine.mu.Unlock()
	return err
}

// sleepsWhen makes Renew wake nobody where the entry changed as blind says.
func sleepsWhen(blind func(before, now maintenance.Replica) bool) func(*altered) {
	return func(a *altered) {
		a.report = func(ctx context.Context, r maintenance.Replica) (state maintenance.State, err error) {
			a.engine.mu.Lock()
			before := maps.Clone(a.kept.replicas)[r.ID]
			a.engine.mu.Unlock()
			if !blind(before, r) {
				return a.sound.Renew(ctx, r)
			}
			return state, silently(a, func() error {
				state, err = a.sound.Renew(ctx, r)
				return err
			})
		}
	}
}

func brokenWakes() []broken {
	return []broken{
		{"roster watch tells of a join and a removal", "silent join", "did not tell of a join within", func(a *altered) {
			a.join = func(ctx context.Context, r maintenance.Replica) (joined maintenance.Replica, err error) {
				return joined, silently(a, func() error {
					joined, err = a.sound.Join(ctx, r)
					return err
				})
			}
		}},
		{"roster watch tells of a join and a removal", "silent removal", "did not tell of a removal within", func(a *altered) {
			a.remove = func(ctx context.Context, id string) error {
				return silently(a, func() error { return a.sound.Remove(ctx, id) })
			}
		}},
		{
			"roster watch tells of each change that a drain waits for", "document", "did not tell of another document within",
			sleepsWhen(func(before, now maintenance.Replica) bool { return before.Document != now.Document }),
		},
		{
			"roster watch tells of each change that a drain waits for", "level", "did not tell of another level within",
			sleepsWhen(func(before, now maintenance.Replica) bool { return before.Level != now.Level }),
		},
		{
			"roster watch tells of each change that a drain waits for", "last read", "did not tell of fewer reads within",
			sleepsWhen(func(before, now maintenance.Replica) bool { return before.Reads > now.Reads }),
		},
		{
			"roster watch tells of each change that a drain waits for", "writes", "did not tell of writes in flight within",
			sleepsWhen(func(before, now maintenance.Replica) bool { return before.Writes != now.Writes }),
		},
		{"roster watch sleeps through heartbeats", "woken by each", "40 heartbeats that changed nothing woke the roster watch", func(a *altered) {
			a.report = func(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
				err := a.do(ctx, func(k *kept) error {
					wake(&k.reported)
					return nil
				})
				for range 100 { // time for the watch, or the engine makes one call of many
					runtime.Gosched()
				}
				state, failed := a.sound.Renew(ctx, r)
				return state, errors.Join(err, failed)
			}
		}},
		{"roster watch misses no join as it begins", "listens too late", "did not tell of the join within", func(a *altered) {
			a.watchReplicas = func(ctx context.Context, changed func()) error {
				changed()
				first := true
				return a.sound.WatchReplicas(ctx, func() {
					if !first {
						changed()
					}
					first = false
				})
			}
		}},
		{"roster watch returns the error of its context", "nil", "WatchReplicas returned <nil>", func(a *altered) {
			a.watchReplicas = func(ctx context.Context, changed func()) error {
				_ = a.sound.WatchReplicas(ctx, changed)
				return nil
			}
		}},
		{"roster watch returns an error when its connection breaks", "connects again unsaid", "the watch did not return within", func(a *altered) {
			a.watchReplicas = func(ctx context.Context, changed func()) error {
				for {
					if err := a.sound.WatchReplicas(ctx, changed); !errors.Is(err, errCut) {
						return err
					}
				}
			}
		}},
	}
}
