package ginmaint

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	gorilla "github.com/gorilla/sessions"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestRoleInTheSession(t *testing.T) {
	cases := map[string]struct {
		key   string
		held  any
		wants Role
	}{
		"nothing":                  {"role", nil, Anonymous},
		"empty":                    {"role", "", Anonymous},
		"anonymous":                {"role", "anonymous", Anonymous},
		"authenticated":            {"role", "authenticated", Authenticated},
		"staff":                    {"role", "staff", Staff},
		"superuser":                {"role", "superuser", Superuser},
		"unknown text":             {"role", "editor", Authenticated},
		"a known one in capitals":  {"role", "SUPERUSER", Authenticated},
		"a known one with a space": {"role", " superuser", Authenticated},
		"a Role":                   {"role", Staff, Staff},
		"the highest Role":         {"role", Superuser, Superuser},
		"a Role that is none":      {"role", Role(9), Anonymous},
		"a number":                 {"role", 3, Anonymous},
		"bytes":                    {"role", []byte("superuser"), Anonymous},
		"another key":              {"user_role", "superuser", Anonymous},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			store := cookie.NewStore([]byte("secret"))
			s, seen := sessionService(t, Config{}, sessions.Sessions("session", store))
			with := []func(*http.Request){}
			if tc.held != nil {
				with = append(with, cookieOf(t, store, tc.key, tc.held))
			}
			ask(s, http.MethodGet, "/role", with...)
			assert.Equal(t, tc.wants, *seen)
		})
	}
	t.Run("SessionKey", func(t *testing.T) {
		store := cookie.NewStore([]byte("secret"))
		s, seen := sessionService(t, Config{SessionKey: "user_role"}, sessions.Sessions("session", store))
		ask(s, http.MethodGet, "/role", cookieOf(t, store, "user_role", "staff"))
		assert.Equal(t, Staff, *seen)
	})
}

func TestARoleThatCannotBeReadIsAnonymous(t *testing.T) {
	log.SetOutput(io.Discard) // sessions complains there
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	store := cookie.NewStore([]byte("secret"))
	cases := map[string]struct {
		before []gin.HandlerFunc
		ask    func(*http.Request)
	}{
		"no session middleware":              {nil, header("Cookie", "session=superuser")},
		"several sessions":                   {[]gin.HandlerFunc{sessions.SessionsMany([]string{"session", "b"}, store)}, cookieOf(t, store, "role", "superuser")},
		"a cookie that is broken":            {[]gin.HandlerFunc{sessions.Sessions("session", store)}, header("Cookie", "session=MTY5fER2LUJ")},
		"a cookie signed by somebody else":   {[]gin.HandlerFunc{sessions.Sessions("session", store)}, cookieOf(t, cookie.NewStore([]byte("other")), "role", "superuser")},
		"a store that is away":               {[]gin.HandlerFunc{sessions.Sessions("session", away{store})}, cookieOf(t, store, "role", "superuser")},
		"something else under sessions' key": {[]gin.HandlerFunc{func(c *gin.Context) { c.Set(sessions.DefaultKey, 7) }}, from("203.0.113.7:1")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, seen := sessionService(t, Config{IgnoreAuthenticated: true}, tc.before...)
			assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/", tc.ask).Code)
			*seen = Superuser
			ask(s, http.MethodGet, "/role", tc.ask)
			assert.Equal(t, Anonymous, *seen)
			Routes(s.Group("/maintenance-mode"))
			assert.Equal(t, http.StatusForbidden, ask(s, http.MethodGet, "/maintenance-mode/", tc.ask).Code)
		})
	}
}

func TestLogout(t *testing.T) {
	store := cookie.NewStore([]byte("secret"))
	staff := cookieOf(t, store, "role", "staff")
	cases := map[string]struct {
		level   maintenance.Level
		path    string
		visitor func(*http.Request)
		status  int
		out     bool
	}{
		"met during maintenance":  {maintenance.On, "/", staff, http.StatusServiceUnavailable, true},
		"while off":               {maintenance.Off, "/", staff, http.StatusOK, false},
		"reading while read-only": {maintenance.ReadOnly, "/", staff, http.StatusOK, false},
		"another role":            {maintenance.On, "/", cookieOf(t, store, "role", "superuser"), http.StatusOK, false},
		"a URL that is exempt":    {maintenance.On, "/exempt", staff, http.StatusNotFound, false},
		"a route that is exempt":  {maintenance.On, "/role", staff, http.StatusOK, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := sessionService(t, Config{Mode: at(t, tc.level), IgnoreStaff: true, IgnoreURLs: []string{"^/exempt(/|$)"}, Logout: []Role{Staff}},
				sessions.Sessions("session", store))
			answer := ask(s, http.MethodGet, tc.path, tc.visitor)
			assert.Equal(t, tc.status, answer.Code)
			cookies := answer.Result().Cookies()
			if !tc.out {
				assert.Empty(t, cookies)
				return
			}
			require.Len(t, cookies, 1)
			again, seen := sessionService(t, Config{Mode: at(t, maintenance.Off)}, sessions.Sessions("session", store))
			*seen = Superuser
			ask(again, http.MethodGet, "/role", header("Cookie", cookies[0].String()))
			assert.Equal(t, Anonymous, *seen, "the new cookie holds no role")
		})
	}
}

func TestLogoutOfWhoPassesAsAnonymous(t *testing.T) {
	store := cookie.NewStore([]byte("secret"))
	s, _ := sessionService(t, Config{IgnoreAnonymous: true, Logout: []Role{Staff}}, sessions.Sessions("session", store))
	answer := ask(s, http.MethodGet, "/", cookieOf(t, store, "role", "staff"))
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Len(t, answer.Result().Cookies(), 1, "the session is cleared")
}

func TestWhoIsHeldIsLoggedOutOnlyWhenRefused(t *testing.T) {
	store := cookie.NewStore([]byte("secret"))
	for _, c := range []struct {
		name string
		hold time.Duration
		then func(*testing.T, *maintenance.Mode)
		want int
		out  bool
	}{
		{"let in", patience, func(t *testing.T, m *maintenance.Mode) { require.NoError(t, m.Off(t.Context())) }, http.StatusOK, false},
		{"refused by a later order", patience, func(t *testing.T, m *maintenance.Mode) { require.NoError(t, m.On(t.Context())) }, http.StatusServiceUnavailable, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			mode := inState(t, maintenance.State{Level: maintenance.On, Hold: c.hold})
			s, _ := sessionService(t, Config{Mode: mode, IgnoreStaff: true, Logout: []Role{Staff}}, sessions.Sessions("session", store))
			got := make(chan *httptest.ResponseRecorder, 1)
			login := cookieOf(t, store, "role", "staff")
			go func() { got <- ask(s, http.MethodGet, "/", login) }()
			awaitHeld(t, mode, 1)
			c.then(t, mode)
			answer := <-got
			assert.Equal(t, c.want, answer.Code)
			assert.Equal(t, c.out, len(answer.Result().Cookies()) > 0, "its session is cleared")
		})
	}
}

func TestLogoutThatFailsRefusesAllTheSame(t *testing.T) {
	log.SetOutput(io.Discard)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	store := cookie.NewStore([]byte("secret"))
	for name, before := range map[string][]gin.HandlerFunc{
		"a store that is away":  {sessions.Sessions("session", away{store})},
		"a session not saved":   {sessions.Sessions("session", full{store})},
		"no session middleware": nil,
	} {
		t.Run(name, func(t *testing.T) {
			var told journal
			s, _ := sessionService(t, Config{IgnoreStaff: true, Logout: []Role{Staff}, Role: roleOf, Logger: told.logger()}, before...)
			for range 3 {
				assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/", as(Staff), cookieOf(t, store, "role", "staff")).Code)
			}
			says := "a session can't be cleared"
			if len(before) == 0 {
				says = "the request has no session"
			}
			assert.Contains(t, told.String(), says)
			assert.Len(t, told.lines(), 1, "however many visitors there are")
		})
	}
}

func TestOneOfSeveralSessions(t *testing.T) {
	store := cookie.NewStore([]byte("secret"))
	s, seen := sessionService(t, Config{SessionName: "session"}, sessions.SessionsMany([]string{"basket", "session"}, store))
	ask(s, http.MethodGet, "/role", cookieOf(t, store, "role", "staff"))
	assert.Equal(t, Staff, *seen)
}

// A role type of the application's own is text to a session all the same.
func TestTextHeld(t *testing.T) {
	type own string
	for _, c := range []struct {
		held any
		want string
		ok   bool
	}{{own("staff"), "staff", true}, {"", "", true}, {nil, "", false}, {[]byte("staff"), "", false}, {7, "", false}} {
		text, ok := textHeld(c.held)
		assert.Equal(t, c.want, text)
		assert.Equal(t, c.ok, ok)
	}
}

func TestWhatKeepsARoleFromBeingReadIsSaidOnce(t *testing.T) {
	store := cookie.NewStore([]byte("secret"))
	for name, c := range map[string]struct {
		before []gin.HandlerFunc
		held   any
		says   string
	}{
		"no session middleware in front": {nil, "staff", "use sessions.Sessions in front of ginmaint.New"},
		"several sessions":               {[]gin.HandlerFunc{sessions.SessionsMany([]string{"session"}, store)}, "staff", "set Config.SessionName"},
		"a number":                       {[]gin.HandlerFunc{sessions.Sessions("session", store)}, 3, `the session holds a int under \"role\"`},
	} {
		t.Run(name, func(t *testing.T) {
			var told journal
			s, _ := sessionService(t, Config{IgnoreStaff: true, Logger: told.logger()}, c.before...)
			for range 3 {
				assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/", cookieOf(t, store, "role", c.held)).Code)
			}
			assert.Contains(t, told.String(), c.says)
			assert.Equal(t, 1, strings.Count(told.String(), "\n"), told.String())
		})
	}
	t.Run("nothing where nobody's role matters", func(t *testing.T) {
		var told journal
		s, _ := sessionService(t, Config{IgnoreURLs: []string{"^/x/"}, Logger: told.logger()})
		ask(s, http.MethodGet, "/")
		assert.Empty(t, told.String())
	})
}

func TestRoleThatTakesTooLongIsAnonymous(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told journal
		asked := 0
		s := serving(t, Config{
			Mode: at(t, maintenance.On), IgnoreStaff: true, Logger: told.logger(),
			Role: func(c *gin.Context) Role {
				asked++
				<-c.Request.Context().Done() // a query on a table that the migration has locked
				return Staff
			},
		})
		begin := time.Now()
		for range 2 {
			assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/").Code)
		}
		assert.Equal(t, 2*longestCall, time.Since(begin))
		assert.Equal(t, 2, asked, "once for each request")
		assert.Equal(t, 1, strings.Count(told.String(), "Config.Role took too long"), told.String())
	})
}

// A store that hangs holds nobody up whose role does not matter.
func TestTheStoreIsAskedOnlyWhereARoleMatters(t *testing.T) {
	store := cookie.NewStore([]byte("secret"))
	for name, tc := range map[string]struct {
		cfg  Config
		path string
		asks int
	}{
		"nobody passes":        {Config{}, "/", 0},
		"others pass":          {Config{IgnoreURLs: []string{"^/x/"}, IgnoreIPAddresses: []string{"10.0.0.1"}}, "/", 0},
		"it passes otherwise":  {Config{IgnoreStaff: true, IgnoreURLs: []string{"^/$"}}, "/", 0},
		"it is never refused":  {Config{IgnoreStaff: true}, "/free", 0},
		"it is always refused": {Config{IgnoreStaff: true}, "/closed", 0},
		"it is admitted":       {Config{IgnoreStaff: true, Mode: at(t, maintenance.ReadOnly)}, "/", 0},
		"Role replaces it":     {Config{IgnoreStaff: true, Role: roleOf}, "/", 0},
		"staff passes":         {Config{IgnoreStaff: true}, "/", 1},
		"staff is logged out":  {Config{Logout: []Role{Staff}}, "/", 1},
	} {
		t.Run(name, func(t *testing.T) {
			asked := &counting{Store: store}
			s, _ := sessionService(t, tc.cfg, sessions.Sessions("session", asked))
			s.GET("/free", ForceOff, s.handle)
			s.GET("/closed", ForceOn, s.handle)
			ask(s, http.MethodGet, tc.path, cookieOf(t, store, "role", "authenticated"))
			assert.Equal(t, tc.asks, asked.gets)
		})
	}
}

// TestWhoSwitchesIsAskedOnce: a look-up in a database that is under migration is
// made once for each request, also where it names the one who switches.
func TestWhoSwitchesIsAskedOnce(t *testing.T) {
	roles, names := 0, 0
	m := at(t, maintenance.On)
	s := paneled(t, Config{
		Mode: m, IgnoreStaff: true,
		Role:     func(*gin.Context) Role { roles++; return Superuser },
		Identity: func(*gin.Context) string { names++; return "ada" },
	})
	assert.Equal(t, http.StatusOK, ask(s, http.MethodPost, "/maintenance-mode/off/", program).Code)
	assert.Equal(t, "ada", m.State().ChangedBy)
	assert.Equal(t, []int{1, 1}, []int{roles, names})
	ask(s, http.MethodGet, "/maintenance-mode/", program)
	assert.Equal(t, []int{2, 1}, []int{roles, names}, "nobody's name is asked for who only looks")
}

func TestRoleLeavesTheRequestAsItWas(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreStaff: true, Role: func(c *gin.Context) Role {
		_, bounded := c.Request.Context().Deadline()
		assert.True(t, bounded)
		return Staff
	}})
	s.GET("/work", func(c *gin.Context) {
		_, bounded := c.Request.Context().Deadline()
		assert.False(t, bounded, "the bound is the look-up's alone")
	})
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/work").Code)
}

// away is a store whose server can't be reached: gin-contrib's Redis store
// then returns no session at all.
type away struct{ sessions.Store }

func (away) Get(*http.Request, string) (*gorilla.Session, error) {
	return nil, errors.New("connection refused")
}

// counting is a store that counts how often it is asked.
type counting struct {
	sessions.Store
	gets int
}

func (c *counting) Get(r *http.Request, name string) (*gorilla.Session, error) {
	c.gets++
	return c.Store.Get(r, name)
}

// full is a store that reads, and saves nothing.
type full struct{ sessions.Store }

func (f full) Get(r *http.Request, name string) (*gorilla.Session, error) {
	s, err := f.Store.Get(r, name)
	if s == nil {
		return nil, err
	}
	held := gorilla.NewSession(f, name)
	held.Values = s.Values
	return held, err
}

func (full) Save(*http.Request, http.ResponseWriter, *gorilla.Session) error {
	return errors.New("no space left")
}

// sessionService has the handlers in front of the middleware, and at /role
// writes down the role that the middleware sees. Its mode is on unless cfg has
// another.
func sessionService(t *testing.T, cfg Config, before ...gin.HandlerFunc) (*service, *Role) {
	t.Helper()
	if cfg.Mode == nil {
		cfg.Mode = at(t, maintenance.On)
	}
	if cfg.Logger == nil {
		cfg.Logger = quiet
	}
	m, err := compile(cfg)
	require.NoError(t, err)
	s, seen := &service{Engine: gin.New()}, new(Role)
	s.Use(append(before, m.handle)...)
	s.GET("/", s.handle)
	s.GET("/role", ForceOff, func(c *gin.Context) { *seen = m.admin.roles.of(c) })
	return s, seen
}

// cookieOf returns the cookie of a session that holds one value.
func cookieOf(t *testing.T, store sessions.Store, key string, value any) func(*http.Request) {
	t.Helper()
	login := gin.New()
	login.Use(sessions.Sessions("session", store))
	login.GET("/", func(c *gin.Context) {
		s := sessions.Default(c)
		s.Set(key, value)
		assert.NoError(t, s.Save())
	})
	w := httptest.NewRecorder()
	login.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.Len(t, w.Result().Cookies(), 1)
	return header("Cookie", w.Result().Cookies()[0].String())
}
