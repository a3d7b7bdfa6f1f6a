package ginmaint

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// guard is one middleware: a Config with its defaults, compiled.
type guard struct {
	Config
	addresses   addresses
	urls        urls
	redirectsTo *url.URL // nil: answers instead

	asksRole        bool     // some role passes, or is logged out
	retryAfterValue []string // where the state names no end
	origins         http.CrossOriginProtection
	routes          routes
	answers         [formats]atomic.Pointer[rendered] // the last ones
	forgeable       sync.Once                         // the warning about forwarding headers
}

// New returns the middleware. Use it on the engine, behind the middleware for
// sessions and CORS, and before the routes:
//
//	r.Use(sessions.Sessions("session", store), ginmaint.New(cfg))
//
// It panics with the error of Config.Validate, and where Config.Mode is nil
// with that of maintenance.Open. Each engine takes a middleware of its own.
func New(cfg Config) gin.HandlerFunc {
	g, err := compile(cfg)
	if err != nil {
		panic(err)
	}
	if g.Mode == nil {
		g.Mode, err = maintenance.Open(context.Background(), filestore.New(filestore.DefaultPath), maintenance.Logger(g.Logger))
		if err != nil {
			panic(fmt.Errorf("ginmaint: %w", err))
		}
	}
	return g.handle
}

// handle is the way of every request.
func (g *guard) handle(c *gin.Context) {
	route := g.routes.of(c)
	switch {
	case route.forceOn:
		g.refuse(c, maintenance.On)
		return
	case route.endpoint:
		c.Set(guardKey, g)
		fallthrough
	case route.forceOff:
		if g.Mode.Level() != maintenance.Off {
			g.exempt(c)
		}
		c.Next()
		return
	}
	ticket, ok := g.Mode.Enter(route.access)
	if ok {
		defer ticket.Leave()
		// While off the request's context is touched only where there is
		// something to say: it costs two allocations.
		if g.Mode.Level() != maintenance.Off || g.Mode.Snapshot().Announced {
			g.tell(c)
		}
		c.Next()
		return
	}
	if g.isExempt(c) {
		g.exempt(c)
		c.Next()
		return
	}
	g.refuse(c, g.Mode.Level())
}

// isExempt asks the cheapest question first.
func (g *guard) isExempt(c *gin.Context) bool {
	if g.urls.match(c.Request.URL) || g.isRedirectTarget(c.Request.URL) || g.fromListedAddress(c) {
		return true
	}
	if !g.asksRole {
		return false
	}
	role := g.role(c)
	if slices.Contains(g.Logout, role) {
		g.logOut(c)
		role = Anonymous
	}
	return g.passes(role)
}

// exempt lets a request on that the level refuses. Its answer is for this
// visitor alone: no cache may keep it for the others.
func (g *guard) exempt(c *gin.Context) {
	g.tell(c)
	c.Writer.Header()["Cache-Control"] = privateNoStore
}
