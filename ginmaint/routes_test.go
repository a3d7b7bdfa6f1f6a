package ginmaint

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// remembered counts the chains in the table.
func (r *routes) remembered() (n int) {
	r.known.Range(func(any, any) bool { n++; return true })
	return n
}

func TestOnlyRegisteredRoutesAreRemembered(t *testing.T) {
	for _, notAllowed := range []bool{false, true} {
		t.Run(fmt.Sprintf("HandleMethodNotAllowed %t", notAllowed), func(t *testing.T) {
			m, err := compile(Config{Mode: at(t, maintenance.On), Logger: quiet})
			require.NoError(t, err)
			s := &service{Engine: gin.New()}
			s.HandleMethodNotAllowed = notAllowed
			s.Use(m.handle)
			s.GET("/users/:id", s.handle)
			s.GET("/files/*path", ForceOff, s.handle)
			for i := range 1000 {
				ask(s, http.MethodGet, fmt.Sprintf("/users/%d", i))
				ask(s, http.MethodGet, fmt.Sprintf("/files/%d/%d", i, i))
				ask(s, http.MethodGet, fmt.Sprintf("/nowhere/%d", i))
				answer := ask(s, fmt.Sprintf("BREW%d", i), "/users/1")
				require.Equal(t, http.StatusServiceUnavailable, answer.Code)
			}
			want := 3 // the two routes, and NoRoute
			if notAllowed {
				want++ // NoMethod
			}
			assert.Equal(t, want, m.routes.remembered())
		})
	}
}

func TestStrangeMethodsAndTargets(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.HandleMethodNotAllowed = true
	s.Use(New(Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreURLs: []string{"^/exempt/"}, IgnoreIPAddresses: []string{"10.0.0.1"}}))
	s.GET("/", s.handle)
	s.NoRoute(s.handle)
	for name, change := range map[string]func(*http.Request){
		"BREW":             func(r *http.Request) { r.Method = "BREW" },
		"lower case":       func(r *http.Request) { r.Method = "get" },
		"a very long one":  func(r *http.Request) { r.Method = strings.Repeat("X", 1<<16) },
		"OPTIONS *":        func(r *http.Request) { r.Method, r.URL.Path = "OPTIONS", "*" },
		"CONNECT":          func(r *http.Request) { r.Method = "CONNECT"; r.URL.Path = "" },
		"TRACE":            func(r *http.Request) { r.Method = "TRACE" },
		"a very long path": func(r *http.Request) { r.URL.Path = "/" + strings.Repeat("../", 1<<16) },
	} {
		t.Run(name, func(t *testing.T) {
			answer := ask(s, http.MethodGet, "/", change)
			assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
			assert.Zero(t, s.runs.Load())
		})
	}
}

// TestMoreRoutesThanSlots fills the quick table several times over: a route
// whose slot is taken must not get its neighbour's markers.
func TestMoreRoutesThanSlots(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(New(Config{Mode: at(t, maintenance.On), Logger: quiet}))
	const routes = 3 * slots
	for i := range routes {
		if i%2 == 0 {
			s.GET(fmt.Sprintf("/r%d", i), ForceOff, s.handle)
		} else {
			s.GET(fmt.Sprintf("/r%d", i), s.handle)
		}
	}
	for range 2 {
		for i := range routes {
			answer := ask(s, http.MethodGet, fmt.Sprintf("/r%d", i))
			require.Equal(t, i%2 == 0, answer.Code == http.StatusOK, "route %d", i)
		}
	}
}

// TestASlotThatAnotherRouteHolds: two chains may share a slot.
func TestASlotThatAnotherRouteHolds(t *testing.T) {
	var r routes
	engine := gin.New()
	engine.GET("/x", func(c *gin.Context) {
		held := &route{chain: new(gin.HandlerFunc), forceOff: true}
		r.quick[slotOf(chainOf(c))].Store(held)
		for range 2 {
			found, _ := r.of(c)
			assert.Equal(t, "/x", found.path)
			assert.False(t, found.forceOff)
		}
	})
	assert.Equal(t, http.StatusOK, ask(engine, http.MethodGet, "/x").Code)
}

func TestFirstRequestsAtTheSameTime(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On)})
	s.GET("/open", ForceOff, s.handle)
	s.GET("/closed", ForceOn, s.handle)
	want := map[string]int{"/open": http.StatusOK, "/closed": http.StatusServiceUnavailable, "/": http.StatusServiceUnavailable}
	begin := make(chan struct{})
	var all sync.WaitGroup
	for path, code := range want {
		for range 16 {
			all.Add(1)
			go func() {
				defer all.Done()
				<-begin
				assert.Equal(t, code, ask(s, http.MethodGet, path).Code, path)
			}()
		}
	}
	close(begin)
	all.Wait()
}

func TestNotFoundAndNotAllowedAreGated(t *testing.T) {
	cases := map[string]struct {
		method, path string
		level        maintenance.Level
		want         int
	}{
		"404 while on":         {http.MethodGet, "/nowhere", maintenance.On, http.StatusServiceUnavailable},
		"404 while read-only":  {http.MethodGet, "/nowhere", maintenance.ReadOnly, http.StatusNotFound},
		"404 while off":        {http.MethodGet, "/nowhere", maintenance.Off, http.StatusNotFound},
		"405 while on":         {http.MethodDelete, "/", maintenance.On, http.StatusServiceUnavailable},
		"405 while read-only":  {http.MethodDelete, "/", maintenance.ReadOnly, http.StatusServiceUnavailable},
		"405 while off":        {http.MethodDelete, "/", maintenance.Off, http.StatusMethodNotAllowed},
		"OPTIONS while on":     {http.MethodOptions, "/", maintenance.On, http.StatusServiceUnavailable},
		"lost HEAD while on":   {http.MethodHead, "/nowhere", maintenance.On, http.StatusServiceUnavailable},
		"HEAD while read-only": {http.MethodHead, "/", maintenance.ReadOnly, http.StatusOK},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{Mode: at(t, tc.level)})
			s.HandleMethodNotAllowed = true
			assert.Equal(t, tc.want, ask(s, tc.method, tc.path).Code)
		})
	}
}
