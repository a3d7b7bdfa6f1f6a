package ginmaint

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestMarkers(t *testing.T) {
	const off, readOnly, on = maintenance.Off, maintenance.ReadOnly, maintenance.On
	wraps := func(marker gin.HandlerFunc) gin.HandlerFunc { return func(c *gin.Context) { marker(c) } }
	cases := map[string]struct {
		method  string
		markers []gin.HandlerFunc
		passes  map[maintenance.Level]bool // on the route itself
	}{
		"GET":                            {"GET", nil, map[maintenance.Level]bool{off: true, readOnly: true}},
		"HEAD":                           {"HEAD", nil, map[maintenance.Level]bool{off: true, readOnly: true}},
		"OPTIONS":                        {"OPTIONS", nil, map[maintenance.Level]bool{off: true, readOnly: true}},
		"POST":                           {"POST", nil, map[maintenance.Level]bool{off: true}},
		"DELETE":                         {"DELETE", nil, map[maintenance.Level]bool{off: true}},
		"a method of the service's own":  {"BREW", nil, map[maintenance.Level]bool{off: true}},
		"ForceOff":                       {"POST", []gin.HandlerFunc{ForceOff}, map[maintenance.Level]bool{off: true, readOnly: true, on: true}},
		"ForceOn":                        {"GET", []gin.HandlerFunc{ForceOn}, nil},
		"ForceOn in a wrapper":           {"GET", []gin.HandlerFunc{wraps(ForceOn)}, nil},
		"ForceOn beats ForceOff":         {"GET", []gin.HandlerFunc{ForceOff, ForceOn}, nil},
		"ForceOff in a wrapper is none":  {"GET", []gin.HandlerFunc{wraps(ForceOff)}, map[maintenance.Level]bool{off: true, readOnly: true}},
		"Reads on a POST":                {"POST", []gin.HandlerFunc{Reads}, map[maintenance.Level]bool{off: true, readOnly: true}},
		"Writes on a GET":                {"GET", []gin.HandlerFunc{Writes}, map[maintenance.Level]bool{off: true}},
		"the marker nearest to the last": {"GET", []gin.HandlerFunc{Writes, Reads}, map[maintenance.Level]bool{off: true, readOnly: true}},
	}
	places := map[string]func(*gin.Engine, string, []gin.HandlerFunc, gin.HandlerFunc){
		"on the route": func(e *gin.Engine, method string, markers []gin.HandlerFunc, h gin.HandlerFunc) {
			e.Handle(method, "/marked/x", append(markers[:len(markers):len(markers)], h)...)
		},
		"on the group": func(e *gin.Engine, method string, markers []gin.HandlerFunc, h gin.HandlerFunc) {
			e.Group("/marked", markers...).Handle(method, "/x", h)
		},
		"used by the group": func(e *gin.Engine, method string, markers []gin.HandlerFunc, h gin.HandlerFunc) {
			group := e.Group("/marked")
			group.Use(markers...)
			group.Group("/").Handle(method, "/x", h)
		},
	}
	for name, tc := range cases {
		for place, register := range places {
			for _, level := range []maintenance.Level{off, readOnly, on} {
				t.Run(name+", "+place+", while "+level.String(), func(t *testing.T) {
					s := &service{Engine: gin.New()}
					s.Use(New(Config{Mode: opened(t, maintenance.Fixed(level)), Logger: quiet}))
					register(s.Engine, tc.method, tc.markers, s.handle)
					for range 2 { // the second time from the table
						s.runs.Store(0)
						answer := ask(s, tc.method, "/marked/x")
						assert.Equal(t, tc.passes[level], answer.Code == http.StatusOK, answer.Code)
						assert.Equal(t, tc.passes[level], s.runs.Load() == 1)
					}
				})
			}
		}
	}
}

func TestMarkersOfOneRouteAreNotAnothersThatSharesThePath(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(New(Config{Mode: at(t, maintenance.On), Logger: quiet}))
	s.GET("/x", ForceOff, s.handle)
	s.PUT("/x", s.handle) // as long as GET
	s.GET("/y", s.handle)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/x").Code)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodPut, "/x").Code)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/y").Code)
}

func TestForceOnWinsOverEveryExemption(t *testing.T) {
	for name, closed := range map[string]gin.HandlerFunc{
		"on the route": ForceOn, "in a wrapper": func(c *gin.Context) { ForceOn(c) },
	} {
		for _, level := range []maintenance.Level{maintenance.Off, maintenance.On} {
			t.Run(name+", while "+level.String(), func(t *testing.T) {
				s := serving(t, Config{
					Mode: at(t, level), Role: roleOf, IgnoreAnonymous: true, IgnoreAuthenticated: true,
					IgnoreURLs: []string{"^/closed$"}, IgnoreIPAddresses: []string{"203.0.113.7"}, RedirectURL: "/closed",
				})
				s.GET("/closed", closed, s.handle)
				answer := ask(s, http.MethodGet, "/closed", as(Superuser))
				assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
				assert.Equal(t, "on", answer.Header().Get("Maintenance-Mode"))
				assert.Contains(t, answer.Header().Get("Cache-Control"), "no-store")
				assertWait(t, 60, answer.Header())
				assert.Zero(t, s.runs.Load())
			})
		}
	}
}

func TestForceOnAnswersAsTheConfigSays(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.Off), StatusCode: http.StatusGone})
	s.GET("/closed", ForceOff, ForceOn, s.handle)
	assert.Equal(t, http.StatusGone, ask(s, http.MethodGet, "/closed").Code)
}

func TestForceOnWithoutAMiddleware(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.GET("/", ForceOn, s.handle)
	answer := ask(s, http.MethodGet, "/")
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Zero(t, s.runs.Load())
}

// TestForceOnShowsEachEngineItsOwnPage: a wrapped ForceOn knows no middleware,
// and two engines of one process may have different templates.
func TestForceOnShowsEachEngineItsOwnPage(t *testing.T) {
	for _, name := range []string{"shop", "office"} {
		s := serving(t, Config{Mode: at(t, maintenance.Off)})
		s.SetHTMLTemplate(parsed(t, `{{ define "503.html" }}the `+name+` is closed{{ end }}`, nil))
		s.GET("/closed", func(c *gin.Context) { ForceOn(c) })
		assert.Equal(t, "the "+name+" is closed", ask(s, http.MethodGet, "/closed", browser).Body.String())
	}
}

// TestMarkersWhereGinHasNoRoute: a single-page application serves its shell for
// unknown paths, and a proxy takes what the engine does not know.
func TestMarkersWhereGinHasNoRoute(t *testing.T) {
	const passes, refused = http.StatusOK, http.StatusServiceUnavailable
	type want struct{ unknown, notAllowed int } // of a GET each
	cases := map[string]struct {
		level             maintenance.Level
		noRoute, noMethod []gin.HandlerFunc
		want
	}{
		"none, on":                     {maintenance.On, nil, nil, want{refused, refused}},
		"the shell is ForceOff":        {maintenance.On, []gin.HandlerFunc{ForceOff}, nil, want{passes, refused}},
		"NoMethod is ForceOff":         {maintenance.On, nil, []gin.HandlerFunc{ForceOff}, want{refused, passes}},
		"the proxy writes, read-only":  {maintenance.ReadOnly, []gin.HandlerFunc{Writes}, nil, want{refused, passes}},
		"NoMethod writes, read-only":   {maintenance.ReadOnly, nil, []gin.HandlerFunc{Writes}, want{passes, refused}},
		"none, read-only":              {maintenance.ReadOnly, nil, nil, want{passes, passes}},
		"the shell is ForceOn":         {maintenance.Off, []gin.HandlerFunc{ForceOn}, nil, want{refused, passes}},
		"NoMethod is ForceOn":          {maintenance.Off, nil, []gin.HandlerFunc{ForceOn}, want{passes, refused}},
		"ForceOff on both":             {maintenance.On, []gin.HandlerFunc{ForceOff}, []gin.HandlerFunc{ForceOff}, want{passes, passes}},
		"ForceOn wins, whatever order": {maintenance.On, []gin.HandlerFunc{ForceOn, ForceOff}, nil, want{refused, refused}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, first := range []string{"/unknown", "/posted"} { // whichever is learnt first
				m, err := compile(Config{Mode: at(t, tc.level), Logger: quiet})
				require.NoError(t, err)
				s := &service{Engine: gin.New()}
				s.HandleMethodNotAllowed = true
				s.Use(m.handle)
				s.POST("/posted", s.handle)
				s.NoRoute(append(tc.noRoute, s.handle)...)
				s.NoMethod(append(tc.noMethod, s.handle)...)
				ask(s, http.MethodGet, first)
				for range 2 {
					assert.Equal(t, tc.unknown, ask(s, http.MethodGet, "/unknown").Code)
					assert.Equal(t, tc.notAllowed, ask(s, http.MethodGet, "/posted").Code)
				}
				for i := range 100 {
					ask(s, fmt.Sprintf("BREW%d", i), fmt.Sprintf("/unknown/%d", i))
					ask(s, fmt.Sprintf("BREW%d", i), "/posted")
				}
				assert.Equal(t, 2, m.routes.remembered(), "NoRoute and NoMethod")
			}
		})
	}
	t.Run("reads", func(t *testing.T) {
		s := &service{Engine: gin.New()}
		s.Use(New(Config{Mode: at(t, maintenance.ReadOnly), Logger: quiet}))
		s.NoRoute(Reads, s.handle)
		assert.Equal(t, passes, ask(s, http.MethodPost, "/search").Code)
	})
}
