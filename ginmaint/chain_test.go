package ginmaint

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestTheRouteDecidesNotTheMethodOfTheMoment: a middleware in front rewrites the
// request's method, for whoever asks it to. Whichever request comes first, each
// route keeps its own markers.
func TestTheRouteDecidesNotTheMethodOfTheMoment(t *testing.T) {
	as := func(method string) func(*http.Request) { return header("X-HTTP-Method-Override", method) }
	type request struct {
		method string
		change func(*http.Request)
		path   string
		want   int
	}
	const passes, refused = http.StatusOK, http.StatusServiceUnavailable
	plain := func(*http.Request) {}
	cases := map[string]struct {
		level    maintenance.Level
		requests []request
	}{
		"ForceOff is the POST's": {maintenance.On, []request{
			{"GET", plain, "/login", refused}, {"POST", plain, "/login", passes},
			{"GET", as("POST"), "/login", refused}, {"POST", as("GET"), "/login", passes},
		}},
		"a write that claims to read": {maintenance.ReadOnly, []request{
			{"POST", plain, "/order", refused}, {"GET", plain, "/order", passes},
			{"POST", as("GET"), "/order", refused}, {"POST", as("HEAD"), "/order", refused},
		}},
		"a read that becomes a write": {maintenance.ReadOnly, []request{
			{"GET", as("DELETE"), "/order", refused}, {"GET", plain, "/order", passes}, {"GET", as("HEAD"), "/order", passes},
		}},
		"a route for any method": {maintenance.ReadOnly, []request{
			{"GET", plain, "/any", passes}, {"POST", plain, "/any", refused}, {"POST", as("GET"), "/any", refused}, {"DELETE", as("GET"), "/any", refused},
		}},
		"a search by POST": {maintenance.ReadOnly, []request{
			{"POST", plain, "/search", passes}, {"POST", as("PUT"), "/search", passes},
		}},
	}
	for name, tc := range cases {
		for first := range tc.requests {
			t.Run(fmt.Sprintf("%s, request %d first", name, first), func(t *testing.T) {
				s := &service{Engine: gin.New()}
				s.Use(func(c *gin.Context) {
					if method := c.GetHeader("X-HTTP-Method-Override"); method != "" {
						c.Request.Method = method
					}
				}, New(Config{Mode: at(t, tc.level), Logger: quiet}))
				login := func(c *gin.Context) { s.handle(c) }
				s.POST("/login", ForceOff, login)
				s.GET("/login", login)
				s.Any("/order", login)
				s.Any("/any", login)
				s.POST("/search", Reads, login)
				for i := range 2 * len(tc.requests) {
					r := tc.requests[(first+i)%len(tc.requests)]
					assert.Equal(t, r.want, ask(s, r.method, r.path, r.change).Code, "%d: %s %s", i, r.method, r.path)
				}
			})
		}
	}
}

// TestAMarkerInsideAHandler does nothing, and that is said once for each route.
func TestAMarkerInsideAHandler(t *testing.T) {
	markers := map[string]gin.HandlerFunc{"ForceOff": ForceOff, "Reads": Reads, "Writes": Writes}
	for name, marker := range markers {
		t.Run(name, func(t *testing.T) {
			var log journal
			before := slog.Default()
			slog.SetDefault(log.logger())
			defer slog.SetDefault(before)
			s := &service{Engine: gin.New()}
			s.Use(New(Config{Mode: at(t, maintenance.Off), Logger: quiet}))
			s.GET("/right", marker, s.handle)
			s.Group("/group", marker).GET("/right", s.handle)
			s.GET("/twice", marker, func(c *gin.Context) { marker(c) })
			s.NoRoute(marker, s.handle)
			for range 3 {
				for _, path := range []string{"/right", "/group/right", "/twice", "/unknown"} {
					ask(s, http.MethodGet, path)
				}
			}
			assert.Empty(t, log.String())

			s.GET("/wrapped/:id", func(c *gin.Context) { marker(c); s.handle(c) })
			s.POST("/wrapped/:id", func(c *gin.Context) { marker(c); s.handle(c) })
			for i := range 3 {
				ask(s, http.MethodGet, fmt.Sprintf("/wrapped/%d", i))
				ask(s, http.MethodPost, fmt.Sprintf("/wrapped/%d", i))
			}
			assert.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
			assert.Contains(t, log.String(), name+" was called inside a handler")
			assert.Contains(t, log.String(), "route=/wrapped/:id")
			assert.Contains(t, log.String(), "TestAMarkerInsideAHandler")
		})
	}
}

// TestGinIsAsExpected: what is read from Gin's context is where it was, so that
// the fast way is taken with this version of Gin.
func TestGinIsAsExpected(t *testing.T) {
	require.True(t, inGin.known)
	engine := gin.New()
	var got []leaf
	h := func(c *gin.Context) { got = registered(c, nil) }
	engine.GET("/a/:b/*c", ForceOff, h)
	engine.GET("/a/x", h)
	engine.POST("/", h)
	engine.Any("/any", h)
	ask(engine, http.MethodPost, "/")
	var list []string
	for _, l := range got {
		list = append(list, l.method+" "+l.path)
		assert.NotNil(t, l.chain)
		assert.Equal(t, handlerName(h), l.handlers[len(l.handlers)-1])
	}
	assert.Subset(t, list, []string{"GET /a/:b/*c", "GET /a/x", "POST /", "GET /any", "POST /any", "TRACE /any"})
	assert.Len(t, list, 3+9)
}

// TestAGinThatIsNotAsExpected: the markers work all the same.
func TestAGinThatIsNotAsExpected(t *testing.T) {
	before := inGin
	inGin = layout{}
	defer func() { inGin = before }()
	m, err := compile(Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreURLs: []string{"^/static/"}})
	require.NoError(t, err)
	s := &service{Engine: gin.New()}
	s.Use(m.handle)
	s.POST("/login", ForceOff, s.handle)
	s.GET("/login", s.handle)
	s.GET("/static/*file", s.handle)
	s.NoRoute(ForceOff, s.handle)
	for range 2 {
		assert.Equal(t, http.StatusOK, ask(s, http.MethodPost, "/login").Code)
		assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/login").Code)
		assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/unknown").Code)
		assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/static/x").Code)
		assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/static/x/../y").Code)
	}
	assert.Zero(t, m.routes.remembered())
}
