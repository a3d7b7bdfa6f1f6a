package ginmaint

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// outage tells of something that fails on the way of requests: each cause once when
// it begins, and once that it works again, with how often it failed. A visitor
// repeats a request as often as he likes, and must not fill the log with it.
//
//	page := &outage{logger: logger, begins: "the page can't be rendered", ends: "the page is rendered again"}
//	if err := render(); err != nil {
//		page.failed(err)
//	} else {
//		page.worked()
//	}
type outage struct {
	logger       *slog.Logger // nil: slog.Default()
	begins, ends string       // the sentence of either

	open     atomic.Bool
	mu       sync.Mutex
	causes   []string // that were told
	failures int
	since    time.Time
	last     time.Time
}

// At most so many causes are told of one outage: what fails may depend on what a
// visitor sends. The rest is counted.
const maxCauses = 8

// calm is how long nothing has to fail before an outage is over. What fails for one
// visitor and works for the next is one outage, not one for each of them.
const calm = time.Minute

// failed counts a failure, and tells of it where its cause is new. What it is told
// beside that, in pairs as slog takes them, should help to find the cause.
func (o *outage) failed(err error, more ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = time.Now()
	if o.failures == 0 {
		o.since = o.last
	}
	o.failures++
	o.open.Store(true)
	cause := err.Error()
	if len(o.causes) == maxCauses || slices.Contains(o.causes, cause) {
		return
	}
	o.causes = append(o.causes, cause)
	o.log().Error("ginmaint: "+o.begins, append([]any{"error", cause}, more...)...)
}

// worked ends an outage. While there is none it costs one look.
func (o *outage) worked() {
	if !o.open.Load() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failures == 0 || time.Since(o.last) < calm {
		return
	}
	o.log().Info("ginmaint: "+o.ends, "failures", o.failures, "after", time.Since(o.since))
	o.open.Store(false)
	o.causes, o.failures = nil, 0
}

func (o *outage) log() *slog.Logger {
	if o.logger == nil {
		return slog.Default()
	}
	return o.logger
}
