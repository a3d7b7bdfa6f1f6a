package attack

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// switching are requests by which somebody tries to switch, or to see the status,
// who may not. {superuser}, {staff} and the like stand for a session's cookie;
// where that is a superuser's, a page of another site sends the request.
var switching = []struct{ why, first, headers, body string }{
	{"anybody", "POST /maintenance-mode/on/", "", ""},
	{"anybody, off", "POST /maintenance-mode/off/", "", ""},
	{"without the slash", "POST /maintenance-mode/on", "", ""},
	{"without the slash, off", "POST /maintenance-mode/off", "", ""},
	{"anybody looks", "GET /maintenance-mode/", "", ""},
	{"anybody looks, without the slash", "GET /maintenance-mode", "", ""},
	{"anybody looks at a form", "GET /maintenance-mode/on/", "", ""},
	{"by HEAD", "HEAD /maintenance-mode/on/", "", ""},
	{"by PUT", "PUT /maintenance-mode/on/", "", ""},
	{"by DELETE", "DELETE /maintenance-mode/on/", "", ""},
	{"by a method in lower case", "post /maintenance-mode/on/", "", ""},
	{"a form", "POST /maintenance-mode/on/", "Content-Type: application/x-www-form-urlencoded", "level=on"},
	{"JSON", "POST /maintenance-mode/on/", "Content-Type: application/json", `{"level":"on"}`},
	{"a very long body", "POST /maintenance-mode/on/", "Content-Type: application/json", strings.Repeat(" ", 100_000)},
	{"the role in a header", "POST /maintenance-mode/on/", "Role: superuser\nX-Role: superuser\nX-User: root\nRemote-User: root", ""},
	{"the role in the query", "POST /maintenance-mode/on/?role=superuser&user=root&as=root", "", ""},
	{"the role in a form", "POST /maintenance-mode/on/", "Content-Type: application/x-www-form-urlencoded", "role=superuser&user=root"},
	{"the role in a cookie of that name", "POST /maintenance-mode/on/", "Cookie: role=superuser", ""},
	{"the role as the session's cookie", "POST /maintenance-mode/on/", "Cookie: session=superuser", ""},
	{"a session that nobody signed", "POST /maintenance-mode/on/", "Cookie: session=MTcwMDAwMDAwMHxEWDhFQVFMX2dBQUJFQUVRQUFBZ184QT18AAAA", ""},
	{"a session that another key signed", "POST /maintenance-mode/on/", "Cookie: {other key}", ""},
	{"a session with a byte changed", "POST /maintenance-mode/on/", "Cookie: {changed}", ""},
	{"half of a session", "POST /maintenance-mode/on/", "Cookie: {half}", ""},
	{"a session of another name", "POST /maintenance-mode/on/", "Cookie: {renamed}", ""},
	{"staff", "POST /maintenance-mode/on/", "Cookie: {staff}", ""},
	{"staff looks", "GET /maintenance-mode/", "Cookie: {staff}", ""},
	{"somebody who is logged in", "POST /maintenance-mode/on/", "Cookie: {authenticated}", ""},
	{"a role in capitals", "POST /maintenance-mode/on/", "Cookie: {Superuser}", ""},
	{"a role with a blank", "POST /maintenance-mode/on/", "Cookie: {superuser }", ""},
	{"a role with NUL", "POST /maintenance-mode/on/", "Cookie: {superuser\x00}", ""},
	{"a role that does not exist", "POST /maintenance-mode/on/", "Cookie: {root}", ""},
	{"two sessions, the other one first", "POST /maintenance-mode/on/", "Cookie: {staff}\nCookie: {other key}", ""},
	{"an address that passes", "POST /maintenance-mode/on/", "X-Forwarded-For: 127.0.0.1", ""},
	{"a password for nothing", "POST /maintenance-mode/on/", "Authorization: Basic cm9vdDpyb290", ""},

	{"another site's form", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://evil.example\nSec-Fetch-Site: cross-site", ""},
	{"another site's form, an older browser", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://evil.example", ""},
	{"another site's form without an origin", "POST /maintenance-mode/on/", "Cookie: {superuser}\nSec-Fetch-Site: cross-site", ""},
	{"a sandboxed page", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: null\nSec-Fetch-Site: cross-site", ""},
	{"a sandboxed page, an older browser", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: null", ""},
	{"a sister site", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://blog.panel.example\nSec-Fetch-Site: same-site", ""},
	{"a site with this one's name in its own", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://panel.example.evil.example", ""},
	{"a site with this one as its user", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://panel.example@evil.example", ""},
	{"this site by another port", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://panel.example:8443", ""},
	{"an origin in two lines", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://evil.example\nOrigin: https://panel.example", ""},
	{"an origin with a star", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: *", ""},
	{"another site's form claims to be a read", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://evil.example\nX-HTTP-Method-Override: GET", ""},
	{"another site's patch", "PATCH /maintenance-mode/", "Cookie: {superuser}\nOrigin: https://evil.example\nContent-Type: application/json", `{"level":"read-only"}`},
	{"another site's patch claims to be a read", "PATCH /maintenance-mode/", "Cookie: {superuser}\nOrigin: https://evil.example\nX-HTTP-Method-Override: GET\nContent-Type: application/json", `{"level":"read-only"}`},
	{"another site's link claims to be a patch", "GET /maintenance-mode/", "Cookie: {superuser}\nOrigin: https://evil.example\nX-HTTP-Method-Override: PATCH", ""},
	{"anybody's patch", "PATCH /maintenance-mode/", "Content-Type: application/json", `{"level":"read-only"}`},
	{"staff's patch", "PATCH /maintenance-mode", "Cookie: {staff}\nContent-Type: application/json", `{"level":"read-only"}`},
	{"another site's link claims to be a form", "GET /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://evil.example\nX-HTTP-Method-Override: POST", ""},
	{"another site's image", "GET /maintenance-mode/on/?level=on", "Cookie: {superuser}\nSec-Fetch-Site: cross-site\nSec-Fetch-Dest: image", ""},
	{"another site's link", "GET /maintenance-mode/off/", "Cookie: {superuser}\nSec-Fetch-Site: cross-site", ""},
	{"another site's form over a rewriting route", "POST /de/maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://evil.example", ""},
	{"JSON of another site as plain text", "POST /maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://evil.example\nContent-Type: text/plain", `{"level":"on"}`},

	{"over a rewriting route", "POST /de/maintenance-mode/on/", "", ""},
	{"over a rewriting route, off", "POST /de/maintenance-mode/off/", "", ""},
	{"over a rewriting route, a look", "GET /de/maintenance-mode/", "", ""},
	{"over a rewriting route, staff", "POST /de/maintenance-mode/on/", "Cookie: {staff}", ""},
	{"over two of them", "POST /de/de/maintenance-mode/on/", "", ""},
	{"over a rewriting route, another method", "GET /de/maintenance-mode/on/", "X-HTTP-Method-Override: POST", ""},
	{"over a rewriting route that runs the last handler again", "POST /old/maintenance-mode/on/", "", ""},
	{"the same, staff", "POST /old/maintenance-mode/on/", "Cookie: {staff}", ""},
	{"the same, another site's form", "POST /old/maintenance-mode/on/", "Cookie: {superuser}\nOrigin: https://evil.example", ""},
	{"a claim to write", "GET /maintenance-mode/on/", "X-HTTP-Method-Override: POST", ""},
	{"a doubled slash", "POST //maintenance-mode//on/", "", ""},
	{"a dot segment", "POST /maintenance-mode/x/../on/", "", ""},
	{"escaped", "POST /maintenance-mode%2fon/", "", ""},
	{"in capitals", "POST /MAINTENANCE-MODE/ON/", "", ""},
	{"under the open folder", "POST /static/../maintenance-mode/on/", "", ""},
	{"with a header of IIS", "POST /static/x", "X-Rewrite-URL: /maintenance-mode/on/", ""},
	{"the handler mounted elsewhere", "POST /mounted", "Cookie: {superuser}", ""},
	{"the handler mounted elsewhere, anybody", "POST /mounted", "", ""},
	{"a service without the middleware", "POST /bare/on/", "Cookie: {superuser}", ""},
}

// sessionOf returns a cookie that a session with the role has, as key signs it.
func sessionOf(t *testing.T, key, role string) string {
	engine := gin.New()
	engine.Use(sessions.Sessions("session", cookie.NewStore([]byte(key))))
	engine.GET("/", func(c *gin.Context) {
		s := sessions.Default(c)
		s.Set("role", role)
		require.NoError(t, s.Save())
	})
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	text, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return text
}

// cookies fills in the sessions that a request names.
func cookies(t *testing.T, headers string) string {
	for _, role := range []string{"superuser", "staff", "authenticated", "Superuser", "superuser ", "superuser\x00", "root"} {
		if strings.Contains(headers, "{"+role+"}") {
			headers = strings.ReplaceAll(headers, "{"+role+"}", sessionOf(t, "the key", role))
		}
	}
	genuine := sessionOf(t, "the key", "superuser")
	middle := len(genuine) / 2
	changed := []byte(genuine)
	changed[middle] ^= 1
	return strings.NewReplacer(
		"{other key}", sessionOf(t, "another key", "superuser"), "{changed}", string(changed),
		"{half}", genuine[:middle], "{renamed}", strings.Replace(genuine, "session=", "other=", 1),
	).Replace(headers)
}

// paneled gives the arena a service with the endpoints, beside what tempts.
func (a *arena) paneled(host string, mode *maintenance.Mode) {
	engine := gin.New()
	engine.Use(sessions.Sessions("session", cookie.NewStore([]byte("the key"))), override, func(c *gin.Context) {
		if path := c.GetHeader("X-Rewrite-URL"); path != "" {
			c.Request.URL.Path = path
		}
	})
	bare := engine.Group("/bare")
	engine.Use(ginmaint.New(ginmaint.Config{Mode: mode, Logger: quiet, IgnoreURLs: []string{"^/static/"}, IgnoreIPAddresses: []string{"127.0.0.1"}}))
	ginmaint.Routes(engine.Group("/maintenance-mode"))
	engine.Any("/de/*path", ginmaint.ForceOff, func(c *gin.Context) {
		c.Request.URL.Path = c.Param("path")
		engine.HandleContext(c)
	})
	engine.Any("/static/*path", open)
	for _, r := range engine.Routes() {
		if r.Method == http.MethodPost && r.Path == "/maintenance-mode/on/" {
			engine.POST("/mounted", r.HandlerFunc)
			bare.POST("/on/", r.HandlerFunc)
			engine.Any("/old/*path", ginmaint.ForceOff, func(c *gin.Context) { // what Gin below 1.11 does
				c.Request.URL.Path = c.Param("path")
				engine.HandleContext(c)
				r.HandlerFunc(c)
			})
		}
	}
	a.engines[host] = engine
}

func endpointRequest(host, first, headers, body string) string {
	text := first + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: application/json\r\n"
	if headers != "" {
		text += strings.ReplaceAll(headers, "\n", "\r\n") + "\r\n"
	}
	if !strings.HasPrefix(first, "GET") && !strings.HasPrefix(first, "HEAD") {
		return text + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	}
	return text + "\r\n"
}

func TestEndpoints(t *testing.T) {
	for _, level := range []maintenance.Level{maintenance.Off, maintenance.On} {
		a := newArena(t)
		mode := a.at(level)
		a.paneled("panel.example", mode)
		before := mode.State()
		for _, s := range switching {
			answer := a.exchange(visitor, endpointRequest("panel.example", s.first, cookies(t, s.headers), s.body))
			// A superuser may look, wherever the link stood: another site can't read the answer.
			looked := strings.Contains(s.headers, "{superuser}")
			if after := mode.State(); after != before || strings.Contains(answer, secret) && !looked {
				entered.Add(1)
				t.Errorf("%s: %s\n%s", s.why, after.Level, answer)
				_, err := mode.Set(context.Background(), maintenance.State{Level: level, Reason: secret})
				require.NoError(t, err)
				before = mode.State()
			}
		}
	}
	named.Add(int64(len(switching)))
}

func TestASuperuserSwitches(t *testing.T) {
	a := newArena(t)
	mode := a.at(maintenance.On)
	a.paneled("panel.example", mode)
	a.exchange(visitor, endpointRequest("panel.example", "POST /maintenance-mode/off/", cookies(t, "Cookie: {superuser}\nOrigin: https://panel.example"), ""))
	assert.Equal(t, maintenance.Off, mode.Level())
	a.exchange(visitor, endpointRequest("panel.example", "POST /de/maintenance-mode/on/", cookies(t, "Cookie: {superuser}"), ""))
	assert.Equal(t, maintenance.On, mode.Level())
}
