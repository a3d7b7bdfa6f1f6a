package maintenance

import (
	"fmt"
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

// BenchmarkLook is what it costs a replica to name its work in flight, every ten
// seconds while a drain waits for it.
func BenchmarkLook(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		for _, deep := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d goroutines, stacks differ %t", n, deep), func(b *testing.B) {
				stop := make(chan struct{})
				var running sync.WaitGroup
				for i := range n {
					depth := 20
					if deep {
						depth += i % 100
					}
					began := make(chan struct{})
					running.Go(func() { descend(depth, began, stop) })
					<-began
				}
				for b.Loop() {
					among(goroutines(), []Recogniser{inWork}, On, int64(n))
				}
				close(stop)
				running.Wait()
			})
		}
	}
}

// descend blocks at the end of a stack that deep.
func descend(depth int, began chan<- struct{}, stop <-chan struct{}) {
	if depth == 0 {
		blocked(began, stop)
		return
	}
	descend(depth-1, began, stop)
}
