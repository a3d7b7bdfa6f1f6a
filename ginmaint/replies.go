package ginmaint

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// replies are what the endpoints answer with: pages to a browser, JSON to a program.
type replies struct {
	panel  panel
	token  func(*gin.Context) (field, token string) // against forged requests, of another middleware; nil: none
	login  string                                   // where somebody logs in who is no superuser; "": not known
	logger *slog.Logger

	visitors func(*gin.Context, maintenance.State) []byte           // the page that they get in this state
	programs func(*gin.Context, maintenance.State) ([]byte, string) // what a program gets, and its type
	fleet    func(context.Context, condition) gin.H                 // who follows, and how the drain goes
}

// answer says how things stand. more is what the panel shows beside that.
func (r *replies) answer(c *gin.Context, status int, k condition, more gin.H) {
	if r.wants(c) == HTML {
		data := r.panel.data(k, more)
		if data["form"] == nil {
			maps.Copy(data, r.fleet(c.Request.Context(), k))
		}
		r.page(c, status, data)
		return
	}
	c.Writer.Header().Set("Etag", tag(k.State.Revision))
	r.writeJSON(c, status, jsonContent, k.members())
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
func (r *replies) explain(err error, k condition) (status int, words string) {
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
	r.logger.Error("ginmaint: the state was not changed", "error", err)
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
func (r *replies) fail(c *gin.Context, k condition, o order, err error) {
	c.Abort()
	status, words := r.explain(err, k)
	if r.wants(c) == HTML {
		more := r.panel.typed(o)
		more["stored"] = r.panel.beside(o, k)
		more["error"] = words
		r.answer(c, status, k, more)
		return
	}
	more := k.members()
	if f := (faults{}); errors.As(err, &f) {
		more["errors"] = f
	}
	r.problem(c, status, words, more)
}

// problem answers a program with what is wrong, RFC 9457.
func (r *replies) problem(c *gin.Context, status int, words string, more gin.H) {
	members := gin.H{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": words}
	for name, value := range more {
		members[name] = value
	}
	r.writeJSON(c, status, "application/problem+json", members)
}

// jsonContent is the type of what is no problem.
const jsonContent = "application/json; charset=utf-8"

func (r *replies) writeJSON(c *gin.Context, status int, contentType string, value any) {
	body, err := json.Marshal(value)
	if err != nil { // a state that was loaded is valid
		r.logger.Error("ginmaint: the answer can't be written", "error", err)
	}
	r.write(c, status, contentType, append(body, '\n'))
}

// deny answers somebody who may not see anything of the state.
func (r *replies) deny(c *gin.Context, words string) {
	c.Abort()
	if r.wants(c) == JSON {
		r.problem(c, http.StatusForbidden, words, nil)
		return
	}
	r.page(c, http.StatusForbidden, gin.H{"form": "denied", "denied": words, "login_url": r.login})
}

func (r *replies) tokenField(c *gin.Context) (field, token string) {
	if r.token == nil {
		return "", ""
	}
	return r.token(c)
}

// wants returns the format that an endpoint answers in: HTML to a browser,
// JSON to a program.
func (r *replies) wants(c *gin.Context) Format {
	if negotiate(c.Request.Header["Accept"]) == HTML {
		return HTML
	}
	return JSON
}

// via is what a change came by: State.Via.
func (r *replies) via(c *gin.Context) string {
	if r.wants(c) == HTML {
		return "panel"
	}
	return "api"
}

// panelURL returns the way to the status page, which the others lie under. It is
// relative to the page that was asked for: a proxy in front may have taken a prefix
// off the path.
func panelURL(c *gin.Context) string {
	path, within := c.Request.URL.EscapedPath(), placeOf(c).within
	switch {
	case strings.HasSuffix(path, "/") && within:
		return "../"
	case strings.HasSuffix(path, "/") || within:
		return "./"
	}
	return "./" + path[strings.LastIndexByte(path, '/')+1:] + "/"
}

// page renders the panel in one of its forms.
func (r *replies) page(c *gin.Context, status int, data gin.H) {
	base := panelURL(c)
	name, token := r.tokenField(c)
	maps.Copy(data, gin.H{
		"on_url":     base + "on/",
		"off_url":    base + "off/",
		"status_url": base,
		"style_url":  base + "panel.css",
		"token":      gin.H{"field": name, "value": token},
	})
	if data["form"] == nil {
		maps.Copy(data, gin.H{
			"drain_url":    base + "drain/",
			"preview_url":  base + "preview/",
			"events_url":   base + "events/",
			"replicas_url": base + "replicas/",
			"passes_url":   base + "passes/",
		})
		if depth := placeOf(c).depth; depth > 0 {
			data["home_url"] = base + strings.Repeat("../", depth)
		}
	}
	if data["form"] == nil || data["form"] == "pass" {
		data["script_url"] = base + "panel.js"
	}
	if h := c.Writer.Header(); slices.Equal(h["Content-Security-Policy"], []string{noFrames}) { // the application has none
		h["Content-Security-Policy"] = []string{templates.PanelPolicy + "; " + noFrames}
	}
	body, err := rendered(templates.Panel(), "panel.html", data)
	if err != nil {
		r.logger.Error("ginmaint: the panel can't be rendered", "error", err)
		body = []byte("The page can't be shown. The service’s log has the details.")
	}
	r.write(c, status, contentTypes[HTML][0], body)
}

func (r *replies) write(c *gin.Context, status int, contentType string, body []byte) {
	h := c.Writer.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	varies(h, varyAccept)
	send(c, status, body)
}
