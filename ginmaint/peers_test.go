package ginmaint

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Each test is named after a fault that was found in another maintenance mode.

func TestPeersHandlerStillRuns(t *testing.T) {
	cases := map[string]struct {
		level  maintenance.Level
		method string
		path   string
	}{
		"GET while on":            {maintenance.On, http.MethodGet, "/"},
		"POST while on":           {maintenance.On, http.MethodPost, "/"},
		"POST while read-only":    {maintenance.ReadOnly, http.MethodPost, "/"},
		"404 while on":            {maintenance.On, http.MethodGet, "/nowhere"},
		"405 while on":            {maintenance.On, http.MethodDelete, "/"},
		"route of a nested group": {maintenance.On, http.MethodGet, "/a/b/c"},
		"ForceOn while off":       {maintenance.Off, http.MethodGet, "/closed"},
		"ForceOn in a wrapper":    {maintenance.Off, http.MethodGet, "/wrapped"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := &service{Engine: gin.New()}
			s.HandleMethodNotAllowed = true
			s.Use(New(Config{Mode: at(t, tc.level), Logger: quiet}))
			counted := func(c *gin.Context) { s.runs.Add(1) }
			if tc.path != "/wrapped" { // there it runs before the wrapper does
				s.Use(counted)
			}
			s.GET("/", s.handle)
			s.POST("/", s.handle)
			s.Group("/a", counted).Group("/b", counted).GET("/c", s.handle)
			s.GET("/closed", ForceOn, s.handle)
			s.GET("/wrapped", func(c *gin.Context) { ForceOn(c) }, s.handle)
			s.NoRoute(s.handle)
			s.NoMethod(s.handle)

			answer := ask(s, tc.method, tc.path)
			assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
			assert.NotContains(t, answer.Body.String(), "handled")
			assert.Zero(t, s.runs.Load(), "handlers and middleware behind the refusal ran")
		})
	}
}

func TestPeersUpstreamStillCalledAndItsAnswerHidden(t *testing.T) {
	var calls atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer upstream.Close()
	m := at(t, maintenance.On)
	s := serving(t, Config{Mode: m})
	s.POST("/order", func(c *gin.Context) {
		answer, err := upstream.Client().Post(upstream.URL, "text/plain", nil)
		if assert.NoError(t, err) {
			answer.Body.Close()
		}
	})
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodPost, "/order").Code)
	assert.Zero(t, calls.Load())

	require.NoError(t, m.Off(t.Context()))
	assert.Equal(t, http.StatusOK, ask(s, http.MethodPost, "/order").Code)
	assert.EqualValues(t, 1, calls.Load(), "the upstream counts")
}

func TestPeersEveryProxyTrusted(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"10.0.0.1"}})
	answer := ask(s, http.MethodGet, "/", header("X-Forwarded-For", "10.0.0.1"))
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Zero(t, s.runs.Load())
}

func TestPeersAddressAsAnExpressionLetsItsExtensionIn(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"10.0.0.1", `10\.1\.0\.1`}})
	for address, want := range map[string]int{
		"10.0.0.1": http.StatusOK, "10.0.0.10": http.StatusServiceUnavailable, "10.0.0.123": http.StatusServiceUnavailable,
		"110.0.0.1": http.StatusServiceUnavailable, "10.1.0.1": http.StatusOK, "10.1.0.10": http.StatusServiceUnavailable,
	} {
		assert.Equal(t, want, ask(s, http.MethodGet, "/", from(address+":1")).Code, address)
	}
}

func TestPeersAddressSplitAtColon(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"2001:db8::1"}})
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/", from("[2001:db8::1]:443")).Code)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/", from("[2001:db8::2]:443")).Code)
}

func TestPeersSwitchedByGET(t *testing.T) {
	m := at(t, maintenance.On)
	s := serving(t, Config{Mode: m, Role: roleOf})
	Routes(s.Group("/maintenance-mode"))
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		answer := ask(s, method, "/maintenance-mode/off/", as(Superuser))
		assert.Equal(t, http.StatusOK, answer.Code)
		assert.Equal(t, maintenance.On, m.Level(), "%s switched", method)
	}
}

func TestPeersFailedSaveReportedAsSuccess(t *testing.T) {
	store := &flaky{MemoryStore: maintenance.NewMemoryStore()}
	m := opened(t, store)
	s := serving(t, Config{Mode: m, Role: roleOf})
	Routes(s.Group("/maintenance-mode"))
	store.down.Store(true)
	answer := ask(s, http.MethodPost, "/maintenance-mode/on/", as(Superuser))
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Equal(t, maintenance.Off, m.Level(), "no local flag is set instead")
}

func TestPeersStoreErrorsShownToVisitors(t *testing.T) {
	var log journal
	store := &flaky{MemoryStore: maintenance.NewMemoryStore()}
	s := serving(t, Config{Mode: opened(t, store), Role: roleOf, Logger: log.logger()})
	Routes(s.Group("/maintenance-mode"))
	store.down.Store(true)
	for _, accept := range []string{"text/html", "application/json"} {
		answer := ask(s, http.MethodPost, "/maintenance-mode/on/", as(Superuser), header("Accept", accept))
		assert.NotContains(t, answer.Body.String(), "10.9.8.7")
		assert.NotContains(t, answer.Body.String(), "dial")
	}
	assert.Contains(t, log.String(), errDown.Error(), "the operator is told")
}

func TestPeersPrefixOfAPathMatchesALongerName(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreURLs: []string{`^/admin(/|$)`}})
	for path, want := range map[string]int{
		"/admin": http.StatusNotFound, "/admin/users": http.StatusNotFound, // passed on, and not there
		"/administrator": http.StatusServiceUnavailable, "/x/admin/": http.StatusServiceUnavailable, "/?next=/admin/": http.StatusServiceUnavailable,
	} {
		assert.Equal(t, want, ask(s, http.MethodGet, path).Code, path)
	}
}

func TestPeersScriptsGet200(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On)})
	answer := ask(s, http.MethodGet, "/", header("X-Requested-With", "XMLHttpRequest"), header("Accept", "application/json"))
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
}
