package ginmaint

import (
	"maps"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// ContextKey is where Gin's context says, as a bool, whether a level other than
// off is in force, and where templates find the same: {{ if .maintenance_mode }}.
// While maintenance is off and no window is announced the context holds
// nothing.
const ContextKey = "maintenance_mode"

// exemptKey is where Gin's context says that the level refuses the request, which
// passes all the same.
const exemptKey = "github.com/ginmaint/gin-maintenance-mode/exempt"

// stateKey is where Gin's context holds the state for H.
const stateKey = "github.com/ginmaint/gin-maintenance-mode/state"

// pass lets a request go on, and tells its handlers what is in force. While
// there is nothing to tell it does not touch the context, which would cost two
// allocations.
func pass(c *gin.Context, s *maintenance.Snapshot) {
	if s.InForce != maintenance.Off || s.Announced {
		c.Set(ContextKey, s.InForce != maintenance.Off)
		c.Set(stateKey, public(s.State))
	}
	c.Next()
}

// public returns what visitors may see of a state.
func public(s maintenance.State) maintenance.State {
	s.Reason, s.ChangedBy, s.ChangedAt = "", "", time.Time{}
	return s
}

// H returns data, unchanged itself, with maintenance_mode, a bool, and
// maintenance, the maintenance.State without its audit fields, for a template:
//
//	c.HTML(http.StatusOK, "index.html", ginmaint.H(c, gin.H{"title": "Home"}))
//
// The State is the zero one while maintenance is off, unless a window is
// announced; then its Start lies ahead.
func H(c *gin.Context, data gin.H) gin.H {
	state, _ := c.Get(stateKey)
	s, _ := state.(maintenance.State)
	return withState(data, c.GetBool(ContextKey), s)
}

// withState returns data, unchanged itself, with what every template is given.
func withState(data gin.H, on bool, s maintenance.State) gin.H {
	with := make(gin.H, len(data)+2)
	maps.Copy(with, data)
	with[ContextKey] = on
	with["maintenance"] = s
	return with
}

// Header values that are the same for every answer, shared by all. Whoever
// appends to one gets a copy: none has room for more.
var (
	noStore        = []string{"no-store"}
	privateNoStore = []string{"private, no-store"}
	varyAccept     = []string{"Accept"}
	contentTypes   = [formats][]string{
		HTML: {"text/html; charset=utf-8"},
		JSON: {"application/problem+json"},
		Text: {"text/plain; charset=utf-8"},
	}
	levelValues = [...][]string{
		maintenance.ReadOnly: {maintenance.ReadOnly.String()},
		maintenance.On:       {maintenance.On.String()},
	}
)

// The marker header, in the form that http.Header keeps it.
const markerHeader = "Maintenance-Mode"

// variesByAccept tells caches so, beside what others have told them.
func variesByAccept(h http.Header) {
	if h["Vary"] == nil {
		h["Vary"] = varyAccept
		return
	}
	h.Add("Vary", "Accept")
}

// send writes an answer whose headers are set: to HEAD those alone.
func send(c *gin.Context, status int, body []byte) {
	c.Status(status)
	if c.Request.Method == http.MethodHead {
		c.Writer.WriteHeaderNow()
		return
	}
	// A visitor who has left is no fault of the service.
	_, _ = c.Writer.Write(body)
}
