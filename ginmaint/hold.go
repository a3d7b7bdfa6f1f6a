package ginmaint

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// holding lets requests that the level refuses wait until it falls, for as long as the
// state says: see State.Hold. All that wait see their client go.
type holding struct {
	mode *maintenance.Mode
	own  string // the middleware's function, as it lies on a goroutine's stack
	most int64  // at the same time
	held atomic.Int64
	long atomic.Int64 // bytes kept of bodies, beyond maxReadAhead of each

	closings closings
}

// defaultMaxHeld bounds what is held in one process. A held request costs a
// connection, a goroutine and its body, up to maxReadAhead; 32 MiB for a thousand.
const defaultMaxHeld = 1000

// enter has a request wait that was refused with this ticket, and returns the one by
// which the gate decided in the end.
func (h *holding) enter(c *gin.Context, a maintenance.Access, refused maintenance.Ticket) (maintenance.Ticket, bool) {
	s := refused.Snapshot()
	if s.State.Hold == 0 || s.State.Level == maintenance.Off || streams(c.Request) || !h.take() {
		return refused, false
	}
	defer h.release()
	if h.isWithin() {
		return refused, false
	}
	began := time.Now()
	ctx, cancel := h.untilShutdown(c.Request)
	defer cancel()
	d := deadlinesOf(c)
	d.lift()
	defer d.renew()
	reading, stop := context.WithTimeout(ctx, s.State.Hold)
	defer stop()
	kept, ok := h.readAhead(reading, c.Request, d)
	defer h.long.Add(-kept) // from here on the body is the handler's
	if !ok {
		return refused, false
	}
	return h.mode.HoldSince(ctx, a, began)
}

// take takes one of the places, and tells whether there was one.
func (h *holding) take() bool {
	for {
		n := h.held.Load()
		if n >= h.most {
			return false
		}
		if h.held.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (h *holding) release() { h.held.Add(-1) }

// untilShutdown returns a context that ends with the request's, and when the server
// begins to shut down.
func (h *holding) untilShutdown(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(h.closings.of(r), cancel)
	return ctx, func() { stop(); cancel() }
}

// isWithin tells whether the request comes from the handler of another one, as by
// HandleContext of Gin's engine, or in an engine that a handler calls. A drain waits for
// that one, and that one would wait here. It is asked on the stack: a request that is
// let on notes nothing.
func (h *holding) isWithin() bool {
	callers := make([]uintptr, 64)
	n := runtime.Callers(1, callers)
	for n == len(callers) {
		callers = make([]uintptr, 2*n)
		n = runtime.Callers(1, callers)
	}
	found := 0
	for frames, more := runtime.CallersFrames(callers[:n]), true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function == h.own {
			found++
		}
	}
	return found > 1
}

// streams tells whether a client expects a stream or another protocol, for which
// waiting would be taken for the beginning.
func streams(r *http.Request) bool {
	return r.Method == http.MethodConnect || r.Header["Upgrade"] != nil ||
		strings.Contains(strings.Join(r.Header["Accept"], ","), "text/event-stream")
}

// deadlines are those of a request's connection: the server counts them from the
// request's beginning, and the wait is not the handler's fault.
type deadlines struct {
	connection  *http.ResponseController
	read, write time.Duration // as the server sets them; 0: none that the wait touches
}

// deadlinesOf leaves the read deadline of HTTP/1 alone. It is for the body, which is
// read before the wait, and then the server lifts it itself.
func deadlinesOf(c *gin.Context) *deadlines {
	d := &deadlines{connection: connectionOf(c.Writer)}
	if server, ok := c.Request.Context().Value(http.ServerContextKey).(*http.Server); ok {
		d.write = server.WriteTimeout
		if c.Request.ProtoMajor > 1 {
			d.read = server.ReadTimeout
		}
	}
	return d
}

// lift leaves the time to the wait.
func (d *deadlines) lift() { d.set(time.Time{}, time.Time{}) }

// renew begins them anew.
func (d *deadlines) renew() {
	now := time.Now()
	d.set(now.Add(d.read), now.Add(d.write))
}

// set sets those that the server sets. Not every connection has them.
func (d *deadlines) set(read, write time.Time) {
	if d.read > 0 {
		_ = d.connection.SetReadDeadline(read)
	}
	if d.write > 0 {
		_ = d.connection.SetWriteDeadline(write)
	}
}

// endReading has the server close the connection when the request is answered.
func (d *deadlines) endReading() { _ = d.connection.SetReadDeadline(time.Unix(1, 0)) }

// maxReadAhead is the longest body, in bytes, that every request may have which waits.
// What longer ones have beyond it is at most maxLong, for all of them together.
const (
	maxReadAhead = 32 << 10
	maxLong      = 32 << 20
)

// readAhead reads the body, so that the server sees when the client goes: over HTTP/1 it
// watches a connection only once the body is read. It returns how much it keeps of
// maxLong, and false where the body does not come before ctx ends, or does not fit.
//
// What ends the reading is a deadline in the past, which is set only then: one of
// middleware in front stays.
func (h *holding) readAhead(ctx context.Context, r *http.Request, d *deadlines) (kept int64, ok bool) {
	if r.ContentLength == 0 || r.Body == nil || r.ProtoMajor > 1 {
		return 0, true
	}
	reserve := func(n int64) bool {
		kept += n
		return h.long.Add(n) <= maxLong
	}
	room := int64(maxReadAhead)
	if longer := r.ContentLength - room; longer > 0 {
		if room = r.ContentLength; !reserve(longer) {
			return kept, false
		}
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		d.endReading()
		close(ended)
	})
	defer func() {
		if !stop() {
			<-ended // before the connection is another request's
			ok = false
		}
	}()
	var body bytes.Buffer
	for {
		_, err := io.CopyN(&body, r.Body, room-int64(body.Len()))
		if errors.Is(err, io.EOF) || err == nil && int64(body.Len()) == r.ContentLength {
			break
		}
		if err != nil || !reserve(maxReadAhead) {
			return kept, false
		}
		room += maxReadAhead
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{&body, r.Body}
	return kept, true
}
