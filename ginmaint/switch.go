package ginmaint

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// showStatus answers with how things stand.
func showStatus(c *gin.Context) {
	a, _ := adminOf(c)
	a.show(c)
}

// edit changes the fields that the order names.
func edit(c *gin.Context) {
	a, _ := adminOf(c)
	if o, ok := a.read(c); ok {
		a.obey(c, o, o.edit)
	}
}

// askTo shows what switching to l would do to the state that is stored, with one
// button. What does not stand against it stays.
func askTo(l maintenance.Level) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, _ := adminOf(c)
		k := a.look(c)
		if k.fixed || a.wants(c) == JSON {
			a.answer(c, http.StatusOK, k, nil)
			return
		}
		next := maintenance.State{Level: l}
		if l != maintenance.Off {
			next = present(k.State, k.at)
			next.Level, next.Start = l, time.Time{}
		}
		a.answer(c, http.StatusOK, k, a.question(k, next, ""))
	}
}

// switchTo stores what the order says, at the level l unless it names one.
func switchTo(l maintenance.Level) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, _ := adminOf(c)
		o, ok := a.read(c)
		o.to = l
		switch {
		case !ok: // it is answered
		case o.Now != "" && a.wants(c) == HTML:
			a.press(c, o)
		default:
			a.obey(c, o, o.replace(l))
		}
	}
}

// press does what a button of the panel promises, order.Now. Where another level
// than that would be in force afterwards it asks first.
func (a *admin) press(c *gin.Context, o order) {
	k := a.look(c)
	o = o.untouched(k.State, k.at, a.zone)
	next, err := o.decide(o.replace(o.to), k.State, k.at)
	switch {
	case k.fixed:
		a.fail(c, o, maintenance.ErrFixed)
	case o.Now == backToForm:
		a.answer(c, http.StatusOK, k, a.typed(o))
	case err != nil:
		a.fail(c, o, err)
	case o.Now != next.At(k.at).String():
		a.answer(c, http.StatusOK, k, a.question(k, next, o.Force))
	default:
		a.obey(c, o, o.replace(o.to))
	}
}

// read reads the order of a request, or answers that it can't be read.
func (a *admin) read(c *gin.Context) (order, bool) {
	field, _ := a.tokenField(c)
	o, err := decodeOrder(c, field)
	if err != nil {
		a.fail(c, o, unreadable{err})
	}
	o.by = a.author(c)
	return o, err == nil
}

// obey saves what was ordered, and answers with how things stand then.
func (a *admin) obey(c *gin.Context, o order, next decision) {
	if err := a.save(c.Request.Context(), o, next); err != nil {
		a.fail(c, o, err)
		return
	}
	if a.wants(c) == HTML {
		// Not by http.Redirect, which makes it a path of this server's own.
		c.Header("Location", panelURL(c))
		c.Status(http.StatusSeeOther)
		c.Writer.WriteHeaderNow()
		return
	}
	a.show(c)
}

// show answers with how things stand.
func (a *admin) show(c *gin.Context) { a.answer(c, http.StatusOK, a.look(c), nil) }

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
