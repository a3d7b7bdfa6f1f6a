package ginmaint

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

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
				assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
				assert.Equal(t, "3600", answer.Header().Get("Retry-After"))
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
		assert.Equal(t, "the "+name+" is closed", ask(s, http.MethodGet, "/closed").Body.String())
	}
}
