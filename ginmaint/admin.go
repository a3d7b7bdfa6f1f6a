package ginmaint

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// admin is the superuser's side: who may, what was ordered, and how it stands.
type admin struct {
	mode     *maintenance.Mode
	roles    *roles
	sessions *sessionReader
	identity func(*gin.Context) string                // who switches; nil: the session's "user"
	token    func(*gin.Context) (field, token string) // against forged requests, of another middleware; nil: none
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
			group.GET(path, endpoint, allowed(p.handler))
			group.HEAD(path, endpoint, allowed(p.handler))
			if p.posts {
				group.POST(path, endpoint, allowed(p.handler))
			}
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
		a.fail(c, http.StatusForbidden, "Only a superuser may see and switch maintenance mode.")
		return
	}
	if err := a.origins.Check(c.Request); err != nil {
		a.logger.Warn("ginmaint: a POST from another origin was refused; behind a proxy that rewrites Host name the origin in TrustedOrigins",
			"origin", c.GetHeader("Origin"), "host", c.Request.Host)
		a.fail(c, http.StatusForbidden, "The request came from a page of another site and was refused.")
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

// showStatus answers with what is in force.
func showStatus(c *gin.Context) {
	a, _ := adminOf(c)
	a.panel(c, http.StatusOK, "", "")
}

// switchTo asks with GET, and switches with POST.
func switchTo(l maintenance.Level) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, _ := adminOf(c)
		if c.Request.Method != http.MethodPost {
			a.panel(c, http.StatusOK, l.String(), "")
			return
		}
		field, _ := a.tokenField(c)
		order, err := decodeOrder(c, field)
		if err != nil {
			a.fail(c, http.StatusBadRequest, err.Error())
			return
		}
		state, fault := order.state(l, a.author(c))
		if fault != "" {
			a.fail(c, http.StatusUnprocessableEntity, fault)
			return
		}
		if err := a.obey(c.Request.Context(), order, state); err != nil {
			status, words := a.explain(err)
			a.fail(c, status, words)
			return
		}
		if a.wants(c) == HTML {
			// Not by http.Redirect, which makes it a path of this server's own.
			c.Header("Location", panelURL(c))
			c.Status(http.StatusSeeOther)
			c.Writer.WriteHeaderNow()
			return
		}
		a.panel(c, http.StatusOK, "", "")
	}
}

// panelURL returns the way to the status page, which the others lie under. It is
// relative to the page that was asked for: a proxy in front may have taken a prefix
// off the path.
func panelURL(c *gin.Context) string {
	route, path := c.FullPath(), c.Request.URL.EscapedPath()
	within := strings.HasSuffix(strings.TrimSuffix(route, "/"), "/on") || strings.HasSuffix(strings.TrimSuffix(route, "/"), "/off")
	switch {
	case strings.HasSuffix(path, "/") && within:
		return "../"
	case strings.HasSuffix(path, "/") || within:
		return "./"
	}
	return "./" + path[strings.LastIndexByte(path, '/')+1:] + "/"
}

func (a *admin) tokenField(c *gin.Context) (field, token string) {
	if a.token == nil {
		return "", ""
	}
	return a.token(c)
}

// obey saves what was ordered: only over the revision that the order names, where
// it names one; zero is that of a switch which nobody ever touched.
func (a *admin) obey(ctx context.Context, o order, s maintenance.State) error {
	save := a.mode.Set
	if o.Revision != "" && s.Revision == 0 {
		save = a.mode.Create
	}
	_, err := save(ctx, s)
	return err
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

// explain puts an error of Set into words for the superuser. What is not his
// fault goes to the log, with the details.
func (a *admin) explain(err error) (status int, words string) {
	switch {
	case errors.Is(err, maintenance.ErrConflict):
		return http.StatusConflict, "Somebody else changed the state first. Look at it, and decide again."
	case errors.Is(err, maintenance.ErrFixed):
		return http.StatusConflict, "The level is fixed by the application's configuration and can't be switched here."
	case errors.Is(err, maintenance.ErrInvalid):
		return http.StatusUnprocessableEntity, err.Error()
	}
	a.logger.Error("ginmaint: the state was not changed", "error", err)
	return http.StatusServiceUnavailable, "The state could not be saved, or it is not known whether it was. Look at the status; the service's log has the details."
}

// wants returns the format that an endpoint answers in: HTML to a browser,
// JSON to a program.
func (a *admin) wants(c *gin.Context) Format {
	if negotiate(c.Request.Header["Accept"]) == HTML {
		return HTML
	}
	return JSON
}

// panel answers with the status, and with the form by that name.
func (a *admin) panel(c *gin.Context, status int, form, fault string) {
	s := a.mode.Snapshot()
	if a.wants(c) == JSON {
		answer := gin.H{"level": s.InForce, "state": s.State, "held": a.mode.Status().Held}
		if fault != "" {
			answer["error"] = fault
		}
		body, err := json.Marshal(answer)
		if err != nil { // a state that was loaded is valid
			a.logger.Error("ginmaint: the status can't be written", "error", err)
		}
		a.write(c, status, "application/json; charset=utf-8", append(body, '\n'))
		return
	}
	base := panelURL(c)
	field, token := a.tokenField(c)
	body, err := rendered(templates.Panel(), "panel.html", gin.H{
		"state":      s.State,
		"level":      s.InForce.String(),
		"held":       a.mode.Status().Held,
		"form":       form,
		"on_url":     base + "on/",
		"off_url":    base + "off/",
		"status_url": base,
		"error":      fault,
		"token":      gin.H{"field": field, "value": token},
	})
	if err != nil {
		a.logger.Error("ginmaint: the panel can't be rendered", "error", err)
		body = []byte("The page can't be shown. The service's log has the details.")
	}
	a.write(c, status, contentTypes[HTML][0], body)
}

// fail answers an endpoint's request with what is wrong, and nothing else of
// the state to somebody who may not see it.
func (a *admin) fail(c *gin.Context, status int, words string) {
	c.Abort()
	switch {
	case status != http.StatusForbidden:
		a.panel(c, status, "", words)
	case a.wants(c) == JSON:
		body, _ := json.Marshal(gin.H{"error": words})
		a.write(c, status, "application/json; charset=utf-8", append(body, '\n'))
	default:
		a.write(c, status, contentTypes[Text][0], []byte(words+"\n"))
	}
}

func (a *admin) write(c *gin.Context, status int, contentType string, body []byte) {
	h := c.Writer.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	varies(h, varyAccept)
	send(c, status, body)
}
