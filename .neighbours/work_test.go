package neighbours

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gin-contrib/timeout"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// slow answers when it is told to.
type slow struct{ begun, goOn, ended chan struct{} }

func newSlow() *slow {
	return &slow{make(chan struct{}), make(chan struct{}), make(chan struct{})}
}

func (s *slow) handle(*gin.Context) {
	close(s.begun)
	<-s.goOn
	close(s.ended)
}

// bounded leaves a busy machine time to begin: what is out of time before that never does.
func bounded() timeout.Option { return timeout.WithTimeout(time.Second) }

// hasBegun waits until the handler runs.
func (s *slow) hasBegun(t *testing.T) {
	t.Helper()
	select {
	case <-s.begun:
	case <-time.After(patience):
		require.Fail(t, "the handler has not begun")
	}
}

// requireHeldUp fails the test unless a drain waits for one write.
func requireHeldUp(t *testing.T, mode *maintenance.Mode) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	waits := false
	_, err := mode.Drain(ctx, maintenance.OnProgress(func(r maintenance.Report) {
		if len(r.Pending) == 1 && r.Pending[0].Replica.Writes == 1 {
			waits = true
			cancel()
		}
	}))
	require.ErrorIs(t, err, maintenance.ErrNotDrained, "the handler still writes")
	require.True(t, waits)
}

// In front of ginmaint a time-out answers, and the handler stays counted.
func TestTimeoutInFront(t *testing.T) {
	mode := switchAt(t, maintenance.Off)
	s := newSlow()
	r := gin.New()
	r.Use(timeout.New(bounded()), gate(mode))
	r.POST("/orders", s.handle)
	server := serve(t, r)
	answer, _ := ask(t, server, "POST", "/orders")
	require.Equal(t, http.StatusRequestTimeout, answer.StatusCode)
	s.hasBegun(t)
	require.NoError(t, mode.On(t.Context()))
	requireHeldUp(t, mode)
	close(s.goOn)
	<-s.ended
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := mode.Drain(ctx)
	assert.NoError(t, err)
}

// Behind it the handler goes on uncounted: the log names the time-out, once.
func TestTimeoutBehindIsNamed(t *testing.T) {
	var log journal
	s := newSlow()
	defer close(s.goOn)
	r := gin.New()
	r.Use(gate(switchAt(t, maintenance.Off), func(c *ginmaint.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }))
	r.POST("/orders", timeout.New(bounded()), s.handle)
	r.GET("/", timeout.New(bounded()), ok)
	server := serve(t, r)
	ask(t, server, "POST", "/orders")
	for range 3 {
		ask(t, server, "GET", "/")
	}
	assert.Equal(t, 1, strings.Count(log.String(), "github.com/gin-contrib/timeout"), log.String())
}

type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// A web socket is hijacked: its handler holds the request, and so the drain, until
// it returns; what it starts beside it needs a ticket of its own.
func TestWebSocket(t *testing.T) {
	mode := switchAt(t, maintenance.Off)
	r := gin.New()
	r.Use(gate(mode))
	r.GET("/ws", func(c *gin.Context) {
		conn, err := websocket.Accept(c.Writer, c.Request, nil)
		if err != nil {
			return
		}
		<-mode.Draining(maintenance.Read)
		_ = conn.Close(websocket.StatusServiceRestart, "maintenance")
	})
	server := serve(t, r)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, server.URL+"/ws", nil)
	require.NoError(t, err)
	require.NoError(t, mode.On(t.Context()))
	_, _, err = conn.Read(ctx)
	assert.Equal(t, websocket.StatusServiceRestart, websocket.CloseStatus(err))
	_, err = mode.Drain(ctx)
	assert.NoError(t, err)
	refused, answer, err := websocket.Dial(ctx, server.URL+"/ws", nil)
	require.Error(t, err)
	require.Nil(t, refused)
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
}

// http.TimeoutHandler stands in front of the engine, where it belongs.
func TestTimeoutHandler(t *testing.T) {
	mode := switchAt(t, maintenance.Off)
	s := newSlow()
	r := gin.New()
	r.Use(gate(mode))
	r.POST("/orders", s.handle)
	server := httptest.NewServer(http.TimeoutHandler(r, 20*time.Millisecond, "late"))
	defer server.Close()
	answer, _ := ask(t, server, "POST", "/orders")
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.NoError(t, mode.On(t.Context()))
	requireHeldUp(t, mode)
	close(s.goOn)
	<-s.ended
}
