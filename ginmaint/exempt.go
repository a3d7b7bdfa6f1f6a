package ginmaint

import "github.com/gin-gonic/gin"

// exempt says who passes although the level refuses.
type exempt struct {
	urls      *urls
	addresses *addresses
	ignore    func(*gin.Context) bool // nil: nobody
	roles     *roles
}

// includes asks the cheapest question first.
func (e *exempt) includes(c *gin.Context, r *route) bool {
	return e.urls.include(c, r) || e.addresses.includes(c) ||
		e.ignore != nil && e.ignore(c) || e.roles.includes(c)
}
