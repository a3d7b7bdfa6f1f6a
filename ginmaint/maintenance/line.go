package maintenance

import (
	"container/list"
	"sync"
	"time"
)

// line is the work that waits in Hold, in the order of arrival.
type line struct {
	mu      sync.Mutex
	waiting list.List // of their numbers, which grow
	last    uint64

	// Who may enter has a moment of his own, by his number.
	opened *epoch
	first  uint64 // enters first
	from   time.Time
	apart  time.Duration
}

// What was held enters a millisecond apart, and all of it within a second. A
// service that answers in 50 ms then runs 50 of a thousand at once; on two busy cores 97
// were measured, and 1000 where all enter in one instant (BenchmarkReopening of package
// ginmaint, November 2026). A request takes 5.6 KiB while it is held, its goroutine
// included: 1 KiB more than one that waits by other means.
const (
	mostApart = time.Millisecond
	rush      = time.Second
)

func (l *line) join() *list.Element {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	return l.waiting.PushBack(l.last)
}

func (l *line) leave(place *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting.Remove(place)
}

func (l *line) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting.Len()
}

// turn returns when the one at this place enters, in an epoch that admits it. Who
// asks first begins the count.
func (l *line) turn(place *list.Element, e *epoch) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opened != e {
		l.opened, l.from = e, time.Now()
		l.first = l.waiting.Front().Value.(uint64)
		l.apart = min(mostApart, rush/time.Duration(l.last-l.first+1))
	}
	return l.from.Add(time.Duration(place.Value.(uint64)-l.first) * l.apart)
}
