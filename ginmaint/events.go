package ginmaint

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The bounds of the streams of events.
const (
	// mostStreams is how many there may be in one process: a handful of operators with a
	// handful of windows each. Who gets none asks for the list instead.
	mostStreams = 32

	// longestStream ends a stream, and the browser opens the next one with the session
	// that it has then: whoever has logged out sees no more for longer than that.
	longestStream = time.Minute

	// heartbeat keeps proxies from ending a stream that says nothing. Many of them wait
	// for a minute, some for half of it.
	heartbeat = 10 * time.Second

	// listPace is how often the roster is asked while somebody looks.
	listPace = time.Second

	// longestWrite bounds how long a browser may take to read what it is sent.
	longestWrite = 10 * time.Second
)

// events tells those who look how things stand, as it changes. One loop for all of them
// asks the store, and runs only while there are any.
type events struct {
	look  func(context.Context) map[string]any // by the event's name
	mode  *maintenance.Mode
	woken chan struct{} // holds at most one

	mu      sync.Mutex
	streams map[*stream]bool
	last    map[string][]byte // what was told last
	stop    context.CancelFunc

	closings closings
}

// stream is one browser that looks.
type stream struct {
	waiting map[string][]byte // what it has not been sent yet: the latest of each event
	woken   chan struct{}     // holds at most one
}

func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// join adds a stream, unless there are too many.
func (e *events) join() (*stream, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.streams) >= mostStreams {
		return nil, false
	}
	s := &stream{maps.Clone(e.last), make(chan struct{}, 1)}
	if len(s.waiting) > 0 {
		wake(s.woken)
	}
	if len(e.streams) == 0 {
		var ctx context.Context
		ctx, e.stop = context.WithCancel(context.Background())
		e.streams, e.last, s.waiting = make(map[*stream]bool), nil, nil
		go e.run(ctx)
	}
	e.streams[s] = true
	return s, true
}

func (e *events) leave(s *stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.streams, s)
	if len(e.streams) == 0 {
		e.stop()
	}
}

// run looks, and tells what has changed, until nobody looks any more.
func (e *events) run(ctx context.Context) {
	tick := time.NewTicker(listPace)
	defer tick.Stop()
	for {
		changed := e.mode.Changed()
		e.tell(ctx, e.look(ctx))
		select {
		case <-changed:
		case <-e.woken:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tell hands on what differs from the last time.
func (e *events) tell(ctx context.Context, found map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ctx.Err() != nil { // another loop may run by now
		return
	}
	if e.last == nil {
		e.last = make(map[string][]byte)
	}
	for name, value := range found {
		body, err := json.Marshal(value)
		if err != nil || bytes.Equal(body, e.last[name]) { // what comes from a store can be written
			continue
		}
		e.last[name] = body
		for s := range e.streams {
			if s.waiting == nil {
				s.waiting = make(map[string][]byte)
			}
			s.waiting[name] = body
			wake(s.woken)
		}
	}
}

// take returns what a stream has not been sent yet.
func (e *events) take(s *stream) map[string][]byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	news := s.waiting
	s.waiting = nil
	return news
}

// stay sends events until the browser goes, the process ends, or the time is up.
func stay(c *gin.Context) {
	a, _ := adminOf(c)
	if c.Request.Method == http.MethodHead {
		streaming(c)
		return
	}
	e := a.events
	s, ok := e.join()
	if !ok {
		c.Header("Retry-After", "10")
		a.replies.problem(c, http.StatusServiceUnavailable, "Too many pages are kept up to date by this process. Ask for replicas/ instead.", nil)
		return
	}
	defer e.leave(s)
	ends := e.closings.of(c.Request)
	streaming(c)
	connection := connectionOf(c.Writer)
	defer func() { _ = connection.SetWriteDeadline(time.Time{}) }() // the server sets its own for the next request
	send := func(text []byte) bool {
		_ = connection.SetWriteDeadline(time.Now().Add(longestWrite)) // not every connection has one
		if _, err := c.Writer.Write(text); err != nil {
			return false
		}
		c.Writer.Flush()
		return true
	}
	if !send([]byte("retry: 2000\n\n")) {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	over := time.NewTimer(longestStream)
	defer over.Stop()
	for {
		var text []byte
		select {
		case <-s.woken:
			for name, body := range e.take(s) {
				text = append(text, "event: "+name+"\ndata: "...)
				text = append(append(text, body...), "\n\n"...)
			}
		case <-beat.C:
			text = []byte(": here\n\n")
		case <-over.C:
			return
		case <-ends.Done():
			return
		case <-e.mode.Done():
			return
		case <-c.Request.Context().Done():
			return
		}
		if !send(text) {
			return
		}
	}
}

// streaming begins an answer of events. Proxies are told to hand them on at once.
func streaming(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
}

// fleet is what the panel shows of all replicas.
func (a *admin) fleet(ctx context.Context, k condition) gin.H {
	data := gin.H{"drain": a.drains.view(), "roll": nil, "history": nil}
	if k.reachable { // else the lists would keep the page waiting for nothing
		if records, err := a.orders.records(ctx); err == nil {
			data["history"] = a.replies.panel.past(records)
		}
		if r, err := a.orders.call(ctx); err == nil {
			data["roll"] = r
		}
	}
	return data
}

// tidings are the events: how things stand, who follows, and how the drain goes.
func (a *admin) tidings(ctx context.Context) map[string]any {
	found := map[string]any{"state": a.orders.known().members(), "drain": a.drains.view()}
	r, err := a.orders.call(ctx)
	if err != nil {
		found["replicas"] = gin.H{"error": unlistable}
	} else {
		found["replicas"] = r
	}
	return found
}
