package ginmaint

import (
	"maps"
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

// stateKey is where Gin's context holds the state for State and H.
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

// State returns what visitors may know of maintenance, for a handler that answers in
// JSON, and whether a level other than off is in force:
//
//	state, on := ginmaint.State(c)
//	c.JSON(http.StatusOK, gin.H{"maintenance": on, "message": state.Message, "products": list})
//
// The State has no audit fields. It is the zero one while maintenance is off, unless
// a window is announced; then its Start lies ahead.
func State(c *gin.Context) (state maintenance.State, on bool) {
	held, _ := c.Get(stateKey)
	state, _ = held.(maintenance.State)
	return state, c.GetBool(ContextKey)
}

// H returns data, unchanged itself, with maintenance_mode, a bool, and
// maintenance, the maintenance.State without its audit fields, for a template:
//
//	c.HTML(http.StatusOK, "index.html", ginmaint.H(c, gin.H{"title": "Home"}))
//
// Both are what State returns.
func H(c *gin.Context, data gin.H) gin.H {
	state, on := State(c)
	return withState(data, on, state)
}

// withState returns data, unchanged itself, with what every template is given.
func withState(data gin.H, on bool, s maintenance.State) gin.H {
	with := make(gin.H, len(data)+2)
	maps.Copy(with, data)
	with[ContextKey] = on
	with["maintenance"] = s
	return with
}
