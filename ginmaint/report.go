package ginmaint

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// condition is how things stand for the superuser, at one moment.
type condition struct {
	maintenance.Status
	at        time.Time
	reachable bool // the store answers
	fixed     bool // nothing can be switched
}

// longestLook bounds how long an answer waits for the store: the panel has to open
// while the store hangs.
const longestLook = time.Second

// look asks the store, so that an outage shows at once rather than at the next poll.
func (a *admin) look(c *gin.Context) condition {
	_, err := a.ascertain(c.Request.Context())
	return condition{a.mode.Status(), time.Now(), err == nil, a.mode.Fixed()}
}

// answer says how things stand. more is what the panel shows beside that.
func (a *admin) answer(c *gin.Context, status int, k condition, more gin.H) {
	if a.wants(c) == HTML {
		a.page(c, status, a.panel(k, more))
		return
	}
	c.Writer.Header().Set("Etag", tag(k.State.Revision))
	a.writeJSON(c, status, "application/json; charset=utf-8", k.members())
}

// members is the status for programs.
func (k condition) members() gin.H {
	return gin.H{
		"level": k.InForce, "state": k.State, "held": k.Held, "fixed": k.fixed,
		"store": gin.H{"reachable": k.reachable, "confirmed": k.Confirmed, "trusted": k.Trusted},
	}
}

// unreadable is an error of a request that can't be read.
type unreadable struct{ error }

// explain puts an error into words for the superuser.
func (a *admin) explain(err error, k condition) (status int, words string) {
	var ours unsaved
	switch f := (faults{}); {
	case errors.As(err, new(unreadable)):
		return http.StatusBadRequest, err.Error()
	case errors.As(err, &f):
		return http.StatusUnprocessableEntity, f.Error()
	case errors.Is(err, maintenance.ErrConflict):
		return http.StatusConflict, "Somebody else changed the state first" + author(k.State) + ". Look at it, and decide again."
	case errors.Is(err, errMatch):
		return http.StatusPreconditionFailed, "Nothing was changed: " + err.Error() + "."
	case errors.As(err, new(exposed)):
		return http.StatusConflict, "Nothing was changed: " + err.Error() +
			". Where that was killed, or is to go on all the same, say so with force."
	case errors.Is(err, maintenance.ErrFixed):
		return http.StatusConflict, fixedWords
	case errors.As(err, &ours):
		return http.StatusServiceUnavailable, ours.Error()
	}
	a.logger.Error("ginmaint: the state was not changed", "error", err)
	return http.StatusServiceUnavailable, "Nothing is known of the change. The service’s log has the details."
}

const fixedWords = "The level is fixed by the application's configuration and can't be switched here."

// author names who saved a state, and when.
func author(s maintenance.State) string {
	if s.ChangedBy == "" || s.ChangedAt.IsZero() {
		return ""
	}
	return " (" + s.ChangedBy + ", " + s.ChangedAt.UTC().Format(time.DateTime) + " UTC)"
}

// fail answers with what is wrong, how things stand, and what was sent.
func (a *admin) fail(c *gin.Context, o order, err error) {
	c.Abort()
	k := a.look(c)
	status, words := a.explain(err, k)
	if a.wants(c) == HTML {
		more := a.typed(o)
		more["stored"] = a.beside(o, k)
		more["error"] = words
		a.answer(c, status, k, more)
		return
	}
	more := k.members()
	if f := (faults{}); errors.As(err, &f) {
		more["errors"] = f
	}
	a.problem(c, status, words, more)
}

// problem answers a program with what is wrong, RFC 9457.
func (a *admin) problem(c *gin.Context, status int, words string, more gin.H) {
	members := gin.H{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": words}
	for name, value := range more {
		members[name] = value
	}
	a.writeJSON(c, status, "application/problem+json", members)
}

func (a *admin) writeJSON(c *gin.Context, status int, contentType string, members gin.H) {
	body, err := json.Marshal(members)
	if err != nil { // a state that was loaded is valid
		a.logger.Error("ginmaint: the status can't be written", "error", err)
	}
	a.write(c, status, contentType, append(body, '\n'))
}

// ascertain asks the store what it holds, for a short time, and also where the client
// has gone.
func (a *admin) ascertain(ctx context.Context) (maintenance.State, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestLook)
	defer cancel()
	return a.mode.Load(ctx)
}
