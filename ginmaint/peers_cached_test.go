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

func TestPeersEndlessRedirectToTheMaintenancePage(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), RedirectURL: "/maintenance"})
	s.GET("/maintenance", s.handle)
	there := ask(s, http.MethodGet, "/")
	require.Equal(t, http.StatusFound, there.Code)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, there.Header().Get("Location")).Code)
}

func TestPeersNoCORSHeadersOnThe503AndPreflightBlocked(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) { // what CORS middleware does
		c.Header("Access-Control-Allow-Origin", "https://app.example")
		c.Header("Vary", "Origin")
		if c.Request.Method == http.MethodOptions {
			c.AbortWithStatus(http.StatusNoContent)
		}
	}, New(Config{Mode: at(t, maintenance.On), Logger: quiet}))
	s.POST("/", s.handle)
	refused := ask(s, http.MethodPost, "/", header("Origin", "https://app.example"))
	assert.Equal(t, http.StatusServiceUnavailable, refused.Code)
	assert.Equal(t, "https://app.example", refused.Header().Get("Access-Control-Allow-Origin"))
	assert.Equal(t, []string{"Origin", "Accept, Sec-Fetch-Dest"}, refused.Header().Values("Vary"), "added, not replaced")
	assert.Equal(t, http.StatusNoContent, ask(s, http.MethodOptions, "/", header("Origin", "https://app.example")).Code)
}

func TestPeersPageCachedByAProxy(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On)})
	for _, accept := range []string{"text/html", "application/json", "text/plain"} {
		answer := ask(s, http.MethodGet, "/", header("Accept", accept))
		assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"), accept)
	}
	away := serving(t, Config{Mode: at(t, maintenance.On), RedirectURL: "https://status.example/"})
	assert.Equal(t, "no-store", ask(away, http.MethodGet, "/").Header().Get("Cache-Control"))
}

func TestPeersExemptAnswerCachedForEveryone(t *testing.T) {
	cases := map[string]Config{
		"role":    {IgnoreStaff: true},
		"address": {IgnoreIPAddresses: []string{"203.0.113.7"}},
		"URL":     {IgnoreURLs: []string{"^/$"}},
	}
	for name, cfg := range cases {
		t.Run(name, func(t *testing.T) {
			cfg.Mode, cfg.Role = at(t, maintenance.On), roleOf
			answer := ask(serving(t, cfg), http.MethodGet, "/", as(Staff))
			require.Equal(t, http.StatusOK, answer.Code)
			assert.Equal(t, "private, no-store", answer.Header().Get("Cache-Control"))
		})
	}
	t.Run("while off the service decides", func(t *testing.T) {
		answer := ask(serving(t, Config{Mode: at(t, maintenance.Off), Role: roleOf, IgnoreStaff: true}), http.MethodGet, "/", as(Staff))
		assert.Empty(t, answer.Header().Values("Cache-Control"))
	})
}

func TestPeersLivenessProbeAnsweredWith503(t *testing.T) {
	m := at(t, maintenance.On)
	s := serving(t, Config{Mode: m})
	s.GET("/healthz", ForceOff, s.handle)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/healthz").Code)
	require.NoError(t, m.Close())
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/healthz").Code, "nor while the process shuts down")
}

func TestPeersAdministratorsLockedOut(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), Role: roleOf, IgnoreSuperuser: true})
	s.POST("/login", ForceOff, s.handle)
	Routes(s.Group("/maintenance-mode"))
	assert.Equal(t, http.StatusOK, ask(s, http.MethodPost, "/login").Code)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/maintenance-mode/", as(Superuser)).Code)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodPost, "/maintenance-mode/off/", as(Superuser)).Code)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/").Code)
}

func TestPeersStaleValuePutBackOverSomebodyElsesChange(t *testing.T) {
	m := at(t, maintenance.ReadOnly)
	s := serving(t, Config{Mode: m, Role: roleOf})
	Routes(s.Group("/maintenance-mode"))
	seen := m.State().Revision
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On, Message: "theirs"})
	require.NoError(t, err)
	answer := ask(s, http.MethodPost, "/maintenance-mode/off/", as(Superuser),
		sent("application/json", fmt.Sprintf(`{"revision":%d}`, seen)))
	assert.Equal(t, http.StatusConflict, answer.Code)
	assert.Equal(t, "theirs", m.State().Message)
}
