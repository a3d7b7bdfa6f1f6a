package ginmaint

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// htmlForAll is the one line that has everybody get the page, as in Django.
func htmlForAll(*gin.Context) Format { return HTML }

// TestDjangoSettings: each setting of django-maintenance-mode, under the name
// that it has there, has its counterpart here.
func TestDjangoSettings(t *testing.T) {
	const passes, refused = http.StatusOK, http.StatusServiceUnavailable
	on := func() maintenance.Store { return maintenance.Fixed(maintenance.On) }
	store := cookie.NewStore([]byte("secret"))
	cases := []struct {
		setting string
		store   func() maintenance.Store
		cfg     Config
		path    string
		ask     func(*http.Request)
		want    int
		shows   string // in the body or a header
	}{
		{"MAINTENANCE_MODE = False", func() maintenance.Store { return maintenance.Fixed(maintenance.Off) }, Config{}, "/", nil, passes, "handled"},
		{"MAINTENANCE_MODE = True", on, Config{}, "/", nil, refused, builtIn},
		{"IGNORE_ANONYMOUS_USER", on, Config{IgnoreAnonymous: true}, "/", nil, passes, ""},
		{"IGNORE_ANONYMOUS_USER, a user", on, Config{IgnoreAnonymous: true}, "/", as(Authenticated), refused, ""},
		{"IGNORE_AUTHENTICATED_USER", on, Config{IgnoreAuthenticated: true}, "/", as(Authenticated), passes, ""},
		{"IGNORE_STAFF = False", on, Config{}, "/", as(Staff), refused, ""},
		{"IGNORE_STAFF = True", on, Config{IgnoreStaff: true}, "/", as(Staff), passes, ""},
		{"IGNORE_SUPERUSER = False", on, Config{}, "/", as(Superuser), refused, ""},
		{"IGNORE_SUPERUSER = True", on, Config{IgnoreSuperuser: true}, "/", as(Superuser), passes, ""},
		{"IGNORE_IP_ADDRESSES", on, Config{IgnoreIPAddresses: []string{"203.0.113.7"}}, "/", nil, passes, ""},
		{"IGNORE_IP_ADDRESSES, an expression", on, Config{IgnoreIPAddresses: []string{`^203\.0\.113\.\d+$`}}, "/", nil, passes, ""},
		{"GET_CLIENT_IP_ADDRESS", on, Config{
			IgnoreIPAddresses: []string{"10.0.0.1"}, ClientIP: func(*gin.Context) string { return "10.0.0.1" }}, "/", nil, passes, ""},
		{"IGNORE_URLS", on, Config{IgnoreURLs: []string{"^/public/"}}, "/public/page", nil, passes, ""},
		{"IGNORE_ADMIN_SITE, by URL", on, Config{IgnoreURLs: []string{"^/admin(/|$)"}}, "/admin/users", nil, passes, ""},
		{"IGNORE_ADMIN_SITE, by group", on, Config{}, "/office/users", nil, passes, ""},
		{"REDIRECT_URL", on, Config{RedirectURL: "https://status.example/"}, "/", nil, http.StatusFound, "https://status.example/"},
		{"TEMPLATE", on, Config{Template: "down.html"}, "/", nil, refused, "our page"},
		{"TEMPLATE = '503.html'", on, Config{Template: "503.html"}, "/", nil, refused, "our 503"},
		{"TEMPLATE_CONTEXT", on, Config{Template: "team.html", TemplateContext: func(*gin.Context) gin.H { return gin.H{"team": "crew"} }}, "/", nil, refused, "by the crew"},
		{"STATUS_CODE", on, Config{StatusCode: http.StatusTeapot}, "/", nil, http.StatusTeapot, ""},
		{"RETRY_AFTER", on, Config{RetryAfter: 2 * time.Minute}, "/", nil, refused, "120"},
		{"RESPONSE_TYPE = 'json'", on, Config{Format: func(*gin.Context) Format { return JSON }}, "/", nil, refused, `"status":503`},
		{"GET_AUTHENTICATED_USER", on, Config{IgnoreAuthenticated: true, Role: func(c *gin.Context) Role {
			if c.GetHeader("Authorization") != "" {
				return Authenticated
			}
			return Anonymous
		}}, "/", header("Authorization", "Bearer x"), passes, ""},
		{"LOGOUT_AUTHENTICATED_USER", on, Config{Logout: []Role{Authenticated}}, "/", cookieOf(t, store, "role", "authenticated"), refused, "session="},
		{"STATE_BACKEND", func() maintenance.Store { return maintenance.NewMemoryStore() }, Config{}, "/", nil, passes, ""},
		{"STATE_FILE_PATH", func() maintenance.Store {
			file := filepath.Join(t.TempDir(), "state.json")
			write(t, file, `{"level":"on"}`)
			return filestore.New(file)
		}, Config{}, "/", nil, refused, ""},
	}
	for _, tc := range cases {
		t.Run(tc.setting, func(t *testing.T) {
			tc.cfg.Mode, tc.cfg.Logger = opened(t, tc.store()), quiet
			if tc.cfg.Format == nil { // a page for everybody
				tc.cfg.Format = htmlForAll
			}
			if tc.cfg.Role == nil && tc.cfg.Logout == nil {
				tc.cfg.Role = roleOf
			}
			s := &service{Engine: gin.New()}
			s.Use(sessions.Sessions("session", store), New(tc.cfg))
			if tc.cfg.Template != "" {
				s.SetHTMLTemplate(parsed(t, `{{ define "503.html" }}our 503{{ end }}{{ define "down.html" }}our page{{ end }}`+
					`{{ define "team.html" }}by the {{ .team }}{{ end }}`, nil))
			}
			s.GET("/", s.handle)
			s.GET("/public/page", s.handle)
			s.GET("/admin/users", s.handle)
			s.Group("/office", ForceOff).GET("/users", s.handle)
			change := tc.ask
			if change == nil {
				change = as(Anonymous)
			}
			answer := ask(s, http.MethodGet, tc.path, change)
			assert.Equal(t, tc.want, answer.Code)
			assert.Equal(t, tc.want == passes, s.runs.Load() == 1)
			all := answer.Body.String()
			for _, lines := range answer.Header() {
				for _, line := range lines {
					all += "\n" + line
				}
			}
			assert.Contains(t, all, tc.shows)
		})
	}
}

// unreachable is a store whose server does not answer.
type unreachable struct{ maintenance.Store }

func (unreachable) Load(context.Context) (maintenance.State, error) {
	return maintenance.State{}, errDown
}

func TestDjangoStateBackendFallbackValue(t *testing.T) {
	store := unreachable{maintenance.Fixed(maintenance.Off)}
	s := serving(t, Config{Mode: opened(t, store, maintenance.Fallback(maintenance.On))})
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/").Code)
}

func TestDjangoURLs(t *testing.T) {
	m := at(t, maintenance.Off)
	s := paneled(t, Config{Mode: m})
	for path, want := range map[string]maintenance.Level{"/maintenance-mode/on/": maintenance.On, "/maintenance-mode/off/": maintenance.Off} {
		require.NoError(t, m.On(t.Context()))
		assert.Equal(t, http.StatusForbidden, ask(s, http.MethodPost, path, as(Staff)).Code)
		assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, path, as(Superuser)).Code, "typed into a browser it shows a button")
		assert.Equal(t, http.StatusOK, ask(s, http.MethodPost, path, as(Superuser)).Code)
		assert.Equal(t, want, m.Level())
	}
}

func TestDjangoGetAndSetMaintenanceMode(t *testing.T) {
	m := at(t, maintenance.Off)
	s := serving(t, Config{Mode: m})
	require.NoError(t, m.On(t.Context()))
	assert.Equal(t, maintenance.On, m.Level())
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/").Code)
	require.NoError(t, m.Off(t.Context()))
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/").Code)
}

// TestDjangoCommand: call_command('maintenance_mode', 'on'), the command's own
// work, call_command('maintenance_mode', 'off'); with maintenance_mode_on().
func TestDjangoCommand(t *testing.T) {
	m := at(t, maintenance.Off)
	s := serving(t, Config{Mode: m})
	err := m.During(within(t, 10*time.Second), maintenance.State{Level: maintenance.On}, func(context.Context) error {
		assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/").Code)
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/").Code)
}

func TestDjangoForceDecorators(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On)})
	s.GET("/forced-off", ForceOff, s.handle)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/forced-off").Code)
	s = serving(t, Config{Mode: at(t, maintenance.Off)})
	s.GET("/forced-on", ForceOn, s.handle)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/forced-on").Code)
}

func TestDjangoContextProcessor(t *testing.T) {
	for level, want := range map[maintenance.Level]string{maintenance.Off: "open", maintenance.On: "closed"} {
		s := serving(t, Config{Mode: at(t, level), IgnoreAnonymous: true})
		s.SetHTMLTemplate(parsed(t, `{{ define "index.html" }}{{ if .maintenance_mode }}closed{{ else }}open{{ end }}{{ end }}`, nil))
		s.GET("/index", func(c *gin.Context) { c.HTML(http.StatusOK, "index.html", H(c, gin.H{})) })
		assert.Equal(t, want, ask(s, http.MethodGet, "/index").Body.String())
	}
}

// TestDjangoLogFilter: RequireNotMaintenanceMode503.
func TestDjangoLogFilter(t *testing.T) {
	m, logged := at(t, maintenance.On), 0
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		c.Next()
		if c.Writer.Status() >= 500 && !Refused(c) {
			logged++
		}
	}, New(Config{Mode: m, Logger: quiet}))
	s.GET("/", func(c *gin.Context) { c.Status(http.StatusServiceUnavailable) })
	ask(s, http.MethodGet, "/")
	assert.Zero(t, logged)
	require.NoError(t, m.Off(t.Context()))
	ask(s, http.MethodGet, "/")
	assert.Equal(t, 1, logged, "an error of the service's own")
}
