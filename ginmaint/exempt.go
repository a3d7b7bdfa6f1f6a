package ginmaint

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
)

// exempt says who passes although the level refuses.
type exempt struct {
	urls      urls
	target    *url.URL // of a redirect; nil: none
	addresses *addresses
	ignore    func(*gin.Context) bool // nil: nobody
	roles     *roles
}

// includes asks the cheapest question first.
func (e *exempt) includes(c *gin.Context, r *route) bool {
	return e.urls.include(c, r) || e.isTarget(c, r) || e.addresses.includes(c) ||
		e.ignore != nil && e.ignore(c) || e.roles.includes(c)
}

// isTarget tells whether the request asks for the very page that a redirect names
// on this service, which must not redirect to itself. A page is read: what else a
// handler does under its path is not exempt.
func (e *exempt) isTarget(c *gin.Context, r *route) bool {
	if e.target == nil || e.target.Host != "" || !isRead(c.Request.Method) || r.method != "" && !isRead(r.method) {
		return false
	}
	page, asked := e.target, c.Request.URL
	if asked.Path != page.Path || asked.EscapedPath() != page.EscapedPath() {
		return false
	}
	routed := r.fill(c.Params)
	return routed == "" || routed == page.Path || routed == page.EscapedPath()
}

func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }
