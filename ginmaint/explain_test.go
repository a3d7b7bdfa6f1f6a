package ginmaint

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// explained asks the endpoint of s as a superuser.
func explained(t *testing.T, s http.Handler, query url.Values) explanation {
	t.Helper()
	w := ask(s, http.MethodGet, "/maintenance-mode/explain/?"+query.Encode(), as(Superuser))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var e explanation
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &e))
	return e
}

// drawn is a service with a Config and routes drawn at random, and the paths to ask for.
func drawn(t *testing.T, draw *rand.Rand, l maintenance.Level, hits *int) *gin.Engine {
	some := func(all ...string) (list []string) {
		for _, one := range all {
			if draw.IntN(3) == 0 {
				list = append(list, one)
			}
		}
		return list
	}
	coin := func() bool { return draw.IntN(4) == 0 }
	cfg := Config{
		Mode: inState(t, maintenance.State{Level: l}), Logger: quiet, Role: roleOf,
		IgnoreAnonymous: coin(), IgnoreAuthenticated: coin(), IgnoreStaff: coin(), IgnoreSuperuser: coin(),
		IgnoreURLs:        some("^/static/", "^/a$", "^/b/[0-9]+(/|$)", "^/d/.*/e$"),
		IgnoreIPAddresses: some("10.0.0.0/8", "2001:db8::1", `192\.168\.\d+\.1`),
	}
	if coin() {
		cfg.RedirectURL = "/closed"
	}
	if coin() {
		cfg.Ignore = func(c *gin.Context) bool { return c.Query("token") == "open" }
	}
	if coin() {
		cfg.Logout = []Role{[]Role{Authenticated, Staff}[draw.IntN(2)]}
	}
	e := gin.New()
	e.RedirectTrailingSlash, e.HandleMethodNotAllowed, e.UseRawPath = coin(), coin(), coin()
	handle := func(c *gin.Context) { *hits++; c.Status(http.StatusOK) }
	if coin() {
		e.GET("/before", handle)
	}
	e.Use(sessions.Sessions("session", cookie.NewStore([]byte("0123456789abcdef"))), New(cfg))
	markers := []gin.HandlerFunc{nothing, nothing, nothing, ForceOff, ForceOn, Reads, Writes}
	for _, path := range []string{"/a", "/b/:id", "/static/*file", "/c/", "/closed", "/d/:x/e", "/:shop/order"} {
		for _, method := range some(http.MethodGet, http.MethodPost, http.MethodHead, http.MethodDelete) {
			e.Handle(method, path, markers[draw.IntN(len(markers))], handle)
		}
	}
	e.NoRoute(markers[draw.IntN(len(markers))], handle)
	e.NoMethod(markers[draw.IntN(len(markers))], handle)
	Routes(e.Group("/maintenance-mode"))
	return e
}

func TestExplainIsTheRealAnswer(t *testing.T) {
	const services, requests = 200, 50
	seed := uint64(time.Now().UnixNano())
	draw := rand.New(rand.NewPCG(seed, 1))
	pick := func(all []string) string { return all[draw.IntN(len(all))] }
	methods := []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodDelete, http.MethodOptions, "PURGE"}
	paths := []string{
		"/a", "/a/", "/b/7", "/b/x", "/b/%37", "/static/x", "/static/../a", "/static/%2e%2e/a", "/static//x", "/c", "/c/", "/closed",
		"/d/1/e", "/d/a%2Fb/e", "/before", "/nowhere", "/maintenance-mode/", "/a?token=open", "/x;y", "//a", "/static/order",
	}
	from := []string{"10.1.2.3", "11.1.2.3", "2001:db8::1", "2001:db8::2", "192.168.7.1", "::ffff:10.0.0.1"}
	rulesMet := make(map[string]int)
	for range services {
		hits := 0
		e := drawn(t, draw, maintenance.Level(draw.IntN(3)), &hits)
		for range requests {
			method, path, ip, role := pick(methods), pick(paths), pick(from), Role(draw.IntN(4))
			said := explained(t, e, url.Values{"method": {method}, "path": {path}, "ip": {ip}, "role": {role.String()}})
			require.Zero(t, hits, "explain runs no handler")
			r := httptest.NewRequest(method, path, nil)
			r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(ip), 4711).String()
			as(role)(r)
			w := httptest.NewRecorder()
			if panics(e, w, r) { // in Gin, before any middleware
				require.Contains(t, said.Why, "panics in Gin", "seed %d: %s %s", seed, method, path)
				continue
			}
			refused := w.Header().Get("Maintenance-Mode") != "" && hits == 0
			require.Equal(t, !refused, said.Passes, "seed %d: %s %s by %s from %s: %d, explained %+v", seed, method, path, role, ip, w.Code, said)
			rulesMet[said.Rule]++
			hits = 0
		}
	}
	for r := range rules {
		if r == byPass { // of a visitor who is made up nobody has a pass
			continue
		}
		assert.NotZero(t, rulesMet[r.String()], "no request was decided by %s", r)
	}
}

func panics(e *gin.Engine, w http.ResponseWriter, r *http.Request) (did bool) {
	defer func() { did = recover() != nil }()
	e.ServeHTTP(w, r)
	return false
}

// Gin's issue 4818, until it is mended.
func TestExplainWhereGinPanics(t *testing.T) {
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.Use(New(Config{Mode: at(t, maintenance.On), Logger: quiet, Role: roleOf}))
	Routes(e.Group("/maintenance-mode"))
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, "PURGE", "COPY", "MOVE"} {
		e.Handle(method, "/:shop/teas", nothing)
		e.Handle(method, "/shops/:shop", nothing)
	}
	const path = "/shops/7"
	real := panics(e, httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	said := explained(t, e, url.Values{"method": {http.MethodGet}, "path": {path}})
	assert.Equal(t, real, strings.HasPrefix(said.Why, "not known: the search for the route panics in Gin, and a client gets no answer: "), said.Why)
	assert.False(t, said.Passes)
}

func TestExplainSaysWhy(t *testing.T) {
	cfg := Config{
		Mode: at(t, maintenance.On), Logger: quiet, IgnoreStaff: true,
		IgnoreURLs: []string{"^/static/"}, IgnoreIPAddresses: []string{"10.0.0.0/8"},
	}
	inSession := func(cfg Config) *gin.Engine {
		e := gin.New()
		e.GET("/early", nothing)
		e.Use(sessions.Sessions("session", cookie.NewStore([]byte("0123456789abcdef"))), New(cfg))
		e.POST("/login", ForceOff, func(c *gin.Context) {
			s := sessions.Default(c)
			s.Set("role", "superuser")
			_ = s.Save()
		})
		e.POST("/orders", nothing)
		e.GET("/static/*file", nothing)
		e.GET("/closed", ForceOn, nothing)
		Routes(e.Group("/maintenance-mode"))
		return e
	}
	e := inSession(cfg)
	login := ask(e, http.MethodPost, "/login").Result()
	defer login.Body.Close()
	for _, tc := range []struct{ query, why string }{
		{"method=POST&path=/orders", "refused: on; /orders is not exempt; no address was given that could be among IgnoreIPAddresses; " +
			`staff pass, but the session has no role under "role"`},
		{"method=POST&path=/orders&ip=192.0.2.7&role=authenticated", "refused: on; /orders is not exempt; 192.0.2.7 is not among IgnoreIPAddresses; staff pass, but not authenticated"},
		{"method=POST&path=/orders&role=superuser", "passes: on, and staff pass"},
		{"path=/static/logo.svg", "passes: on, and IgnoreURLs has ^/static/"},
		{"path=/nowhere&ip=10.1.2.3", "passes: on, and 10.1.2.3 is among IgnoreIPAddresses; behind a proxy, only where Gin trusts that proxy by name"},
		{"method=POST&path=/login", "passes: its route is marked ForceOff"},
		{"path=/maintenance-mode/", "passes: the endpoints of ginmaint are never refused"},
		{"path=/closed&role=superuser", "refused: its route is marked ForceOn, which closes it for everybody, at each level"},
		{"path=/closed/", "passes: Gin redirects to /closed before any middleware; ask about that path"},
		{"path=/early", "passes: the middleware is not among the handlers of this route; " +
			"use it before the route is registered, and directly rather than in a function of yours"},
	} {
		w := ask(e, http.MethodGet, "/maintenance-mode/explain/?"+tc.query, header("Cookie", login.Header.Get("Set-Cookie")))
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var said explanation
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said))
		assert.Equal(t, tc.why, said.Why, tc.query)
	}
	assert.Equal(t, http.StatusForbidden, ask(e, http.MethodGet, "/maintenance-mode/explain/?path=/").Code, "for superusers alone")

	held := inState(t, maintenance.State{Level: maintenance.ReadOnly, Hold: 15 * time.Second})
	s := serving(t, Config{Mode: held, Role: roleOf})
	Routes(s.Group("/maintenance-mode"))
	assert.Equal(t, "passes: read-only, and this only reads", explained(t, s, url.Values{"path": {"/"}}).Why)
	assert.Equal(t, "refused: read-only, and this writes; / is not exempt; no role passes; it waits for 15s first, and is admitted if the level falls meanwhile",
		explained(t, s, url.Values{"path": {"/"}, "method": {"POST"}}).Why)
	s = serving(t, Config{Mode: at(t, maintenance.On), Role: roleOf, Ignore: func(c *gin.Context) bool { return c.MustGet("user") == "ann" }})
	Routes(s.Group("/maintenance-mode"))
	said := explained(t, s, url.Values{"path": {"/"}})
	assert.False(t, said.Passes)
	assert.Contains(t, said.Why, "not known: Config.Ignore panicked on a request without headers and session")
}

func TestExplainRefusesWhatItCannotRead(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), Role: roleOf})
	Routes(s.Group("/maintenance-mode"))
	for query, says := range map[string]string{
		"":                           "path:",
		"path=orders":                "path:",
		"path=" + "http%3A%2F%2Fa/b": "path:",
		"path=/&method=get":          "method:",
		"path=/&ip=10.0.0":           "ip:",
		"path=/&ip=fe80::1%25eth0":   "ip:",
		"path=/&role=root":           "role:",
		"path=/&address=203.0.113.7": "is no parameter",
		"path=/&path=/about":         "path is there 2 times: write it once",
		"path=/&method=A%0D%0AB":     "method:",
		"path=" + "%2F%250d%0A":      "path:",
	} {
		w := ask(s, http.MethodGet, "/maintenance-mode/explain/?"+query, as(Superuser))
		assert.Equal(t, http.StatusBadRequest, w.Code, query)
		assert.Contains(t, w.Body.String(), says, query)
	}
}

func TestRequestsThatPassAreLoggedForWhoDebugs(t *testing.T) {
	log := new(journal)
	debug := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mode := at(t, maintenance.Off)
	s := serving(t, Config{Mode: mode, Role: roleOf, IgnoreStaff: true, Logger: debug})
	ask(s, http.MethodGet, "/")
	require.NoError(t, mode.On(t.Context()))
	ask(s, http.MethodGet, "/")
	assert.Empty(t, log.String())
	ask(s, http.MethodGet, "/", as(Staff))
	assert.Contains(t, log.String(), `msg="ginmaint: a request passes" rule=role level=on method=GET route=/`)
}

func TestEachRequestIsCountedByItsRule(t *testing.T) {
	mode := at(t, maintenance.Off)
	s := serving(t, Config{Mode: mode, Role: roleOf, IgnoreStaff: true})
	s.GET("/open", ForceOff, nothing)
	s.GET("/closed", ForceOn, nothing)
	all := func() {
		for _, path := range []string{"/", "/open", "/closed"} {
			ask(s, http.MethodGet, path)
		}
		ask(s, http.MethodPost, "/")
		ask(s, http.MethodPost, "/", as(Staff))
	}
	all()
	assert.Equal(t, "0 map[] map[force_on:1]", counted(mode), "off counts nothing")
	require.NoError(t, mode.On(t.Context()))
	all()
	assert.Equal(t, "0 map[force_off:1 role:1] map[force_on:2 none:2]", counted(mode))
	_, err := mode.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly})
	require.NoError(t, err)
	all()
	assert.Equal(t, "1 map[force_off:2 role:2] map[force_on:3 none:3]", counted(mode))
}

func counted(m *maintenance.Mode) string {
	s := m.Stats()
	for _, by := range []map[string]uint64{s.Exempt, s.Refused} {
		for rule, n := range by {
			if n == 0 {
				delete(by, rule)
			}
		}
	}
	return fmt.Sprint(s.Admitted, s.Exempt, s.Refused)
}
