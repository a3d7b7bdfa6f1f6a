package attack

import (
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// passing are requests by which somebody tries to pass as staff, over the page that
// a redirect names, or through what is marked.
var passing = []struct{ why, host, first, headers string }{
	{"nobody", "staff", "GET /", ""},
	{"somebody who is logged in", "staff", "GET /", "Cookie: {authenticated}"},
	{"a role that does not exist", "staff", "GET /", "Cookie: {root}"},
	{"a superuser by name, in capitals", "staff", "GET /", "Cookie: {Superuser}"},
	{"a role with a blank", "staff", "GET /", "Cookie: {superuser }"},
	{"a session that another key signed", "staff", "GET /", "Cookie: {other key}"},
	{"a session with a byte changed", "staff", "GET /", "Cookie: {changed}"},
	{"half of a session", "staff", "GET /", "Cookie: {half}"},
	{"a session of another name", "staff", "GET /", "Cookie: {renamed}"},
	{"the role in a cookie", "staff", "GET /", "Cookie: role=staff; session=staff"},
	{"the role in a header", "staff", "GET /", "Role: staff\nX-Role: staff\nX-User-Role: staff"},
	{"the role in the query", "staff", "GET /?role=staff", ""},
	{"staff, where a route is always closed", "staff", "GET /closed", "Cookie: {superuser}"},
	{"staff, by HEAD", "staff", "HEAD /closed", "Cookie: {superuser}"},
	{"staff, over a rewriting route", "staff", "GET /de/closed", "Cookie: {superuser}"},

	{"a POST to the page that a redirect names", "redirect", "POST /status", ""},
	{"a PUT to it", "redirect", "PUT /status", ""},
	{"a DELETE of it", "redirect", "DELETE /status", ""},
	{"an OPTIONS of it", "redirect", "OPTIONS /status", ""},
	{"a method in lower case", "redirect", "get /status", ""},
	{"a POST that claims to read", "redirect", "POST /status", "X-HTTP-Method-Override: GET"},
	{"another page that claims its path", "redirect", "GET /order", "X-Rewrite-URL: /status"},
	{"a slash behind it", "redirect", "GET /status/", ""},
	{"a page under it", "redirect", "GET /status/../order", ""},
	{"a page beside it", "redirect", "GET /order/../status/../order", ""},
	{"its path in capitals", "redirect", "GET /STATUS", ""},
	{"its path escaped", "redirect", "GET /st%61tus", ""},
	{"its path with a doubled slash", "redirect", "GET //status", ""},
	{"its path in the query", "redirect", "GET /order?/status", ""},
	{"a host that makes it this very page", "redirect", "GET /order", "X-Forwarded-Host: status.example"},
	{"a page that a redirect abroad names", "abroad", "GET /status", ""},
	{"the same, with its host forged", "abroad", "GET /status", "X-Forwarded-Host: status.example"},

	{"a closed route beside a marked one", "marked", "GET /login", ""},
	{"a closed route claims the other's method", "marked", "GET /login", "X-HTTP-Method-Override: POST"},
	{"a marked route under a longer name", "marked", "GET /healthz2", ""},
	{"a marked route's path under another folder", "marked", "GET /x/healthz", ""},
	{"a path that cleans to a marked route", "marked", "GET /order/../healthz/../order", ""},
	{"a closed route of a closed group", "marked", "GET /group/order", ""},
	{"a method that is not allowed where unknown paths are open", "marked", "DELETE /login", ""},
	{"another such method", "marked", "BREW /order", ""},
	{"a route that is always closed", "marked", "GET /closed", ""},
	{"a route that is always closed, wrapped", "marked", "GET /wrapped", ""},
	{"a route that is always closed, by a group", "marked", "GET /shut/order", ""},
	{"a route that is marked both ways", "marked", "GET /both", ""},
	{"the open shell leads to a closed route", "marked", "GET /app/../order", ""},
	{"a closed route, its path rewritten", "marked", "GET /order", "X-Rewrite-URL: /healthz"},

	{"a closed route, its path rewritten to an open one", "urls", "GET /order", "X-Rewrite-URL: /static/x"},
	{"a closed write, its path rewritten to an open one", "urls", "POST /order", "X-Rewrite-URL: /static/x"},
	{"a folder where only its files are open", "urls", "GET /files/a/secret", ""},
	{"by a slash that is escaped", "urls", "GET /files/a%2fsecret", ""},
	{"by a slash that is escaped twice", "urls", "GET /files/a%252fsecret", ""},
	{"by a slash that is escaped three times", "urls", "GET /files/a%25252fsecret", ""},
	{"by a backslash", "urls", `GET /files/a\secret`, ""},
	{"by a backslash that is escaped", "urls", "GET /files/a%5csecret", ""},
	{"by a backslash that is escaped twice", "urls", "GET /files/a%255csecret", ""},
	{"with a slash too many", "urls", "GET /files//a%252fsecret", ""},

	{"Config.Ignore is asked of the request as it came", "ignored", "GET /order", "Release-Check: no"},
	{"twice, with the answer second", "ignored", "GET /order", "Release-Check: no\nRelease-Check: yes"},
	{"where a route is always closed", "ignored", "GET /closed", "Release-Check: yes"},
}

func (a *arena) exempting() {
	on := a.at(maintenance.On)
	front := func(cfg ginmaint.Config) *gin.Engine {
		engine := gin.New()
		engine.HandleMethodNotAllowed = true
		cfg.Mode, cfg.Logger = on, quiet
		engine.Use(sessions.Sessions("session", cookie.NewStore([]byte("the key"))), override, func(c *gin.Context) {
			if path := c.GetHeader("X-Rewrite-URL"); path != "" {
				c.Request.URL.Path = path
			}
		}, ginmaint.New(cfg))
		engine.GET("/closed", ginmaint.ForceOn, a.closed)
		engine.Any("/de/*path", func(c *gin.Context) {
			c.Request.URL.Path = c.Param("path")
			engine.HandleContext(c)
		})
		return engine
	}
	staff := front(ginmaint.Config{IgnoreStaff: true})
	staff.GET("/", a.closed)
	a.engines["staff"] = staff

	for host, target := range map[string]string{"redirect": "/status", "abroad": "https://status.example/status"} {
		engine := front(ginmaint.Config{RedirectURL: target})
		engine.UseRawPath = true // so that a path escaped without need leads elsewhere
		for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
			engine.Handle(method, "/status", a.closed)
		}
		engine.GET("/status", func(c *gin.Context) {
			if c.Request.Method != http.MethodGet || host == "abroad" {
				a.closed(c)
			}
		})
		engine.GET("/order", a.closed)
		engine.NoRoute(a.closed)
		engine.NoMethod(a.closed)
		a.engines[host] = engine
	}

	marked := front(ginmaint.Config{})
	marked.GET("/healthz", ginmaint.ForceOff, open)
	marked.POST("/login", ginmaint.ForceOff, open)
	marked.GET("/login", a.closed)
	marked.GET("/order", a.closed)
	marked.GET("/healthz2", a.closed)
	marked.GET("/x/healthz", a.closed)
	marked.Group("/group").GET("/order", a.closed)
	marked.GET("/wrapped", func(c *gin.Context) { ginmaint.ForceOn(c) }, a.closed)
	marked.Group("/shut", ginmaint.ForceOn).GET("/order", ginmaint.ForceOff, a.closed)
	marked.GET("/both", ginmaint.ForceOff, ginmaint.ForceOn, a.closed)
	marked.NoRoute(ginmaint.ForceOff, func(c *gin.Context) {
		if c.FullPath() != "" {
			a.closed(c)
		}
	})
	marked.NoMethod(a.closed)
	a.engines["marked"] = marked

	listed := front(ginmaint.Config{IgnoreURLs: []string{"^/static/", "^/files/[^/]+$"}})
	listed.Any("/order", a.closed)
	listed.NoRoute(func(c *gin.Context) {
		read := strings.ReplaceAll(decode(decode(decode(c.Request.URL.Path))), `\`, "/")
		if strings.Count(path.Clean(read), "/") > strings.Count("/files/a", "/") {
			a.closed(c)
		}
	})
	a.engines["urls"] = listed

	ignored := front(ginmaint.Config{Ignore: func(c *gin.Context) bool { return c.GetHeader("Release-Check") == "yes" }})
	ignored.GET("/order", a.closed)
	a.engines["ignored"] = ignored
}

func TestExemptions(t *testing.T) {
	a := newArena(t)
	a.exempting()
	for _, p := range passing {
		answer := a.exchange(visitor, endpointRequest(p.host, p.first, cookies(t, p.headers), ""))
		in := a.gotIn()
		if strings.Contains(answer, secret) || len(in) > 0 {
			entered.Add(1)
			t.Errorf("%s: %v\n%s", p.why, in, answer)
		}
	}
	named.Add(int64(len(passing)))
}

func TestTheExemptPass(t *testing.T) {
	a := newArena(t)
	a.exempting()
	for _, p := range []struct{ host, first, headers string }{
		{"staff", "GET /", "Cookie: {staff}"}, {"staff", "GET /", "Cookie: {superuser}"}, {"redirect", "GET /status", ""},
		{"marked", "GET /healthz", ""}, {"marked", "POST /login", ""}, {"marked", "GET /app/any", ""}, {"urls", "GET /files/a", ""}, {"ignored", "GET /order", "Release-Check: yes"},
	} {
		answer := a.exchange(visitor, endpointRequest(p.host, p.first, cookies(t, p.headers), ""))
		assert.True(t, strings.HasPrefix(answer, "200") || strings.HasPrefix(answer, "404"), "%v: %s", p, answer)
	}
	assert.Len(t, a.gotIn(), 3)
}
