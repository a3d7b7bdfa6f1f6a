package ginmaint

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// pipes is a network within the process, on which synctest's clock runs.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

// onPipes serves h, and returns how a client connects to it.
func onPipes(t *testing.T, h http.Handler, setUp ...func(*http.Server)) (dial func() net.Conn) {
	t.Helper()
	p := &pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: h} //nolint:gosec // no stranger speaks to it
	for _, change := range setUp {
		change(server)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(p) }()
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return func() net.Conn {
		client, accepted := net.Pipe()
		p.accepted <- accepted
		t.Cleanup(func() { _ = client.Close() })
		return client
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// said writes to a connection, in the background: a pipe keeps nothing.
func said(conn net.Conn, text string) {
	go func() { _, _ = io.WriteString(conn, text) }()
}

func answerOn(t *testing.T, conn net.Conn) (status int, body string) {
	t.Helper()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

func TestSlowBodyDoesNotProlongTheHold(t *testing.T) {
	const hold = 10 * time.Second
	for _, c := range []struct {
		name          string
		comes, opened time.Duration // 0: never
		status        int
		after         time.Duration
	}{
		{"refused when its time is over", 7 * time.Second, 0, http.StatusServiceUnavailable, hold},
		{"refused though its body has not come", 0, 0, http.StatusServiceUnavailable, hold},
		{"let in when the level falls", 3 * time.Second, 7 * time.Second, http.StatusOK, 7 * time.Second},
		{"let in with its body, when the level has fallen before", 7 * time.Second, 3 * time.Second, http.StatusOK, 7 * time.Second},
	} {
		for _, framing := range []string{"Content-Length: 8\r\n\r\nan o rder", "Transfer-Encoding: chunked\r\n\r\n8\r\nan o rder\r\n0\r\n\r\n"} {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					mode := inState(t, maintenance.State{Level: maintenance.On, Hold: hold})
					s := serving(t, Config{Mode: mode})
					s.echoing()
					conn := onPipes(t, s)()
					began := time.Now()
					head, rest, _ := strings.Cut(framing, " rder")
					said(conn, "POST /echo HTTP/1.1\r\nHost: x\r\n"+head)
					if c.comes > 0 {
						time.AfterFunc(c.comes, func() { said(conn, "rder"+rest) })
					}
					if c.opened > 0 {
						time.AfterFunc(c.opened, func() { assert.NoError(t, mode.Off(t.Context())) })
					}
					status, body := answerOn(t, conn)
					assert.Equal(t, c.status, status)
					assert.InDelta(t, c.after.Seconds(), time.Since(began).Seconds(), 0.1)
					if status == http.StatusOK {
						assert.Equal(t, "an order", body)
					}
				})
			})
		}
	}
}

// A middleware in front bounds how long a body may take, or a request.
func TestHoldKeepsAReadDeadlineOfMiddlewareInFront(t *testing.T) {
	const hold = 10 * time.Second
	serve := func(t *testing.T, deadline time.Duration) (*maintenance.Mode, net.Conn) {
		mode := inState(t, maintenance.State{Level: maintenance.On, Hold: hold})
		s := serving(t, Config{Mode: mode}, func(c *gin.Context) {
			assert.NoError(t, http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(deadline)))
		})
		s.Any("/work", func(c *gin.Context) {
			select {
			case <-c.Request.Context().Done(): // the deadline ends it
				c.String(http.StatusOK, "ended")
			case <-time.After(time.Hour):
				c.String(http.StatusOK, "not ended")
			}
		})
		return mode, onPipes(t, s)()
	}
	t.Run("after the wait", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			mode, conn := serve(t, time.Minute)
			began := time.Now()
			said(conn, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
			time.AfterFunc(5*time.Second, func() { assert.NoError(t, mode.Off(t.Context())) })
			_, body := answerOn(t, conn)
			assert.Equal(t, "ended", body)
			assert.InDelta(t, 60, time.Since(began).Seconds(), 0.1)
		})
	})
	t.Run("while the body comes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, conn := serve(t, 2*time.Second)
			began := time.Now()
			said(conn, "POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nan o")
			status, _ := answerOn(t, conn)
			assert.Equal(t, http.StatusServiceUnavailable, status)
			assert.InDelta(t, 2, time.Since(began).Seconds(), 0.1)
		})
	})
}

func TestHeldRequestGoesWithItsClientWhateverItsBody(t *testing.T) {
	long := strings.Repeat("x", 10*maxReadAhead)
	for name, body := range map[string]func() io.Reader{
		"none":             func() io.Reader { return nil },
		"short":            func() io.Reader { return strings.NewReader("an order") },
		"just short":       func() io.Reader { return strings.NewReader(long[:maxReadAhead]) },
		"long":             func() io.Reader { return strings.NewReader(long) },
		"chunked":          func() io.Reader { return io.LimitReader(strings.NewReader(long), 8) },
		"long and chunked": func() io.Reader { return io.LimitReader(strings.NewReader(long), int64(len(long))) },
	} {
		t.Run(name, func(t *testing.T) {
			mode := inState(t, maintenance.State{Level: maintenance.On, Hold: 2 * patience})
			s := serving(t, Config{Mode: mode})
			server := httptest.NewServer(s)
			defer server.Close()
			ctx, cancel := context.WithCancel(t.Context())
			result := sendingBody(ctx, server.Client(), http.MethodPost, server.URL+"/", body())
			awaitHeld(t, mode, 1)
			cancel()
			assert.ErrorIs(t, (<-result).err, context.Canceled)
			awaitHeld(t, mode, 0)
			require.NoError(t, mode.Off(t.Context()))
			assert.Zero(t, s.runs.Load(), "nobody is there for the answer")
		})
	}
}

// The server would not see such a client go.
func TestRequestWhoseBodyDoesNotFitIsRefusedAtOnce(t *testing.T) {
	body := strings.Repeat("x", 0x10000)
	for name, framing := range map[string]string{
		"longer than all that is kept":   "Content-Length: 100000000\r\n\r\nxxx",
		"of which others have the space": "Content-Length: 65536\r\n\r\n" + body,
		"that is chunked":                "Transfer-Encoding: chunked\r\n\r\n10000\r\n" + body + "\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			mode := inState(t, maintenance.State{Level: maintenance.On, Hold: patience})
			m, err := compile(Config{Mode: mode, Logger: quiet})
			require.NoError(t, err)
			m.hold.long.Store(maxLong - 10)
			r := gin.New()
			r.Use(m.handle)
			server := httptest.NewServer(r)
			defer server.Close()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience/2)))
			_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\n"+framing)
			require.NoError(t, err)
			status, _ := answerOn(t, conn)
			assert.Equal(t, http.StatusServiceUnavailable, status)
			assert.EqualValues(t, maxLong-10, m.hold.long.Load(), "what it took is free again")
			short := sending(t.Context(), server.Client(), http.MethodPost, server.URL+"/", "an order")
			awaitHeld(t, mode, 1) // a short one has its own space
			require.NoError(t, mode.Off(t.Context()))
			assert.Equal(t, http.StatusNotFound, (<-short).status)
		})
	}
}
