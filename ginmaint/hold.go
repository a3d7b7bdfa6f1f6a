package ginmaint

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// holding lets requests that the level refuses wait until it falls, for as long as the
// state says: see State.Hold.
type holding struct {
	mode *maintenance.Mode
	most int64 // at the same time
	held atomic.Int64
}

// defaultMaxHeld bounds what is held in one process. A held request costs a
// connection, a goroutine and its body, up to readAhead.
const defaultMaxHeld = 1000

// enter has a request wait that was refused with this ticket, and returns the one by
// which the gate decided in the end.
func (h *holding) enter(c *gin.Context, a maintenance.Access, refused maintenance.Ticket) (maintenance.Ticket, bool) {
	s := refused.Snapshot()
	if s.State.Hold == 0 || s.State.Level == maintenance.Off || streams(c.Request) {
		return refused, false
	}
	defer h.held.Add(-1)
	if h.held.Add(1) > h.most {
		return refused, false
	}
	d := deadlinesOf(c)
	d.lift()
	defer d.renew()
	if !d.readAhead(c.Request, s.State.Hold) {
		d.read = 0 // that one has passed, and stays: the server then closes the connection
		return refused, false
	}
	return h.mode.Hold(c.Request.Context(), a)
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
	read, write time.Duration // as the server sets them; 0: none
}

func deadlinesOf(c *gin.Context) *deadlines {
	d := &deadlines{connection: connectionOf(c.Writer)}
	if server, ok := c.Request.Context().Value(http.ServerContextKey).(*http.Server); ok {
		d.read, d.write = server.ReadTimeout, server.WriteTimeout
	}
	return d
}

// lift leaves the time to the wait. A read deadline that passes would look as if the
// client had gone.
func (d *deadlines) lift() { d.set(time.Time{}, time.Time{}) }

// renew begins them anew.
func (d *deadlines) renew() { d.set(after(d.read), after(d.write)) }

// set sets those that the server sets. Not every connection has them.
func (d *deadlines) set(read, write time.Time) {
	if d.read > 0 {
		_ = d.connection.SetReadDeadline(read)
	}
	if d.write > 0 {
		_ = d.connection.SetWriteDeadline(write)
	}
}

func after(d time.Duration) time.Time { return time.Now().Add(d) }

// maxReadAhead is the longest body that is read while a request waits: 32 MiB for a
// thousand.
const maxReadAhead = 32 << 10

// readAhead reads a small body, so that the server sees when the client goes: it
// watches a connection only once the body is read. It returns false where the body
// did not come in time.
func (d *deadlines) readAhead(r *http.Request, bound time.Duration) bool {
	if r.ContentLength <= 0 || r.ContentLength > maxReadAhead {
		return true
	}
	_ = d.connection.SetReadDeadline(after(bound))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	_ = d.connection.SetReadDeadline(time.Time{})
	r.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), r.Body}
	return true
}
