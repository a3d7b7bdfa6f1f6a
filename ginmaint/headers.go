package ginmaint

import (
	"net/http"
	"strconv"
	"strings"
	"time"

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
	varyByPage     = []string{"Accept, Sec-Fetch-Dest, Accept-Language"}
	varyByLanguage = []string{"Accept-Language"}
	levelValues    = [...][]string{
		maintenance.ReadOnly: {maintenance.ReadOnly.String()},
		maintenance.On:       {maintenance.On.String()},
	}
)

// The marker headers of refusals, and of what is admitted while there is something to
// tell, in the form that http.Header keeps them.
const (
	markerHeader = "Maintenance-Mode"
	noticeHeader = "Maintenance-Notice"
)

// steering are the headers that may have a shared cache keep an answer which says
// Cache-Control: no-store, beside those whose names end with Cache-Control:
//
//   - CDN-Cache-Control, Cloudflare-CDN-Cache-Control and the like (RFC 9213, section
//     2.1) are each for one kind of cache, which ignores Cache-Control beside it
//   - Varnish and Fastly obey Surrogate-Control (Edge Architecture Specification)
//     instead of Cache-Control, Akamai Edge-Control, and nginx X-Accel-Expires
//   - Expires is for the caches that know none of these
var steering = setOf("Edge-Control", "Expires", "Surrogate-Control", "X-Accel-Expires")

// misleading are the headers that are wrong on a refusal when they were set for
// another answer, beside those whose names begin with Content-. They
// describe a body that is not sent, send the visitor elsewhere, have a proxy send a
// file instead, or are ours. All others belong to those who set them: CORS,
// Set-Cookie, Vary, policies, a request's id, limits.
var misleading = setOf(
	"Accept-Ranges", "Age", "Digest", "ETag", "Last-Modified", "Repr-Digest",
	"Location", "X-Accel-Redirect", "X-Lighttpd-Send-File", "X-Sendfile",
	"Retry-After", markerHeader,
	"Edge-Control", "Expires", "Surrogate-Control", "X-Accel-Expires", // as above
)

// aboutContent are the headers that begin with Content- and stay: policies, and those
// of middleware in front that translates or encodes what we write, as gzip does.
var aboutContent = setOf("Content-Encoding", "Content-Language", "Content-Security-Policy", "Content-Security-Policy-Report-Only")

func steersCaches(name string) bool { return endsWithCacheControl(name) || steering.has(name) }

func misleads(name string) bool {
	const prefix = "Content-"
	if len(name) > len(prefix) && name[0]|0x20 == 'c' && strings.EqualFold(name[:len(prefix)], prefix) {
		return !aboutContent.has(name)
	}
	return misleading.has(name) || endsWithCacheControl(name)
}

func endsWithCacheControl(name string) bool {
	const suffix = "Cache-Control"
	rest := len(name) - len(suffix)
	return rest >= 0 && name[rest]|0x20 == 'c' && strings.EqualFold(name[rest:], suffix)
}

// nameSet is a set of headers' names, whatever spelling one is asked for in: HTTP
// knows no difference, and http.Header holds what it is given. Most names that it is
// asked for are none of them, and are told by their first letter and their length.
type nameSet struct {
	lengths [32]uint64 // that there are, by the first letter
	names   []string
}

func setOf(names ...string) *nameSet {
	s := &nameSet{names: names}
	for _, name := range names {
		s.lengths[name[0]%32] |= 1 << len(name)
	}
	return s
}

func (s *nameSet) has(name string) bool {
	if name == "" || s.lengths[name[0]%32]&(1<<len(name)) == 0 {
		return false
	}
	for _, n := range s.names {
		if len(n) == len(name) && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// drop deletes the headers that a rule names.
func drop(h http.Header, rule func(name string) bool) {
	for name := range h {
		if rule(name) {
			delete(h, name)
		}
	}
}

// mark sets the headers that every refusal has.
func mark(h http.Header, l maintenance.Level, retryAfter []string) {
	h["Cache-Control"] = noStore
	h[markerHeader] = levelValues[l]
	h["Retry-After"] = retryAfter
}

// announcement is the header of an answer that is not refused: a structured field (RFC
// 9651, section 3.3), "announced", "read-only" or "on", with the edges of the window that
// are set and not past as Dates.
func announcement(s *maintenance.Snapshot) string {
	value, start := "announced", s.State.Start
	if s.InForce != maintenance.Off {
		value, start = s.InForce.String(), time.Time{}
	}
	if !start.IsZero() {
		value += ";start=@" + strconv.FormatInt(start.Unix(), 10)
	}
	if speaksOf(s) || s.Announced {
		if end := s.State.End; !end.IsZero() {
			value += ";end=@" + strconv.FormatInt(end.Unix(), 10)
		}
	}
	return value
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

// isRead tells whether the method reads a page or a file.
func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }
