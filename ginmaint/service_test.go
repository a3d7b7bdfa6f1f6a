package ginmaint

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

var quiet = slog.New(slog.DiscardHandler)

// opened opens a Mode on store, and has the test close it.
func opened(t testing.TB, store maintenance.Store, opts ...maintenance.Option) *maintenance.Mode {
	t.Helper()
	m, err := maintenance.Open(context.Background(), store, append([]maintenance.Option{maintenance.Logger(quiet)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	return m
}

// inState opens a Mode whose document is s.
func inState(t testing.TB, s maintenance.State) *maintenance.Mode {
	t.Helper()
	m := opened(t, maintenance.NewMemoryStore())
	_, err := m.Set(context.Background(), s)
	require.NoError(t, err)
	return m
}

func at(t testing.TB, l maintenance.Level) *maintenance.Mode {
	t.Helper()
	return inState(t, maintenance.State{Level: l})
}

// service is an engine behind the middleware, and how often its handlers ran.
type service struct {
	*gin.Engine
	runs atomic.Int64
}

// serving returns a service with the handler at "/" for GET, HEAD and POST, and
// further handlers in front of the middleware.
func serving(t testing.TB, cfg Config, front ...gin.HandlerFunc) *service {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = quiet
	}
	s := &service{Engine: gin.New()}
	s.Use(append(front, New(cfg))...)
	s.GET("/", s.handle)
	s.HEAD("/", s.handle)
	s.POST("/", s.handle)
	return s
}

func (s *service) handle(c *gin.Context) {
	s.runs.Add(1)
	c.String(http.StatusOK, "handled")
}

// ask sends one request, from an address of TEST-NET-3 unless told otherwise.
func ask(h http.Handler, method, target string, with ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = "203.0.113.7:4711"
	for _, change := range with {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// header sets the lines of one header.
func header(name string, lines ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = lines }
}

// assertWait checks that an answer says to stay away for so long, and up to 15
// seconds more.
func assertWait(t *testing.T, seconds int, h http.Header) {
	t.Helper()
	said, err := strconv.Atoi(h.Get("Retry-After"))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, said, seconds)
	assert.Less(t, said, seconds+spread)
}

// from sets the peer's address and port, as net/http does.
func from(remote string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = remote }
}

// sent gives the request a body.
func sent(contentType, body string) func(*http.Request) {
	return func(r *http.Request) {
		with := httptest.NewRequest(r.Method, "/", strings.NewReader(body))
		r.Body, r.ContentLength = with.Body, with.ContentLength
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
	}
}

// as names the visitor's role, for services whose Role is roleOf.
func as(r Role) func(*http.Request) { return header("Test-Role", r.String()) }

func roleOf(c *gin.Context) Role { return roleNamed(c.GetHeader("Test-Role")) }

// journal keeps what is logged, as text.
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

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// errDown is what a store says of its own insides.
var errDown = errors.New("dial tcp 10.9.8.7:6379: connection refused")

// flaky is a store whose saves fail while it is down.
type flaky struct {
	*maintenance.MemoryStore
	down atomic.Bool
}

func (f *flaky) Save(ctx context.Context, s maintenance.State) (maintenance.State, error) {
	if f.down.Load() {
		return maintenance.State{}, errDown
	}
	return f.MemoryStore.Save(ctx, s)
}
