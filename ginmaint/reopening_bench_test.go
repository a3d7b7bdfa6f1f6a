package ginmaint_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// BenchmarkReopening has a thousand requests held, and opens. Each then takes 50 ms, as
// one does that asks a database. Peak is how many run at once at most; beside it stand
// requests that all wait for the end and are let in in one instant. KiB is what one takes
// while it waits, with its goroutine and without a connection.
func BenchmarkReopening(b *testing.B) {
	const requests, work = 1000, 50 * time.Millisecond
	gin.SetMode(gin.ReleaseMode)
	for _, c := range []struct {
		name string
		add  func(*gin.Engine, *maintenance.Mode)
	}{
		{"spread", func(r *gin.Engine, m *maintenance.Mode) { r.Use(ginmaint.New(ginmaint.Config{Mode: m})) }},
		{"at-once", func(r *gin.Engine, m *maintenance.Mode) {
			r.Use(func(c *gin.Context) {
				if t, err := m.Wait(c.Request.Context(), maintenance.Read); err == nil {
					defer t.Leave()
					c.Next()
				}
			})
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			mode, err := maintenance.Open(b.Context(), maintenance.NewMemoryStore())
			require.NoError(b, err)
			defer func() { require.NoError(b, mode.Close()) }()
			r := gin.New()
			c.add(r, mode)
			var running, peak, done atomic.Int64
			r.GET("/", func(*gin.Context) {
				for n, most := running.Add(1), peak.Load(); n > most && !peak.CompareAndSwap(most, n); most = peak.Load() {
				}
				time.Sleep(work)
				running.Add(-1)
				done.Add(1)
			})
			var bytes uint64
			var opening time.Duration
			for b.Loop() {
				_, err := mode.Set(b.Context(), maintenance.State{Level: maintenance.On, Hold: time.Minute})
				require.NoError(b, err)
				before := memory()
				var waiting sync.WaitGroup
				var begun atomic.Int64
				for range requests {
					waiting.Go(func() {
						begun.Add(1)
						r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
					})
				}
				for begun.Load() < requests || c.name == "spread" && mode.Status().Held < requests {
					time.Sleep(time.Millisecond)
				}
				bytes += memory() - before
				began := time.Now()
				require.NoError(b, mode.Off(context.Background()))
				waiting.Wait()
				opening += time.Since(began)
			}
			require.EqualValues(b, requests*b.N, done.Load())
			b.ReportMetric(float64(peak.Load()), "peak")
			b.ReportMetric(float64(bytes)/1024/float64(requests*b.N), "KiB/request")
			b.ReportMetric(float64(opening.Milliseconds())/float64(b.N), "ms-until-all-done")
		})
	}
}

// memory returns what heap and stacks take.
func memory() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
