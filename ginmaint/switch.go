package ginmaint

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

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
		{"/explain", explain, "", nil},
		{"/preview", preview, http.MethodPost, preview},
		{"/replicas", showReplicas, "", nil},
		{"/history", showHistory, "", nil},
		{"/passes", showPasses, http.MethodPost, changePasses},
		{"/drain", showDrain, http.MethodPost, startDrain},
		{"/events", stay, "", nil},
		{"/openapi.json", describe, "", nil},
	}
	depth := len(strings.FieldsFunc(group.BasePath(), func(r rune) bool { return r == '/' }))
	for _, p := range pages {
		at := place{p.path != "", depth}
		lies := func(c *gin.Context) { c.Set(placeKey, at) }
		for _, path := range []string{p.path, p.path + "/"} {
			if path == "" && strings.HasSuffix(group.BasePath(), "/") {
				continue // the same as "/"
			}
			group.GET(path, lies, endpoint, allowed(p.shows))
			group.HEAD(path, lies, endpoint, allowed(p.shows))
			if p.changes != nil {
				group.Handle(p.method, path, lies, endpoint, allowed(p.changes))
			}
		}
	}
	for name, contentType := range map[string]string{"panel.css": "text/css; charset=utf-8", "panel.js": "text/javascript; charset=utf-8"} {
		serve := asset(name, contentType)
		group.GET("/"+name, ForceOff, serve)
		group.HEAD("/"+name, ForceOff, serve)
	}
}

// showStatus answers with how things stand.
func showStatus(c *gin.Context) {
	a, _ := adminOf(c)
	a.show(c)
}

// edit changes the fields that the order names. Like switchTo it goes by the method that
// the origin was checked for: middleware in front may have rewritten that of the route.
func edit(c *gin.Context) {
	a, _ := adminOf(c)
	if c.Request.Method != http.MethodPatch {
		a.show(c)
		return
	}
	if o, ok := a.read(c); ok {
		a.obey(c, o, o.edit)
	}
}

// askTo shows what switching to l would do to the state that is stored, with one
// button. What does not stand against it stays.
func askTo(l maintenance.Level) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, _ := adminOf(c)
		k := a.orders.look(c.Request.Context())
		if k.fixed || a.replies.wants(c) == JSON {
			a.replies.answer(c, http.StatusOK, k, nil)
			return
		}
		next := maintenance.State{Level: l}
		if l != maintenance.Off {
			next = present(k.State, k.at)
			next.Level, next.Start = l, time.Time{}
		}
		a.replies.answer(c, http.StatusOK, k, a.replies.panel.question(k, next, ""))
	}
}

// switchTo stores what the order says, at the level l unless it names one.
func switchTo(l maintenance.Level) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, _ := adminOf(c)
		if c.Request.Method != http.MethodPost {
			askTo(l)(c)
			return
		}
		o, ok := a.read(c)
		o.to = l
		switch {
		case !ok: // it is answered
		case o.Now != "" && a.replies.wants(c) == HTML:
			a.press(c, o)
		default:
			a.obey(c, o, o.replace(l))
		}
	}
}

// press does what a button of the panel promises, order.Now. Where another level
// than that would be in force afterwards it asks first.
func (a *admin) press(c *gin.Context, o order) {
	k := a.orders.look(c.Request.Context())
	o = o.untouched(k.State, k.at, a.replies.panel.zone)
	next, err := o.decide(o.replace(o.to), k.State, k.at)
	switch {
	case k.fixed:
		a.replies.fail(c, k, o, maintenance.ErrFixed)
	case o.Now == backToForm:
		a.replies.answer(c, http.StatusOK, k, a.replies.panel.typed(o))
	case err != nil:
		a.replies.fail(c, k, o, err)
	case o.Now != next.At(k.at).String():
		a.replies.answer(c, http.StatusOK, k, a.replies.panel.question(k, next, o.Force))
	default:
		a.obey(c, o, o.replace(o.to))
	}
}

// read reads the order of a request, or answers that it can't be read.
func (a *admin) read(c *gin.Context) (order, bool) {
	field, _ := a.replies.tokenField(c)
	o, err := decodeOrder(c, field)
	if err != nil {
		a.replies.fail(c, a.orders.look(c.Request.Context()), o, unreadable{err})
	}
	o.by, o.via = a.author(c), a.replies.via(c)
	return o, err == nil
}

// obey saves what was ordered, and answers with how things stand then.
func (a *admin) obey(c *gin.Context, o order, next decision) {
	if err := a.orders.save(c.Request.Context(), o, next); err != nil {
		a.replies.fail(c, a.orders.look(c.Request.Context()), o, err)
		return
	}
	if a.replies.wants(c) == HTML {
		a.replies.back(c, "")
		return
	}
	a.show(c)
}

// back leads a browser to the status page, and there to the part with this fragment. Not
// by http.Redirect, which makes it a path of this server's own.
func (r *replies) back(c *gin.Context, fragment string) {
	c.Header("Location", panelURL(c)+fragment)
	c.Status(http.StatusSeeOther)
	c.Writer.WriteHeaderNow()
}

// show answers with how things stand.
func (a *admin) show(c *gin.Context) {
	a.replies.answer(c, http.StatusOK, a.orders.look(c.Request.Context()), nil)
}
