package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// recorder is a test that a check reports to, so that the check can be seen to
// fail.
type recorder struct {
	mu       sync.Mutex
	faults   []string
	cleanups []func()
}

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

// aside runs f in a goroutine that Fatalf may end, and waits for it.
func aside(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// record runs a check on the stores that open opens, and returns its faults.
func record(c check, e *engine, open func(name string) maintenance.Store) string {
	r := &recorder{}
	p := &probe{tester: r, open: open, interrupt: e.interrupt, patience: patience / 120}
	aside(func() { c.run(p) })
	for _, cleanup := range slices.Backward(r.cleanups) {
		aside(cleanup)
	}
	return strings.Join(r.faults, "\n")
}

// altered is a store with methods that may be replaced.
type altered struct {
	*sound
	life context.Context // ends with the test: what a broken store may leave running

	load            func(context.Context) (maintenance.State, error)
	save            func(context.Context, maintenance.State) (maintenance.State, error)
	restore         func(_ context.Context, s, over maintenance.State) (maintenance.State, error)
	history         func(context.Context) ([]maintenance.Record, error)
	watch           func(context.Context, func(maintenance.State)) error
	join            func(context.Context, maintenance.Replica) (maintenance.Replica, error)
	report          func(context.Context, maintenance.Replica) (maintenance.State, error)
	remove          func(context.Context, string) error
	removeUnrenewed func(context.Context, maintenance.Replica) error
	replicas        func(context.Context) (maintenance.Listing, error)
	watchReplicas   func(context.Context, func()) error
}

func alter(t *testing.T, s *sound, breaks func(*altered)) *altered {
	a := &altered{
		sound: s, life: t.Context(),
		load: s.Load, save: s.Save, restore: s.Restore, history: s.History, watch: s.Watch,
		join: s.Join, report: s.Renew, remove: s.Remove, removeUnrenewed: s.RemoveUnrenewed, replicas: s.Replicas, watchReplicas: s.WatchReplicas,
	}
	breaks(a)
	return a
}

func (a *altered) Load(ctx context.Context) (maintenance.State, error) { return a.load(ctx) }

func (a *altered) Save(ctx context.Context, s maintenance.State) (maintenance.State, error) {
	return a.save(ctx, s)
}

func (a *altered) Restore(ctx context.Context, s, over maintenance.State) (maintenance.State, error) {
	return a.restore(ctx, s, over)
}

func (a *altered) History(ctx context.Context) ([]maintenance.Record, error) { return a.history(ctx) }

func (a *altered) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return a.watch(ctx, changed)
}

func (a *altered) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	return a.join(ctx, r)
}

func (a *altered) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	return a.report(ctx, r)
}

func (a *altered) RemoveUnrenewed(ctx context.Context, r maintenance.Replica) error {
	return a.removeUnrenewed(ctx, r)
}

func (a *altered) Remove(ctx context.Context, id string) error { return a.remove(ctx, id) }

func (a *altered) Replicas(ctx context.Context) (maintenance.Listing, error) { return a.replicas(ctx) }

func (a *altered) WatchReplicas(ctx context.Context, changed func()) error {
	return a.watchReplicas(ctx, changed)
}
