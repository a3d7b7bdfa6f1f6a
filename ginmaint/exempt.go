package ginmaint

import "github.com/gin-gonic/gin"

// exemptions say who passes although the level refuses.
type exemptions struct {
	urls      *urls
	addresses *addresses
	ignore    func(*gin.Context) bool // nil: nobody
	roles     *roles
}

// include asks the cheapest question first. A visitor who is leaving is to be logged
// out, unless the request is let in after a wait.
func (e *exemptions) include(c *gin.Context, r *route) (exempt, leaving bool) {
	if e.urls.include(c, r) || e.addresses.include(c) || e.ignore != nil && e.ignore(c) {
		return true, false
	}
	return e.roles.include(c)
}
