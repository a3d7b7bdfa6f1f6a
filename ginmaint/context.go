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

// The keys of Gin's context that are this package's own.
const (
	stateKey = "github.com/ginmaint/gin-maintenance-mode/state"
	guardKey = "github.com/ginmaint/gin-maintenance-mode/guard"
)

// tell puts what is in force into the request's context.
func (g *guard) tell(c *gin.Context) {
	c.Set(ContextKey, g.Mode.Level() != maintenance.Off)
	c.Set(stateKey, public(g.Mode.State()))
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

// guardOf returns the middleware that handed itself to this request.
func guardOf(c *gin.Context) (*guard, bool) {
	value, _ := c.Get(guardKey)
	g, ok := value.(*guard)
	return g, ok
}
