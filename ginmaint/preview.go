package ginmaint

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// asProgram is what "as" says for the answer to programs; else it is the page.
const asProgram = "json"

// preview shows what visitors get: for the state that is stored, whether it is in force or
// not, and by POST for the one that was typed. It changes nothing.
func preview(c *gin.Context) {
	a, _ := adminOf(c)
	k := a.orders.look(c.Request.Context())
	if c.Request.Method != http.MethodPost {
		a.replies.preview(c, k.State, c.Query("as"))
		return
	}
	o, ok := a.read(c)
	if !ok {
		return
	}
	o = o.untouched(k.State, k.at, a.replies.panel.zone)
	s, f := o.replace(maintenance.On)(k.State, k.at)
	if f = append(f, mistakes(s, k.at)...); len(f) > 0 {
		if a.replies.wants(c) == HTML {
			c.Abort()
			framed(c)
			a.replies.page(c, http.StatusUnprocessableEntity, gin.H{"form": "denied", "title": "There is no preview", "denied": f.Error()})
			return
		}
		a.replies.fail(c, k, o, f)
		return
	}
	a.replies.preview(c, s, o.As)
}

// framed lets the panel show an answer in a frame of its own, where nothing in it may
// run or lead anywhere.
func framed(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Frame-Options", "SAMEORIGIN")
	policies := h["Content-Security-Policy"]
	for i, p := range policies {
		if p == noFrames {
			policies[i] = "frame-ancestors 'self'; sandbox"
		}
	}
}

// preview answers with what visitors get, or would get, in a state.
func (r *replies) preview(c *gin.Context, s maintenance.State, as string) {
	if s.Level == maintenance.Off {
		s.Level = maintenance.On
	}
	framed(c)
	if as == asProgram {
		body, contentType := r.programs(c, s)
		r.write(c, http.StatusOK, contentType, body)
		return
	}
	r.write(c, http.StatusOK, contentTypes[HTML][0], r.visitors(c, s))
}

// programs returns what a program is answered in a state, and its type.
func (r *refusal) programs(c *gin.Context, s maintenance.State) ([]byte, string) {
	n := notice{s.Level, s.Public()}
	if body, contentType := r.own.body(c, n); body != nil {
		return body, contentType[0]
	}
	wait := r.waits.configured
	switch {
	case s.End.After(time.Now()):
		wait = time.Until(s.End)
	case wait == 0:
		wait = defaultRetryAfter
	}
	return problem(r.status, n, seconds(wait)), contentTypes[JSON][0]
}
