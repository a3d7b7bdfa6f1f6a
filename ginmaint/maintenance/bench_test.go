package maintenance

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// guard is the baseline that many write by hand: a flag behind a lock, and a
// WaitGroup for what runs.
type guard struct {
	mu      sync.RWMutex
	off     bool
	running sync.WaitGroup
}

func (g *guard) enter() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if !g.off {
		return false
	}
	g.running.Add(1)
	return true
}

func BenchmarkGate(b *testing.B) {
	open := func(b *testing.B, opts ...Option) *Mode {
		m, err := Open(b.Context(), NewMemoryStore(), append(opts, Poll(time.Minute))...)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = m.Close() })
		return m
	}
	m, leased := open(b), open(b, FailClosed(time.Hour))
	refusing := open(b)
	if err := refusing.On(b.Context()); err != nil {
		b.Fatal(err)
	}
	var counter atomic.Int64
	guard := guard{off: true}
	for _, c := range []struct {
		name string
		work func()
	}{
		{"a shared atomic counter", func() { counter.Add(1); counter.Add(-1) }},
		{"RWMutex and WaitGroup", func() {
			if guard.enter() {
				guard.running.Done()
			}
		}},
		{"Enter and Leave", func() {
			if t, ok := m.Enter(Write); ok {
				t.Leave()
			}
		}},
		{"Enter and Leave, failing closed", func() {
			if t, ok := leased.Enter(Write); ok {
				t.Leave()
			}
		}},
		{"Enter, refused", func() { refusing.Enter(Write) }},
	} {
		b.Run("alone/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.work()
			}
		})
		b.Run("parallel/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					c.work()
				}
			})
		})
	}
}
