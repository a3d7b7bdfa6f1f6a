package simulation

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// world is one run: hosts with their processes, the store between them, and the
// oracle. Everything but the processes' own goroutines happens on one goroutine,
// one step at a time: a step is done, all goroutines run until nothing moves any
// more, the oracle looks, and only then comes the next step. No step happens at the
// same nanosecond as another one by chance, and what several goroutines report
// within a step is sorted. So a run depends on its seed and script alone.
type world struct {
	seed   uint64
	run    uint64 // among those of this test
	setup  setup
	start  time.Time
	hosts  []*host
	server *server
	oracle oracle
	story  *story // nil: nobody reads it

	agenda agenda
	serial int
	late   time.Duration // when the last push arrives that is under way
	steps  int
	timer  *time.Timer
	bell   chan struct{} // somebody has reported
	queue  []report      // taken from the inbox, in order

	mu    sync.Mutex // guards all below
	inbox []report
	over  bool // the run has ended; nobody is answered any more

	everybody sync.WaitGroup // the goroutines of operators, workers and openings
}

// report is what a goroutine of a process tells the world.
type report struct {
	host  int
	rank  rank
	order int // among equal ones
	do    func()
}

type rank int

const (
	opened rank = iota
	asked
	expired
	admitted
	refused
	draining
	ordered
	shutDown
)

// mostSteps ends a run in which something goes round in a circle.
const mostSteps = 200_000

func newWorld(seed uint64, s setup, st *story) *world {
	w := &world{seed: seed, run: runs.Add(1), setup: s, start: time.Now(), story: st, bell: make(chan struct{}, 1), timer: time.NewTimer(time.Hour)}
	w.server = newServer(w)
	w.oracle.world = w
	for i := range s.replicas + s.observers {
		h := &host{world: w, index: i, observer: i >= s.replicas, offset: s.offsets[i]}
		w.hosts = append(w.hosts, h)
	}
	return w
}

// alive tells whether the process of that name runs.
func (w *world) alive(name string) bool {
	for _, h := range w.hosts {
		if slices.ContainsFunc(h.all, func(p *process) bool { return p.String() == name && p.alive() }) {
			return true
		}
	}
	return false
}

func (w *world) now() time.Duration { return time.Since(w.start) }

// tell is called by the goroutines of processes.
func (w *world) tell(h *host, r rank, order int, do func()) {
	w.mu.Lock()
	if !w.over {
		w.inbox = append(w.inbox, report{h.index, r, order, do})
	}
	w.mu.Unlock()
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

func (w *world) isOver() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// after plans a step.
func (w *world) after(d time.Duration, do func()) {
	w.serial++
	heap.Push(&w.agenda, plan{w.now() + d, w.serial, do})
}

// runUntil takes steps until done holds, the bound has passed or the oracle has found
// something. It returns whether done holds.
func (w *world) runUntil(bound time.Duration, done func() bool) bool {
	deadline := w.now() + bound
	for {
		synctest.Wait()
		w.collect()
		if len(w.queue) == 0 {
			w.back()
			w.oracle.look()
			if w.oracle.violated() {
				return false
			}
			if done() {
				return true
			}
		}
		if w.steps++; w.steps > mostSteps {
			w.oracle.violate("end", "the run goes round in a circle")
			return false
		}
		if len(w.queue) > 0 {
			next := w.queue[0]
			w.queue = w.queue[1:]
			next.do()
			continue
		}
		next := deadline
		if len(w.agenda) > 0 {
			next = min(next, w.agenda[0].at)
		}
		now := w.now()
		if next > now {
			w.timer.Reset(next - now)
			select {
			case <-w.timer.C:
			case <-w.bell:
			}
			continue
		}
		if len(w.agenda) == 0 || w.agenda[0].at > now {
			return false // the deadline
		}
		heap.Pop(&w.agenda).(plan).do()
	}
}

// collect takes what was reported since the last step, in an order that does not
// depend on which goroutine came first.
func (w *world) collect() {
	w.mu.Lock()
	fresh := w.inbox
	w.inbox = nil
	w.mu.Unlock()
	slices.SortStableFunc(fresh, func(a, b report) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.rank, b.rank), cmp.Compare(a.order, b.order))
	})
	w.queue = append(w.queue, fresh...)
}

// end lets every goroutine go, and waits for them.
func (w *world) end() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.timer.Stop()
	for _, h := range w.hosts {
		for _, p := range h.all {
			p.release()
		}
	}
	w.everybody.Wait()
}

// draw returns a number that depends on the seed, the moment, the host and what it
// is for: the same ones in every run of this script, and where a step is taken out
// of it, everything before stays as it was.
func (w *world) draw(h int, what string) uint64 {
	x := w.seed ^ uint64(w.now())*0x9E3779B97F4A7C15 ^ uint64(h+1)<<56
	for i := range len(what) {
		x = (x ^ uint64(what[i])) * 0x100000001B3
	}
	return mix(x)
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// within returns a time from 1 ns to most.
func (w *world) within(h int, what string, most time.Duration) time.Duration {
	return time.Duration(w.draw(h, what)%uint64(most)) + 1
}

// odds tells whether one of n cases has come.
func (w *world) odds(h int, what string, percent uint64) bool {
	return w.draw(h, what)%100 < percent
}

func (w *world) say(format string, args ...any) {
	if w.story != nil {
		w.story.add(w.now(), fmt.Sprintf(format, args...))
	}
}

// plan is a step to come.
type plan struct {
	at     time.Duration
	serial int
	do     func()
}

// agenda is the steps to come, the first one first.
type agenda []plan

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(a[i].at, a[j].at), cmp.Compare(a[i].serial, a[j].serial)) < 0
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(plan)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}
