package ginmaint

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Ready returns the handler of a readiness probe, for a route of its own:
//
//	r.GET("/readyz", ginmaint.Ready(mode))
//
// It answers 200 once the Mode knows the state and until it is closed, else 503, with
// the level in force as JSON:
//
//	{"level":"on","ready":true}
//
// A service under maintenance is ready: it has a page to show. The middleware never
// refuses the route, as if it were marked ForceOff, and no drain waits for it. The level is
// for people; a probe that goes by it takes every replica out at once. See the package's
// documentation for the probes of Kubernetes, HAProxy and nginx.
func Ready(mode *maintenance.Mode) gin.HandlerFunc { return (&readiness{mode}).answer }

type readiness struct{ mode *maintenance.Mode }

// readyName is how the middleware knows the handler among those of a route: by a method's
// name, since that of a function's closure is another one where it is inlined.
var readyName = handlerName((&readiness{}).answer)

func (r *readiness) answer(c *gin.Context) {
	status, members := http.StatusOK, gin.H{"ready": true}
	s := r.mode.Status()
	select {
	case <-r.mode.Done():
		status, members = http.StatusServiceUnavailable, gin.H{"ready": false, "why": "the process is shutting down"}
	default:
		if s.Confirmed.IsZero() {
			status, members = http.StatusServiceUnavailable, gin.H{"ready": false, "why": "the state is not known yet"}
		}
	}
	members["level"] = s.InForce
	c.Header("Cache-Control", "no-store")
	c.JSON(status, members)
}
