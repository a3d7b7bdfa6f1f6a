package maintenance

import (
	"sync/atomic"
	"time"
)

// lease bounds for how long a process may go on admitting without hearing from
// the store. It counts from the moment before the question was sent whose
// answer was taken over last.
type lease struct {
	length  time.Duration
	renewed atomic.Pointer[time.Time]
}

// lapsed looks at both clocks: the monotonic one may stand still while a
// virtual machine is suspended, the wall clock may be set back.
func (l *lease) lapsed(now time.Time) bool {
	since := l.renewed.Load()
	return since == nil ||
		now.Sub(*since) > l.length ||
		now.Round(0).Sub(since.Round(0)) > l.length
}

// margin is added to a lease before its holder is called lost: what an answer
// may take on its way.
const margin = time.Second
