package edge

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func init() { gin.SetMode(gin.ReleaseMode) }

// asking are headers by which a handler asks caches to keep its answer, by the name
// under which the service sets them.
var asking = map[string]http.Header{
	"nothing":           {},
	"cache-control":     {"Cache-Control": {"public, max-age=600"}},
	"expires":           {"Expires": {"Fri, 31 Dec 2099 23:59:59 GMT"}},
	"x-accel-expires":   {"X-Accel-Expires": {"600"}},
	"surrogate-control": {"Surrogate-Control": {"max-age=600"}},
	"all": {"Cache-Control": {"public, s-maxage=600, max-age=600"}, "Cdn-Cache-Control": {"max-age=600"}, "Expires": {"Fri, 31 Dec 2099 23:59:59 GMT"},
		"X-Accel-Expires": {"600"}, "Surrogate-Control": {"max-age=600"}},
	"lower case": {"cache-control": {"public, max-age=600"}, "x-accel-expires": {"600"}, "surrogate-control": {"max-age=600"}},
}

// service is an application under maintenance, and the cache in front of it.
type service struct {
	mode   *maintenance.Mode
	cache  string // its address
	client *http.Client
	asked  atomic.Int64 // of the service, past the cache
}

// staff are told by a header that is in no cache's key, as a token of single sign-on
// or an address is.
func staff(c *gin.Context) ginmaint.Role {
	if c.GetHeader("X-Token") == "staff" {
		return ginmaint.Staff
	}
	return ginmaint.Anonymous
}

func behind(t *testing.T, start func(t *testing.T, service string) string) *service {
	t.Helper()
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mode.Close()) })
	s := &service{mode: mode, client: &http.Client{Transport: &http.Transport{}, Timeout: proc.Patience}}
	t.Cleanup(s.client.CloseIdleConnections)

	mux := http.NewServeMux()
	mux.Handle("/", s.engine(http.StatusServiceUnavailable))
	mux.Handle("/200/", http.StripPrefix("/200", s.engine(http.StatusOK)))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	s.cache = start(t, address.Port())
	return s
}

// engine is the application, whose refusals have this status.
func (s *service) engine(status int) *gin.Engine {
	r := gin.New()
	r.Use(func(c *gin.Context) {
		s.asked.Add(1)
		for name, lines := range asking[c.Query("front")] {
			c.Writer.Header()[name] = lines
		}
	}, ginmaint.New(ginmaint.Config{
		Mode: s.mode, Role: staff, IgnoreStaff: true, StatusCode: status, Logger: slog.New(slog.DiscardHandler),
	}))
	page := func(c *gin.Context) {
		for name, lines := range asking[c.Param("asking")] {
			c.Writer.Header()[name] = lines
		}
		c.String(http.StatusOK, "the page for %q", c.GetHeader("X-Token"))
	}
	r.GET("/page/:asking", page)
	r.GET("/asset/:asking", ginmaint.ForceOff, page)
	r.GET("/healthz", ginmaint.ForceOff, func(c *gin.Context) { c.Status(http.StatusOK) })
	r.GET("/article", func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=1")
		c.Header("ETag", `"7"`)
		http.ServeContent(c.Writer, c.Request, "a.txt", time.Time{}, strings.NewReader("the article"))
	})
	return r
}

func (s *service) switchTo(t *testing.T, l maintenance.Level) {
	t.Helper()
	_, err := s.mode.Set(t.Context(), maintenance.State{Level: l})
	require.NoError(t, err)
}

// get asks through the cache, as staff by a token.
func (s *service) get(t *testing.T, path, token string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.cache+path, nil)
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("X-Token", token)
	}
	answer, err := s.client.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

func TestBehindNginx(t *testing.T)   { testBehind(t, behind(t, startNginx)) }
func TestBehindVarnish(t *testing.T) { testBehind(t, behind(t, startVarnish)) }

func testBehind(t *testing.T, s *service) {
	t.Run("it does keep what it may", func(t *testing.T) {
		s.switchTo(t, maintenance.Off)
		_, first := s.get(t, "/page/all?control", "staff")
		_, second := s.get(t, "/page/all?control", "")
		assert.Equal(t, []string{`the page for "staff"`, `the page for "staff"`}, []string{first, second})
	})
	for name := range asking {
		path := "/page/" + url.PathEscape(name)
		t.Run("the staff's page is never served to a visitor, asking by "+name, func(t *testing.T) {
			s.switchTo(t, maintenance.On)
			status, body := s.get(t, path, "staff")
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, `the page for "staff"`, body)
			status, body = s.get(t, path, "")
			assert.Equal(t, http.StatusServiceUnavailable, status)
			assert.NotContains(t, body, "staff")
		})
		for _, prefix := range []string{"", "/200"} { // caches keep a 503 only when they are told to, and a 200 unless
			t.Run("the refusal is never kept, asking by "+name+prefix, func(t *testing.T) {
				path := prefix + path + "?front=" + url.QueryEscape(name)
				s.switchTo(t, maintenance.On)
				_, body := s.get(t, path, "")
				require.Contains(t, body, "about:blank")
				_, body = s.get(t, path, "staff")
				assert.Equal(t, `the page for "staff"`, body)
				s.switchTo(t, maintenance.Off)
				_, body = s.get(t, path, "")
				assert.Equal(t, `the page for ""`, body)
			})
		}
	}
	for _, level := range []maintenance.Level{maintenance.Off, maintenance.On} {
		t.Run("an asset marked ForceOff is kept, at "+level.String(), func(t *testing.T) {
			s.switchTo(t, level)
			path := "/asset/all?" + level.String()
			for range 3 {
				status, _ := s.get(t, path, "")
				require.Equal(t, http.StatusOK, status)
			}
			before := s.asked.Load()
			status, body := s.get(t, path, "")
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, `the page for ""`, body)
			assert.Equal(t, before, s.asked.Load(), "by the cache, which did not ask the service")
		})
	}
	t.Run("the page from before is not prolonged by the staff", func(t *testing.T) {
		s.switchTo(t, maintenance.Off)
		s.get(t, "/article", "")
		s.switchTo(t, maintenance.On)
		require.NoError(t, proc.Until(t.Context(), "the cache to ask the service again", func() bool {
			before := s.asked.Load()
			status, body := s.get(t, "/article", "staff")
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, "the article", body)
			return s.asked.Load() > before
		}))
		status, _ := s.get(t, "/article", "")
		assert.Equal(t, http.StatusServiceUnavailable, status)
	})
}
