package ginmaint

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Routes adds the endpoints by which a superuser sees and switches maintenance:
//
//	ginmaint.Routes(r.Group("/maintenance-mode"))
//
//	GET  /maintenance-mode/      the status, as a page or as JSON
//	GET  /maintenance-mode/on/   a page with one button; changes nothing
//	POST /maintenance-mode/on/   switches on
//	GET  /maintenance-mode/off/  a page with one button; changes nothing
//	POST /maintenance-mode/off/  switches off
//
// each with and without the last slash, and HEAD as GET. They are never
// refused by maintenance, answer nobody but a superuser, and refuse a POST
// that a page of another origin sends.
//
// It panics where the group was made before the middleware was used.
func Routes(group *gin.RouterGroup) {
	if !guarded(group) {
		panic("ginmaint: Routes needs the middleware in front of it: call r.Use(ginmaint.New(cfg)) before r.Group, which copies the handlers used so far")
	}
	pages := []struct {
		path    string
		handler gin.HandlerFunc
		posts   bool
	}{
		{"", showStatus, false},
		{"/on", switchTo(maintenance.On), true},
		{"/off", switchTo(maintenance.Off), true},
	}
	for _, p := range pages {
		for _, path := range []string{p.path, p.path + "/"} {
			if path == "" && strings.HasSuffix(group.BasePath(), "/") {
				continue // the same as "/"
			}
			group.GET(path, endpoint, p.handler)
			group.HEAD(path, endpoint, p.handler)
			if p.posts {
				group.POST(path, endpoint, p.handler)
			}
		}
	}
}

// guarded tells whether the middleware is among the group's handlers.
func guarded(group *gin.RouterGroup) bool {
	for _, h := range group.Handlers {
		if handlerName(h) == middlewareName {
			return true
		}
	}
	return false
}

var middlewareName = handlerName((&guard{}).handle)

// endpoint marks the routes of this file, so that the middleware hands itself
// to them, and lets a superuser on and nobody else.
func endpoint(c *gin.Context) {
	g, ok := guardOf(c)
	if !ok { // the handlers were copied to an engine without the middleware
		c.AbortWithStatus(http.StatusForbidden)
		return
	}
	h := c.Writer.Header()
	h["Cache-Control"] = privateNoStore
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "frame-ancestors 'none'")
	if g.role(c) < Superuser {
		g.fail(c, http.StatusForbidden, "Only a superuser may see and switch maintenance mode.")
		return
	}
	if err := g.origins.Check(c.Request); err != nil {
		g.Logger.Warn("ginmaint: a POST from another origin was refused; behind a proxy that rewrites Host name the origin in TrustedOrigins",
			"origin", c.GetHeader("Origin"), "host", c.Request.Host)
		g.fail(c, http.StatusForbidden, "The request came from a page of another site and was refused.")
	}
}

// showStatus answers with what is in force.
func showStatus(c *gin.Context) {
	g, _ := guardOf(c)
	g.panel(c, http.StatusOK, "", "")
}

// switchTo asks with GET, and switches with POST.
func switchTo(l maintenance.Level) gin.HandlerFunc {
	return func(c *gin.Context) {
		g, _ := guardOf(c)
		if c.Request.Method != http.MethodPost {
			g.panel(c, http.StatusOK, l.String(), "")
			return
		}
		order, err := decodeOrder(c)
		if err != nil {
			g.fail(c, http.StatusBadRequest, err.Error())
			return
		}
		state, fault := order.state(l, g.identity(c))
		if fault != "" {
			g.fail(c, http.StatusUnprocessableEntity, fault)
			return
		}
		if err := g.obey(c.Request.Context(), order, state); err != nil {
			status, words := g.explain(err)
			g.fail(c, status, words)
			return
		}
		if g.wants(c) == HTML {
			c.Redirect(http.StatusSeeOther, panelURL(c))
			return
		}
		g.panel(c, http.StatusOK, "", "")
	}
}

// panelURL returns the path of the status page, which the paths of the others
// lie under. It is made of what the visitor asked for: cleaned and escaped, so
// that no browser takes its start for another host.
func panelURL(c *gin.Context) string {
	path := strings.TrimSuffix(c.Request.URL.Path, "/")
	for _, last := range []string{"/on", "/off"} {
		if strings.HasSuffix(c.FullPath(), last) || strings.HasSuffix(c.FullPath(), last+"/") {
			path = strings.TrimSuffix(path, last)
		}
	}
	return (&url.URL{Path: cleaned(path + "/")}).EscapedPath()
}
