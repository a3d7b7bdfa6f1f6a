package ginmaint

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// admin is the superuser's side: who may, what was ordered, and how it stands.
type admin struct {
	mode     *maintenance.Mode
	roles    *roles
	sessions *sessionReader
	identity func(*gin.Context) string                // who switches; nil: the session's "user"
	token    func(*gin.Context) (field, token string) // against forged requests, of another middleware; nil: none
	login    string                                   // where somebody logs in who is no superuser; "": not known
	zone     *time.Location                           // of the times in the panel's forms
	origins  http.CrossOriginProtection
	logger   *slog.Logger
}

// adminKey is where Gin's context holds the admin, on its endpoints alone.
const adminKey = "github.com/ginmaint/gin-maintenance-mode/admin"

// handOver gives the endpoints what they need.
func (a *admin) handOver(c *gin.Context) { c.Set(adminKey, a) }

func adminOf(c *gin.Context) (*admin, bool) {
	value, _ := c.Get(adminKey)
	a, ok := value.(*admin)
	return a, ok
}

// register adds the endpoints: see Routes.
func register(group *gin.RouterGroup) {
	pages := []struct {
		path    string
		shows   gin.HandlerFunc
		method  string // of what changes
		changes gin.HandlerFunc
	}{
		{"", showStatus, http.MethodPatch, edit},
		{"/on", askTo(maintenance.On), http.MethodPost, switchTo(maintenance.On)},
		{"/off", askTo(maintenance.Off), http.MethodPost, switchTo(maintenance.Off)},
	}
	for _, p := range pages {
		for _, path := range []string{p.path, p.path + "/"} {
			if path == "" && strings.HasSuffix(group.BasePath(), "/") {
				continue // the same as "/"
			}
			group.GET(path, endpoint, allowed(p.shows))
			group.HEAD(path, endpoint, allowed(p.shows))
			group.Handle(p.method, path, endpoint, allowed(p.changes))
		}
	}
}

// endpoint marks the routes of this file, so that the middleware hands itself
// to them, and lets a superuser on and nobody else.
func endpoint(c *gin.Context) {
	a, ok := adminOf(c)
	if !ok { // the handlers were copied to an engine without the middleware
		c.AbortWithStatus(http.StatusForbidden)
		return
	}
	h := c.Writer.Header()
	h["Cache-Control"] = privateNoStore
	h.Set("X-Frame-Options", "DENY")
	h.Add("Content-Security-Policy", "frame-ancestors 'none'") // beside the application's own: browsers obey both
	h.Set("Referrer-Policy", "same-origin")                    // under no-referrer the forms would come from the origin null
	if a.roles.of(c) < Superuser {
		a.deny(c, "Only a superuser may see and switch maintenance mode.")
		return
	}
	if err := a.origins.Check(c.Request); err != nil {
		a.logger.Warn("ginmaint: a POST from another origin was refused; behind a proxy that rewrites Host name the origin in TrustedOrigins",
			"origin", c.GetHeader("Origin"), "host", c.Request.Host)
		a.deny(c, "The request came from a page of another site and was refused.")
		return
	}
	c.Set(permitKey, &permit{c.Request, c.Request.Method, c.Request.URL.Path})
}

// permit is what endpoint has allowed: this request, once.
type permit struct {
	request      *http.Request
	method, path string
}

// permitKey is where Gin's context holds the permit, from one handler to the next.
const permitKey = "github.com/ginmaint/gin-maintenance-mode/permit"

// allowed lets the handler of an endpoint run only for a request that endpoint has
// allowed just before. Gin's order of handlers alone does not see to that: a Gin
// below 1.11 goes on with the endpoint's chain after HandleContext, also where
// endpoint ended it, and an application may mount the handler elsewhere.
func allowed(h gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		value, _ := c.Get(permitKey)
		if p, ok := value.(*permit); ok && *p == (permit{c.Request, c.Request.Method, c.Request.URL.Path}) {
			c.Set(permitKey, nil)
			h(c)
			return
		}
		c.Abort()
		if !c.Writer.Written() {
			c.AbortWithStatus(http.StatusForbidden)
		}
	}
}

// deny answers somebody who may not see anything of the state.
func (a *admin) deny(c *gin.Context, words string) {
	c.Abort()
	if a.wants(c) == JSON {
		a.problem(c, http.StatusForbidden, words, nil)
		return
	}
	a.page(c, http.StatusForbidden, gin.H{"form": "denied", "denied": words, "login_url": a.login})
}

func (a *admin) tokenField(c *gin.Context) (field, token string) {
	if a.token == nil {
		return "", ""
	}
	return a.token(c)
}

// author names who switches, within what a state may hold.
func (a *admin) author(c *gin.Context) string {
	name, _ := textHeld(a.sessions.value(c, "user"))
	if a.identity != nil {
		name = a.identity(c)
	}
	if (maintenance.State{ChangedBy: name}).Validate() != nil {
		return ""
	}
	return name
}

// wants returns the format that an endpoint answers in: HTML to a browser,
// JSON to a program.
func (a *admin) wants(c *gin.Context) Format {
	if negotiate(c.Request.Header["Accept"]) == HTML {
		return HTML
	}
	return JSON
}
