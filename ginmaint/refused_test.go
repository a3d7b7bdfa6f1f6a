package ginmaint

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestRefused(t *testing.T) {
	cases := map[string]struct {
		level maintenance.Level
		cfg   Config
		path  string
		want  bool
	}{
		"off":                           {maintenance.Off, Config{}, "/", false},
		"on":                            {maintenance.On, Config{}, "/", true},
		"on, 404":                       {maintenance.On, Config{}, "/nowhere", true},
		"redirected":                    {maintenance.On, Config{RedirectURL: "/x"}, "/", true},
		"in the application's own form": {maintenance.On, Config{Answer: func(c *gin.Context, _ maintenance.State) { c.JSON(200, 1) }}, "/", true},
		"in a form that deletes ours": {maintenance.On, Config{Answer: func(c *gin.Context, _ maintenance.State) {
			clear(c.Writer.Header())
			c.JSON(200, 1)
		}}, "/", true},
		"in a form that fails":          {maintenance.On, Config{Answer: func(*gin.Context, maintenance.State) { panic("x") }}, "/", true},
		"a page with data of its own":   {maintenance.On, Config{Format: htmlForAll, TemplateContext: func(*gin.Context) gin.H { return nil }}, "/", true},
		"without a body":                {maintenance.On, Config{Format: func(*gin.Context) Format { return Empty }}, "/", true},
		"exempt":                        {maintenance.On, Config{IgnoreAnonymous: true}, "/", false},
		"ForceOn":                       {maintenance.Off, Config{}, "/closed", true},
		"ForceOn, nested":               {maintenance.Off, Config{}, "/wrapped", true},
		"the service's own 503":         {maintenance.Off, Config{}, "/503", false},
		"an abort of the service's own": {maintenance.Off, Config{}, "/abort", false},
		"exempt, and aborted":           {maintenance.On, Config{IgnoreAnonymous: true}, "/abort", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var refused []bool
			tc.cfg.Mode, tc.cfg.Logger = at(t, tc.level), quiet
			s := &service{Engine: gin.New()}
			s.Use(func(c *gin.Context) { // an access log
				c.Next()
				refused = append(refused, Refused(c))
			}, New(tc.cfg))
			s.GET("/", s.handle)
			s.GET("/closed", ForceOn)
			s.GET("/wrapped", func(c *gin.Context) { ForceOn(c) })
			s.GET("/abort", func(c *gin.Context) { c.AbortWithStatus(http.StatusServiceUnavailable) })
			s.GET("/503", func(c *gin.Context) { c.Status(http.StatusServiceUnavailable) })
			ask(s, http.MethodGet, tc.path)
			assert.Equal(t, []bool{tc.want}, refused)
		})
	}
}

// TestHeadersSetInFront: what belongs to those who set it stays. What would be wrong
// on the refusal goes.
func TestHeadersSetInFront(t *testing.T) {
	stay := map[string]string{
		"X-Request-Id":                "7",
		"Access-Control-Allow-Origin": "https://app.example", "Access-Control-Expose-Headers": "Retry-After",
		"Set-Cookie":              "session=1",
		"Content-Security-Policy": "default-src 'self'", "Strict-Transport-Security": "max-age=600", "X-Content-Type-Options": "nosniff",
		"Content-Language": "de", "Content-Encoding": "identity", // of those who translate and encode what we write
		"Server-Timing": "db;dur=1", "X-RateLimit-Limit": "10", "Www-Authenticate": "Basic",
	}
	goes := map[string]string{
		"Content-Disposition": "attachment", "Content-Location": "/a", "Content-Range": "bytes 0-1/2", "Content-Digest": "sha-256=:x:",
		"ETag": `"7"`, "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Age": "7", "Accept-Ranges": "bytes",
		"Location": "/elsewhere", "X-Accel-Redirect": "/protected/a", "X-Sendfile": "/a",
		"retry-after": "7", "maintenance-mode": "off", // in a spelling that http.Header does not give them
	}
	for name, value := range forCaches {
		goes[name] = value
	}
	for name, cfg := range map[string]Config{
		"the default": {}, "a status of one's own": {StatusCode: http.StatusOK}, "a redirect": {RedirectURL: "https://status.example/"},
		"an answer of one's own": {Answer: func(c *gin.Context, _ maintenance.State) { c.JSON(http.StatusOK, gin.H{"code": 7}) }},
	} {
		for _, accept := range []string{"text/html", "application/json", "text/plain"} {
			t.Run(name+", "+accept, func(t *testing.T) {
				cfg.Mode, cfg.Logger = at(t, maintenance.On), quiet
				s := &service{Engine: gin.New()}
				s.Use(func(c *gin.Context) {
					for _, set := range []map[string]string{stay, goes} {
						for name, value := range set {
							c.Writer.Header()[name] = []string{value}
						}
					}
					c.Header("Content-Type", "image/png")
					c.Header("Content-Length", "7")
				}, New(cfg))
				answer := ask(s, http.MethodGet, "/", header("Accept", accept))
				for name, value := range stay {
					assert.Equal(t, []string{value}, answer.Result().Header[name], name)
				}
				var seen []string
				for name, lines := range answer.Result().Header {
					if _, harms := goes[name]; harms {
						seen = append(seen, name+": "+lines[0])
					}
				}
				want := []string{"Cache-Control: no-store"}
				if location := answer.Header().Get("Location"); cfg.RedirectURL != "" {
					assert.Equal(t, cfg.RedirectURL, location)
					want = append(want, "Location: "+location)
				}
				assert.ElementsMatch(t, want, seen)
				assert.NotEqual(t, "image/png", answer.Header().Get("Content-Type"))
				assert.Equal(t, []string{"on"}, answer.Header().Values("Maintenance-Mode"))
				assertWait(t, 60, answer.Header())
			})
		}
	}
}

// TestAnEncoderInFront: gin-contrib/gzip sets its header before it calls on, and
// encodes whatever is written.
func TestAnEncoderInFront(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		c.Header("Content-Encoding", "gzip")
		encoder := &encoding{ResponseWriter: c.Writer, gzip: gzip.NewWriter(c.Writer)}
		c.Writer = encoder
		defer encoder.gzip.Close()
		c.Next()
	}, New(Config{Mode: at(t, maintenance.On), Logger: quiet}))
	server := httptest.NewServer(s)
	defer server.Close()
	answer, body := over(t, server, http.MethodGet, "/", "text/html", nil) // the client decodes it
	assert.True(t, answer.Uncompressed)
	assert.Contains(t, body, builtIn)
}

type encoding struct {
	gin.ResponseWriter
	gzip *gzip.Writer
}

func (e *encoding) Write(b []byte) (int, error) {
	e.Header().Del("Content-Length")
	return e.gzip.Write(b)
}

// TestAnswersShareNothingThatALaterOneSees: the header values are shared, so
// whoever changes one answer must not change the next.
func TestAnswersShareNothingThatALaterOneSees(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		c.Next()
		for name := range c.Writer.Header() {
			c.Writer.Header().Add(name, "added")
		}
	}, New(Config{Mode: at(t, maintenance.On), Logger: quiet, RetryAfter: time.Minute}))
	for accept, headers := range map[string]int{"text/html": 7, "application/json": 6, "text/plain": 6} {
		first := ask(s, http.MethodGet, "/", header("Accept", accept)).Result().Header
		assert.Len(t, first, headers)
		for name, lines := range first {
			assert.Len(t, lines, 1, name)
		}
		assert.Equal(t, first, ask(s, http.MethodGet, "/", header("Accept", accept)).Result().Header)
	}
}
