package ginmaint

import (
	"net/netip"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// rule is what decides about a request.
type rule uint8

const (
	byLevel    rule = iota // the level in force admits it
	byForceOff             // its route is marked ForceOff, or an endpoint
	byURL                  // IgnoreURLs
	byTarget               // it is the page that RedirectURL names
	byAddress              // IgnoreIPAddresses
	byPass                 // it bears a pass
	byIgnore               // Config.Ignore
	byRole                 // IgnoreStaff and its like
	byForceOn              // its route is marked ForceOn
	byNone                 // no rule lets it pass
	rules
)

// ruleNames are what metrics, the log and explain call them.
var ruleNames = [rules]string{"level", "force_off", "url", "redirect_target", "address", "pass", "ignore", "role", "force_on", "none"}

func (r rule) String() string { return ruleNames[r] }

func (r rule) passes() bool { return r < byForceOn }

// exemptions say who passes although the level refuses.
type exemptions struct {
	urls      *urls
	addresses *addresses
	passes    passes
	ignore    func(*gin.Context) bool // nil: nobody
	roles     *roles
}

// visitor is somebody whom explain has made up. Of a real one nothing is known
// beforehand, so it is nil.
type visitor struct {
	address netip.Addr // the zero Addr: one that is not listed
	role    Role
}

// include asks the cheapest question first, and returns the rule that lets the request
// pass, or byNone. A visitor who is leaving is to be logged out.
func (e *exemptions) include(c *gin.Context, r *route, s *maintenance.Snapshot, v *visitor) (by rule, leaving bool) {
	switch {
	case e.urls.matching(c.Request.URL, r, c.Params) != nil:
		return byURL, false
	case e.urls.isTarget(c.Request, r, c.Params):
		return byTarget, false
	case e.addresses.include(c, v):
		return byAddress, false
	case v == nil && e.passes.include(c, r, s):
		return byPass, false
	case e.ignore != nil && e.ignore(c):
		return byIgnore, false
	}
	passes, leaving := e.roles.include(c, v)
	if passes {
		return byRole, leaving
	}
	return byNone, leaving
}
