package ginmaint

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Extend asks for work that belongs to a request and may outlive its handler, such
// as a goroutine that bills a stream. It is admitted as long as the request runs,
// also after the switch, and a drain waits for it until it leaves:
//
//	ticket, ok := ginmaint.Extend(c, mode)
//	if !ok {
//		return maintenance.ErrRefused
//	}
//	go func() {
//		defer ticket.Leave()
//		bill(order)
//	}()
//
// Call it in the handler. It returns false where the request itself was refused. A
// request that no drain waits for, exempt or on a route marked ForceOff, extends to
// work that no drain waits for. The mode is that of the Config.
func Extend(c *gin.Context, mode *maintenance.Mode) (maintenance.Ticket, bool) {
	route := routeOf(c)
	if route.forceOff || c.GetBool(exemptKey) {
		return maintenance.Ticket{}, true
	}
	return mode.Extend(route.accessBy(c.Request.Method))
}

// ending ends requests that a drain has waited for too long, and those that last longer
// than the Mode's WorkLimit allows.
type ending struct {
	mode    *maintenance.Mode
	after   time.Duration // 0: a drain waits for as long as it takes
	watches bool          // requests are ended at all: asked on every one's way
	logger  *slog.Logger
	once    sync.Once // that the limit was met
}

// watch ends the request when it is time to. It returns what has to be called when the
// handler has returned.
func (e *ending) watch(c *gin.Context, a maintenance.Access) (done func()) {
	request := c.Request
	ctx, cancel := context.WithCancelCause(request.Context())
	c.Request = request.WithContext(ctx)
	r := &running{cancel: cancel, connection: connectionOf(c.Writer), over: make(chan struct{})}
	method, path := request.Method, c.FullPath()
	if limit := e.mode.WorkLimit(); limit > 0 {
		r.timer = time.AfterFunc(limit, func() {
			r.end(context.DeadlineExceeded, func() {
				e.once.Do(func() { // a visitor who reads slowly could repeat it
					e.logger.Warn("ginmaint: a request was told to end: it lasted longer than the WorkLimit; further ones are not logged",
						"method", method, "route", path, "limit", limit)
				})
			})
		})
	}
	if e.after > 0 {
		go func() {
			for r.outlasts(e.mode.Draining(a), e.after) {
				select {
				case <-e.mode.Draining(a):
					r.end(maintenance.ErrRefused, func() { e.mode.TellEnded(workName(method, path), e.after) })
					return
				default: // it was called off meanwhile
				}
			}
		}()
	}
	return func() {
		r.finish()
		c.Request = request
	}
}

// workName is how a Report names a request: its route, never what a visitor has sent.
func workName(method, path string) string {
	if path == "" {
		return "a request without a route"
	}
	return method + " " + path
}

// running is a request that may be ended.
type running struct {
	mu         sync.Mutex // held while the request is ended: afterwards its connection is another's
	finished   bool
	cancel     context.CancelCauseFunc
	connection *http.ResponseController
	timer      *time.Timer // of the WorkLimit; nil: none
	over       chan struct{}
}

// outlasts waits until the drain has lasted for that long, and returns false where
// the request has finished before.
func (r *running) outlasts(draining <-chan struct{}, bound time.Duration) bool {
	select {
	case <-draining:
	case <-r.over:
		return false
	}
	timer := time.NewTimer(bound)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.over:
		return false
	}
}

// end ends the request, unless it has finished, and tells of it first.
func (r *running) end(why error, tell func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.finished {
		return
	}
	tell()
	r.cancel(why)
	// Not every connection has deadlines; the context has ended in any case.
	_ = r.connection.SetReadDeadline(time.Now())
	_ = r.connection.SetWriteDeadline(time.Now())
}

func (r *running) finish() {
	r.mu.Lock()
	r.finished = true
	r.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
	r.cancel(nil)
	close(r.over)
}

// connectionOf returns the controls of the connection below Gin's writer, which
// another request gets when this one is over.
func connectionOf(w http.ResponseWriter) *http.ResponseController {
	for {
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return http.NewResponseController(w)
		}
		w = inner.Unwrap()
	}
}
