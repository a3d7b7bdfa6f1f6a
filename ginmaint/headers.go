package ginmaint

import (
	"net/http"
	"net/textproto"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Header values that are the same for every answer, shared by all. Whoever
// appends to one gets a copy: none has room for more.
var (
	noStore        = []string{"no-store"}
	privateNoStore = []string{"private, no-store"}
	varyAccept     = []string{"Accept"}
	varyByForm     = []string{"Accept, Sec-Fetch-Dest"}
	jsonType       = []string{"application/json; charset=utf-8"}
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

// steersCaches tells whether a header may have a shared cache keep an answer that
// says Cache-Control: no-store:
//
//   - Cache-Control and the fields for one kind of cache, CDN-Cache-Control,
//     Cloudflare-CDN-Cache-Control and the like (RFC 9213, section 2.1); a cache that
//     knows such a field ignores Cache-Control beside it
//   - Surrogate-Control (Edge Architecture Specification), which Varnish and Fastly
//     obey instead of Cache-Control, and Akamai's Edge-Control
//   - X-Accel-Expires, which nginx obeys instead of Cache-Control, and Expires
//
// The name is in its canonical form.
func steersCaches(name string) bool {
	switch name {
	case "Edge-Control", "Expires", "Surrogate-Control", "X-Accel-Expires":
		return true
	}
	return strings.HasSuffix(name, "Cache-Control")
}

// misleads tells whether a header that was set for another answer is wrong on a
// refusal: it steers caches, describes a body that is not sent, sends the visitor
// elsewhere, or has a proxy send a file instead. Content-Encoding is no such header:
// whoever sets it in front, as gzip does, encodes what we write. All others belong to
// those who set them: CORS, Set-Cookie, Vary, policies, a request's id, limits.
func misleads(name string) bool {
	switch name {
	case "Content-Encoding", "Content-Language", "Content-Security-Policy", "Content-Security-Policy-Report-Only":
		return false
	case "Accept-Ranges", "Age", "Digest", "Etag", "Last-Modified", "Repr-Digest", // of a body
		"Location", "X-Accel-Redirect", "X-Lighttpd-Send-File", "X-Sendfile", // to something else
		"Retry-After", markerHeader: // ours
		return true
	}
	return strings.HasPrefix(name, "Content-") || steersCaches(name)
}

// drop deletes the headers that a rule names, in whatever spelling they were set.
func drop(h http.Header, rule func(canonical string) bool) {
	for name := range h {
		if rule(textproto.CanonicalMIMEHeaderKey(name)) {
			delete(h, name)
		}
	}
}

// varies tells caches so, beside what others have told them.
func varies(h http.Header, by []string) {
	if h["Vary"] == nil {
		h["Vary"] = by
		return
	}
	h.Add("Vary", by[0])
}

// send writes an answer whose headers are set: to HEAD those alone.
func send(c *gin.Context, status int, body []byte) {
	c.Status(status)
	if c.Request.Method == http.MethodHead || len(body) == 0 {
		c.Writer.WriteHeaderNow()
		return
	}
	// A visitor who has left is no fault of the service.
	_, _ = c.Writer.Write(body)
}
