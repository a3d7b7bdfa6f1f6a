package ginmaint

import (
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// refusal is what those get who don't pass.
type refusal struct {
	status     int
	retryAfter []string                  // where the state names no end
	target     *url.URL                  // redirects there; nil: answers
	format     func(*gin.Context) Format // nil: by the Accept header
	page       page
	answers    [formats]atomic.Pointer[answer] // the last ones
}

// answer goes to all who ask in one format while one snapshot is the latest.
type answer struct {
	snapshot *maintenance.Snapshot
	level    maintenance.Level
	body     []byte
	length   []string // of the body, as a header's value
}

// The defaults of a Config that concern the refusal.
const (
	defaultStatus     = http.StatusServiceUnavailable
	defaultRetryAfter = time.Hour
)

// newRefusal returns the refusal of the zero Config, for where no middleware is
// known. It is made anew each time: one that is shared would show the page that it
// keeps, of one engine, to the visitors of another.
func newRefusal() *refusal {
	return &refusal{status: defaultStatus, retryAfter: seconds(defaultRetryAfter), page: page{logger: slog.Default()}}
}

// write answers instead of the route's handlers, none of which runs after it. The
// level is that of the refusal: a route marked ForceOn is closed whatever is in
// force.
func (r *refusal) write(c *gin.Context, s *maintenance.Snapshot, l maintenance.Level) {
	c.Abort()
	h := c.Writer.Header()
	h["Cache-Control"] = noStore
	h[markerHeader] = levelValues[l]
	h["Retry-After"] = r.retryAfter
	if !s.State.End.IsZero() && speaksOf(s) {
		h["Retry-After"] = seconds(time.Until(s.State.End))
	}
	if r.target != nil && !sameAddress(r.target, c.Request) {
		h["Location"] = []string{r.target.String()}
		c.Status(http.StatusFound)
		c.Writer.WriteHeaderNow()
		return
	}
	format := r.choose(c)
	a := r.answer(c, format, s, l)
	h["Content-Type"] = contentTypes[format]
	h["Content-Length"] = a.length
	if r.format == nil {
		varies(h, varyAccept)
	}
	send(c, r.status, a.body)
}

func (r *refusal) choose(c *gin.Context) Format {
	if r.format == nil {
		return negotiate(c.Request.Header["Accept"])
	}
	if f := r.format(c); f < formats {
		return f
	}
	return HTML
}

// answer returns the answer in the format chosen. What depends on nothing of the
// request is rendered once for each snapshot, and then served from memory.
func (r *refusal) answer(c *gin.Context, f Format, s *maintenance.Snapshot, l maintenance.Level) *answer {
	keep := f != HTML || r.page.isFixed()
	if last := r.answers[f].Load(); keep && last != nil && last.snapshot == s && last.level == l {
		return last
	}
	var body []byte
	switch n := noticeOf(s, l); f {
	case JSON:
		body = problem(r.status, n)
	case Text:
		body = []byte(n.sentence() + "\n")
	default:
		body = r.page.render(c, n)
	}
	a := &answer{s, l, body, []string{strconv.Itoa(len(body))}}
	if keep {
		r.answers[f].Store(a)
	}
	return a
}

// Refused tells whether the answer to this request was the maintenance answer:
// for loggers and error trackers that run around the middleware.
func Refused(c *gin.Context) bool {
	return c.IsAborted() && c.Writer.Header()[markerHeader] != nil
}

// seconds returns a header's value: whole seconds, rounded up, at least one. An
// End in the year 9999 saturates wait, and adding to it would overflow.
func seconds(wait time.Duration) []string {
	return []string{strconv.FormatInt(max(1, int64((wait-1)/time.Second)+1), 10)}
}

// sameAddress tells whether a redirect would come back here, by way of Gin's
// own redirect for a trailing slash too. A request's Host is the visitor's
// word, so it spares the redirect and exempts nobody.
func sameAddress(u *url.URL, r *http.Request) bool {
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	host := strings.TrimSuffix(r.Host, port)
	return strings.TrimSuffix(u.Path, "/") == strings.TrimSuffix(r.URL.Path, "/") &&
		(u.Host == "" || strings.EqualFold(strings.TrimSuffix(u.Host, port), host))
}
