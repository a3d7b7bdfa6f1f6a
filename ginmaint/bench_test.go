package ginmaint

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/metrics"
)

// sink is a response that nobody reads, so that recording it costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func nothing(*gin.Context) {}

// offEngines are the baselines and the subjects of what a request costs while
// maintenance is off. "watched" has all that looks on: a function told of changes, a log
// for who debugs, metrics, a probe, the panel, a history, and a pass that stays.
func offEngines(b *testing.B) map[string]*gin.Engine {
	engines := make(map[string]*gin.Engine)
	for _, name := range []string{"bare", "ginmaint", "hundred-marked", "watched"} {
		e := gin.New()
		switch name {
		case "bare":
		case "watched":
			mode := watched(b)
			debug := slog.New(slog.NewTextHandler(new(journal), &slog.HandlerOptions{Level: slog.LevelDebug}))
			e.Use(New(Config{Mode: mode, Logger: debug}))
			e.GET("/readyz", Ready(mode))
			Routes(e.Group("/maintenance-mode"))
		default:
			e.Use(New(Config{Mode: at(b, maintenance.Off), Logger: quiet}))
		}
		if name == "hundred-marked" {
			for i := range 100 {
				e.GET(fmt.Sprintf("/marked/%d", i), Writes, nothing)
			}
			e.GET("/users/:id", Writes, nothing)
		} else {
			e.GET("/users/:id", nothing)
		}
		engines[name] = e
	}
	return engines
}

// watched is off, with a pass that outlives the maintenance it was made in.
func watched(t testing.TB) *maintenance.Mode {
	t.Helper()
	mode := opened(t, maintenance.NewMemoryStore(), maintenance.OnChange(func(maintenance.Change) {}))
	require.NoError(t, prometheus.NewRegistry().Register(metrics.New(mode)))
	_, _, err := mode.IssuePass(t.Context(), maintenance.Pass{Name: "auditor", Until: time.Now().Add(time.Hour), Stays: true})
	require.NoError(t, err)
	require.NoError(t, mode.On(t.Context()))
	require.NoError(t, mode.Off(t.Context()))
	require.Len(t, mode.State().Passes(), 1)
	return mode
}

func BenchmarkOff(b *testing.B) {
	engines := offEngines(b)
	for _, name := range []string{"bare", "ginmaint", "hundred-marked", "watched"} {
		b.Run(name, func(b *testing.B) {
			w, r := &sink{http.Header{}}, httptest.NewRequest(http.MethodGet, "/users/7", nil)
			b.ReportAllocs()
			for b.Loop() {
				engines[name].ServeHTTP(w, r)
			}
		})
	}
}

func BenchmarkOffParallel(b *testing.B) {
	engines := offEngines(b)
	for _, name := range []string{"bare", "ginmaint"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				w, r := &sink{http.Header{}}, httptest.NewRequest(http.MethodGet, "/users/7", nil)
				for pb.Next() {
					engines[name].ServeHTTP(w, r)
				}
			})
		})
	}
}

// BenchmarkRefused sets the answer against a static one, a route that sends the same
// bytes and headers: the page and problem details, with an End too, whose wait is
// another each second, behind middleware that has set headers, and the page in each
// language.
func BenchmarkRefused(b *testing.B) {
	type refused struct {
		name, accept string
		state        maintenance.State
		before       gin.HandlerFunc
	}
	cases := []refused{
		{"page", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", maintenance.State{Level: maintenance.On}, nothing},
		{"problem", "*/*", maintenance.State{Level: maintenance.On}, nothing},
		{"problem-end", "*/*", maintenance.State{Level: maintenance.On, End: time.Now().Add(24 * time.Hour)}, nothing},
		{"page-headers", "text/html", maintenance.State{Level: maintenance.On}, func(c *gin.Context) {
			h := c.Writer.Header()
			for _, name := range frontHeaders {
				h[name] = varyAccept
			}
		}},
	}
	for _, language := range builtInLanguages().tags {
		cases = append(cases, refused{"page-in-" + language, "text/html", maintenance.State{Level: maintenance.On}, nothing})
	}
	for _, tc := range cases {
		language, _ := strings.CutPrefix(tc.name, "page-in-")
		refusing := gin.New()
		refusing.Use(tc.before, New(Config{Mode: inState(b, tc.state), Logger: quiet}))
		refusing.GET("/", nothing)
		first := ask(refusing, http.MethodGet, "/", header("Accept", tc.accept), header("Accept-Language", language))
		body, contentType := bytes.Clone(first.Body.Bytes()), first.Header().Get("Content-Type")
		static := gin.New()
		static.Use(tc.before)
		static.GET("/", func(c *gin.Context) {
			c.Header("Cache-Control", "no-store")
			c.Header("Maintenance-Mode", "on")
			c.Header("Retry-After", "60")
			c.Header("Vary", "Accept")
			if tc.accept != "*/*" {
				c.Header("Content-Security-Policy", ownPolicy[0])
			}
			c.Data(http.StatusServiceUnavailable, contentType, body)
		})
		for _, subject := range []struct {
			name   string
			engine *gin.Engine
		}{{"static", static}, {"ginmaint", refusing}} {
			b.Run(tc.name+"/"+subject.name, func(b *testing.B) {
				w, r := &sink{http.Header{}}, httptest.NewRequest(http.MethodGet, "/", nil)
				r.Header.Set("Accept", tc.accept)
				r.Header.Set("Accept-Language", language)
				b.ReportAllocs()
				for b.Loop() {
					clear(w.header)
					subject.engine.ServeHTTP(w, r)
				}
			})
		}
	}
}

// frontHeaders are what CORS, security and request-id middleware set.
var frontHeaders = []string{"Access-Control-Allow-Origin", "Content-Security-Policy", "Referrer-Policy", "Strict-Transport-Security",
	"X-Content-Type-Options", "X-Frame-Options", "X-Request-Id"}

// BenchmarkExempt sets an exempt request against one that is admitted.
func BenchmarkExempt(b *testing.B) {
	for _, tc := range []struct {
		name  string
		level maintenance.Level
	}{{"admitted", maintenance.Off}, {"exempt", maintenance.On}} {
		e := gin.New()
		e.Use(New(Config{Mode: at(b, tc.level), Logger: quiet, IgnoreURLs: []string{"^/static/"}}))
		e.GET("/static/:file", func(c *gin.Context) { c.String(http.StatusOK, "asset") })
		b.Run(tc.name, func(b *testing.B) {
			w, r := &sink{http.Header{}}, httptest.NewRequest(http.MethodGet, "/static/logo.svg", nil)
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				e.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkExemptAddress asks by an address of the last prefix.
func BenchmarkExemptAddress(b *testing.B) {
	for _, tc := range []struct {
		name     string
		prefixes int
	}{{"one", 1}, {"ten-thousand", 10_000}} {
		b.Run(tc.name, func(b *testing.B) {
			e := gin.New()
			e.Use(New(Config{Mode: at(b, maintenance.On), Logger: quiet, IgnoreIPAddresses: manyPrefixes(tc.prefixes)}))
			e.GET("/", nothing)
			w, r := &sink{http.Header{}}, httptest.NewRequest(http.MethodGet, "/", nil)
			last := tc.prefixes - 1
			r.RemoteAddr = fmt.Sprintf("10.%d.%d.9:4711", 2*last/256, 2*last%256)
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				e.ServeHTTP(w, r)
			}
		})
	}
}
