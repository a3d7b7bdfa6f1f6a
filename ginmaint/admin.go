package ginmaint

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// admin is the superuser's side: who may, what was ordered, and how it stands.
type admin struct {
	roles    *roles
	sessions *sessionReader
	identity func(*gin.Context) string // who switches; nil: the session's "user"
	origins  http.CrossOriginProtection
	orders   orders
	drains   *drains
	events   *events
	replies  replies
	logger   *slog.Logger
	explain  func(*gin.Context, question) explanation
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

const noFrames = "frame-ancestors 'none'"

// place is where a page of the endpoints lies.
type place struct {
	within bool // below the status page
	depth  int  // how many segments the path of that has
}

// placeKey is where Gin's context holds the place.
const placeKey = "github.com/ginmaint/gin-maintenance-mode/place"

func placeOf(c *gin.Context) place {
	value, _ := c.Get(placeKey)
	p, _ := value.(place)
	return p
}

// endpoint marks the routes of the endpoints, so that the middleware hands itself
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
	h.Add("Content-Security-Policy", noFrames) // beside the application's own: browsers obey both
	h.Set("Referrer-Policy", "same-origin")    // under no-referrer the forms would come from the origin null
	if a.roles.of(c) < Superuser {
		a.replies.deny(c, "Only a superuser may see and switch maintenance mode.")
		return
	}
	if err := a.origins.Check(c.Request); err != nil {
		a.logger.Warn("ginmaint: a POST from another origin was refused; behind a proxy that rewrites Host name the origin in TrustedOrigins",
			"origin", c.GetHeader("Origin"), "host", c.Request.Host)
		a.replies.deny(c, "The request came from a page of another site and was refused.")
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
