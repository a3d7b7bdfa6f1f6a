package ginmaint_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// shop is an application with a handler for each way to take long.
type shop struct {
	*gin.Engine
	mode     *maintenance.Mode
	observer *maintenance.Mode
	url      string
	database string

	stock sync.Mutex
	began chan string // the paths of requests that have reached their handlers
	over  chan struct{}
	done  sync.WaitGroup
}

// newShop serves the routes that add adds, until the test ends.
func newShop(t *testing.T, cfg ginmaint.Config, add func(*shop)) *shop {
	store := maintenance.NewMemoryStore()
	open := func(opts ...maintenance.Option) *maintenance.Mode {
		m, err := maintenance.Open(t.Context(), store, append(opts, maintenance.Poll(20*time.Millisecond))...)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, m.Close()) })
		return m
	}
	s := &shop{Engine: gin.New(), mode: open(), observer: open(maintenance.Observer()), began: make(chan string), over: make(chan struct{})}
	cfg.Mode = s.mode
	s.Use(ginmaint.New(cfg))
	add(s)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.url = "http://" + listener.Addr().String()
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		close(s.over)
		s.done.Wait()
		assert.NoError(t, server.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return s
}

// send sends a request that ends with the test, and returns once it is in its handler.
func (s *shop) send(t *testing.T, method, path string) {
	ctx, cancel := context.WithCancel(context.Background())
	body, stalled := io.Pipe()
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	require.NoError(t, err)
	if method == http.MethodGet {
		request.Body = nil
	}
	s.done.Go(func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if response, err := client.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	})
	s.done.Go(func() {
		<-s.over
		_ = stalled.CloseWithError(errors.New("the test is over"))
		cancel()
	})
	require.Equal(t, path, <-s.began)
}

// running drains until what is named satisfies enough, and returns the report.
func (s *shop) running(t *testing.T, enough func([]maintenance.Running) bool) maintenance.Report {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	report, err := s.observer.Drain(ctx, maintenance.OnProgress(func(r maintenance.Report) {
		if len(r.Pending) == 1 && enough(r.Pending[0].Replica.Running) {
			cancel()
		}
	}))
	require.ErrorIs(t, err, maintenance.ErrNotDrained)
	require.ErrorIs(t, err, context.Canceled, "%s", report)
	require.Len(t, report.Pending, 1)
	return report
}

func (s *shop) Upload(c *gin.Context) {
	s.began <- c.Request.URL.Path
	_, _ = io.Copy(io.Discard, c.Request.Body)
}

func (s *shop) Sales(c *gin.Context) {
	conn, err := pgx.Connect(c, s.database)
	if err != nil {
		panic(err)
	}
	defer conn.Close(context.Background())
	s.began <- c.Request.URL.Path
	_, _ = conn.Exec(c.Request.Context(), "SELECT pg_sleep(60)")
}

func (s *shop) Order(c *gin.Context) {
	s.began <- c.Request.URL.Path
	s.reserve()
}

func (s *shop) reserve() {
	s.stock.Lock()
	defer s.stock.Unlock()
}

func (s *shop) Report(c *gin.Context) {
	s.began <- c.Request.URL.Path
	for c.Request.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

func (s *shop) Events(c *gin.Context) {
	s.began <- c.Request.URL.Path
	c.Stream(func(io.Writer) bool {
		<-s.over
		return false
	})
}

func (s *shop) Wait(c *gin.Context) {
	s.began <- c.Request.URL.Path
	<-s.over
}

func TestDrainNamesWhatHoldsIt(t *testing.T) {
	s := newShop(t, ginmaint.Config{}, func(s *shop) {
		s.database = pgtest.New(t).Database(t)
		s.POST("/upload/:name", s.Upload)
		s.GET("/sales", s.Sales)
		s.POST("/orders", s.Order)
		s.GET("/report", s.Report)
		s.GET("/events", s.Events)
	})
	s.stock.Lock()
	defer s.stock.Unlock()
	for _, r := range [][2]string{
		{http.MethodPost, "/upload/secret.pdf"},
		{http.MethodGet, "/sales"},
		{http.MethodPost, "/orders"},
		{http.MethodGet, "/report"},
		{http.MethodGet, "/events"},
	} {
		s.send(t, r[0], r[1])
	}
	require.NoError(t, s.observer.On(t.Context()))
	wanted := []string{
		`POST /upload/:name .*\.\(\*shop\)\.Upload, in io\.Copy > net\.\(\*conn\)\.Read`,
		`GET /sales .*\.\(\*shop\)\.Sales, in pgx/v5\.\(\*Conn\)\.Exec > net\.\(\*conn\)\.Read`,
		`POST /orders .*\.\(\*shop\)\.Order, in .*\(\*shop\)\.reserve > sync\.\(\*Mutex\)\.Lock`,
		`GET /report .*\.\(\*shop\)\.Report, in time\.Sleep`,
		`GET /events .*\.\(\*shop\)\.Events, in .*\(\*shop\)\.Events\.func1`,
	}
	report := s.running(t, func(found []maintenance.Running) bool { return len(found) == len(wanted) })
	for _, line := range wanted {
		assert.Regexp(t, `(?m)^    `+line, report)
	}
	assert.NotContains(t, report.String(), "secret.pdf", "what a visitor sent")
	assert.NotContains(t, report.String(), "perhaps")
}

func TestDrainNamesNothingThatItDoesNotWaitFor(t *testing.T) {
	s := newShop(t, ginmaint.Config{IgnoreURLs: []string{"^/staff$"}}, func(s *shop) {
		wait := func(c *gin.Context) { s.Wait(c) }
		s.GET("/read", func(c *gin.Context) { s.Wait(c) })
		s.POST("/health", ginmaint.ForceOff, func(c *gin.Context) { s.Wait(c) })
		s.POST("/staff", func(c *gin.Context) { s.Wait(c) })
		s.GET("/shared", wait)
		s.POST("/shared", wait)
		s.POST("/write", func(c *gin.Context) { c.Next() }, s.Wait)
		s.NoRoute(s.Order)
	})
	s.stock.Lock()
	defer s.stock.Unlock()
	for _, path := range []string{"/write", "/shared", "/none"} {
		s.send(t, http.MethodPost, path)
	}
	s.send(t, http.MethodGet, "/read")
	s.send(t, http.MethodPost, "/health")
	_, err := s.observer.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.mode.Level() == maintenance.ReadOnly }, time.Minute, time.Millisecond)
	s.send(t, http.MethodPost, "/staff")

	report := s.running(t, func(found []maintenance.Running) bool { return len(found) > 0 })
	lines := strings.Split(report.String(), "\n")[2:]
	require.Len(t, lines, 3, "%s", report)
	assert.Regexp(t, `^    POST /write ginmaint_test\.\(\*shop\)\.Wait$`, lines[0])
	assert.Regexp(t, `^    ginmaint_test\.\(\*shop\)\.Order, in .* > sync\.\(\*Mutex\)\.Lock$`, lines[1], "no route has it")
	assert.Regexp(t, `^    ginmaint_test\.TestDrainNames\S+func1\.1, in `, lines[2], "two routes have it")
}
