package metrics

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestScrapesAddUpToTheRequestsSent sends requests while the service is switched and
// scraped. Those that were sent while a level was in force are all in the metrics, and the
// rest is what the application has handled while it was off.
func TestScrapesAddUpToTheRequestsSent(t *testing.T) {
	mode := opened(t, maintenance.NewMemoryStore())
	var handled atomic.Int64
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode, IgnoreURLs: []string{"^/exempt$"}}))
	handle := func(*gin.Context) { handled.Add(1) }
	for _, path := range []string{"/shop", "/exempt"} {
		r.GET(path, handle)
		r.POST(path, handle)
	}
	r.GET("/marked", ginmaint.ForceOff, handle)
	c := New(mode)
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	r.GET("/metrics", ginmaint.ForceOff, gin.WrapH(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	sum := func(decision string) (n float64) {
		s := mode.Stats()
		for _, by := range map[string]map[string]uint64{"exempt": s.Exempt, "refused": s.Refused}[decision] {
			n += float64(by)
		}
		return n
	}
	ask := func(method, path string) {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	}
	var sent atomic.Int64
	// load sends requests by several visitors until ctx ends.
	load := func(ctx context.Context) (wait func()) {
		var visitors sync.WaitGroup
		for i := range 4 {
			visitors.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					sent.Add(1)
					ask([]string{http.MethodGet, http.MethodPost}[(n+i)%2], []string{"/shop", "/exempt"}[n/2%2])
				}
			})
		}
		return visitors.Wait
	}
	ctx, cancel := context.WithCancel(t.Context())
	wait := load(ctx)
	refused := 0.0
	for range 12 {
		before := sent.Load()
		require.NoError(t, mode.On(t.Context()))
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, w.Body.String(), "ginmaint_level 2")
		require.GreaterOrEqual(t, sum("refused"), refused, "a counter does not fall")
		refused = sum("refused")
		for sent.Load() < before+50 {
			runtime.Gosched()
		}
		require.NoError(t, mode.Off(t.Context()))
	}
	cancel()
	wait()
	require.NotZero(t, sum("refused"))
	assert.Equal(t, float64(sent.Load()), sum("refused")+float64(handled.Load()), "refused, and what the application has handled")

	// From one switch to the next, all of them are counted.
	_, err := mode.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly})
	require.NoError(t, err)
	before, start := mode.Stats(), sent.Load()
	exempt, no := sum("exempt"), sum("refused")
	ctx, cancel = context.WithCancel(t.Context())
	wait = load(ctx)
	for sent.Load() < start+400 {
		ask(http.MethodGet, "/marked")
		sent.Add(1)
	}
	cancel()
	wait()
	admitted := float64(mode.Stats().Admitted - before.Admitted)
	assert.NotZero(t, admitted)
	assert.Equal(t, float64(sent.Load()-start), admitted+sum("exempt")-exempt+sum("refused")-no)
}
