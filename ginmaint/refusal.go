package ginmaint

import (
	"math/rand/v2"
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
	retryAfter time.Duration             // where the state names no end; 0: the default, spread
	target     *url.URL                  // redirects there; nil: answers
	format     func(*gin.Context) Format // nil: Negotiate
	page       page
	own        envelope // the application's form of JSON

	waits   [spread]atomic.Pointer[wait]            // the last ones, each where its seconds say
	answers [formats][spread]atomic.Pointer[answer] // likewise those that name the wait, the others at 0
}

// wait is how long a visitor is told to stay away.
type wait struct {
	seconds int64
	header  []string
}

// answer goes to all who ask in one format, and are told the same wait, while one
// snapshot is the latest.
type answer struct {
	snapshot    *maintenance.Snapshot
	level       maintenance.Level
	wait        int64 // 0: it names none
	contentType []string
	body        []byte
	length      []string // of the body, as a header's value
}

// The defaults of a Config that concern the refusal.
const (
	defaultStatus     = http.StatusServiceUnavailable
	defaultRetryAfter = time.Minute
)

// spread is over how many seconds the visitors come back, each in one of them, when
// a maintenance ends that all were told the end of, or that all ran into at once:
// 0 to 15 seconds more than the wait, drawn for each answer. "Jitter", so that
// clients in step don't stay in step: Brooker, "Exponential Backoff And Jitter", AWS
// Architecture Blog, 2015. RFC 9110, section 10.2.3, has whole seconds, so 16 of
// them divide the first rush by 16, and keep nobody away much longer than needed.
const spread = 16

// forcedPage tells of the faults of pages that are shown where no middleware is
// known.
var forcedPage = pageOutage(nil)

// newRefusal returns the refusal of the zero Config, for where no middleware is
// known. It is made anew each time: one that is shared would show the page that it
// keeps, of one engine, to the visitors of another.
func newRefusal() *refusal {
	return &refusal{status: defaultStatus, page: page{faults: forcedPage}}
}

// write answers instead of the route's handlers, none of which runs after it. The
// level is that of the refusal: a route marked ForceOn is closed whatever is in
// force. The headers come last: functions of the application's may set some before.
func (r *refusal) write(c *gin.Context, s *maintenance.Snapshot, l maintenance.Level) {
	c.Abort()
	c.Status(r.status)
	w := r.wait(s)
	if r.target != nil && !sameAddress(r.target, c.Request) {
		mark(c.Writer.Header(), l, w)
		c.Writer.Header()["Location"] = []string{r.target.String()}
		send(c, http.StatusFound, nil)
		return
	}
	a := r.answer(c, r.choose(c), s, l, w)
	h := c.Writer.Header()
	mark(h, l, w)
	if a.contentType != nil {
		h["Content-Type"] = a.contentType
	}
	h["Content-Length"] = a.length
	if r.format == nil {
		varies(h, varyByForm)
	}
	send(c, r.status, a.body)
}

// mark drops the headers of another answer, and sets those that every refusal has.
func mark(h http.Header, l maintenance.Level, w *wait) {
	drop(h, misleads)
	h["Cache-Control"] = noStore
	h[markerHeader] = levelValues[l]
	h["Retry-After"] = w.header
}

// wait draws how long the visitor has to stay away.
func (r *refusal) wait(s *maintenance.Snapshot) *wait {
	var n int64
	switch {
	case !s.State.End.IsZero() && speaksOf(s):
		n = seconds(time.Until(s.State.End)) + rand.Int64N(spread)
	case r.retryAfter != 0:
		n = seconds(r.retryAfter)
	default:
		n = seconds(defaultRetryAfter) + rand.Int64N(spread)
	}
	place := &r.waits[n%spread]
	if last := place.Load(); last != nil && last.seconds == n {
		return last
	}
	w := &wait{n, []string{strconv.FormatInt(n, 10)}}
	place.Store(w)
	return w
}

func (r *refusal) choose(c *gin.Context) Format {
	if r.format == nil {
		return Negotiate(c)
	}
	if f := r.format(c); f < formats {
		return f
	}
	return HTML
}

// answer returns the answer in the format chosen. What depends on nothing of the
// request is rendered once for each snapshot, and then served from memory: JSON once
// for each wait too, which is at most one more each second.
func (r *refusal) answer(c *gin.Context, f Format, s *maintenance.Snapshot, l maintenance.Level, w *wait) *answer {
	keep, named := true, int64(0)
	switch f {
	case HTML:
		keep = r.page.isFixed()
	case JSON:
		keep, named = r.own.write == nil, w.seconds
	}
	place := &r.answers[f][named%spread]
	if last := place.Load(); keep && last != nil && last.snapshot == s && last.level == l && last.wait == named {
		return last
	}
	a := &answer{snapshot: s, level: l, wait: named, contentType: contentTypes[f]}
	switch n := noticeOf(s, l); f {
	case HTML:
		a.body = r.page.render(c, n)
	case JSON:
		a.body, a.contentType = r.own.body(c, n, w)
		if a.body == nil {
			a.body, a.contentType = problem(r.status, n, w), contentTypes[JSON]
		}
	case Text:
		a.body = []byte(n.sentence() + "\n")
	}
	a.length = []string{strconv.Itoa(len(a.body))}
	if keep {
		place.Store(a)
	}
	return a
}

// Refused tells whether the answer to this request was the maintenance answer, in
// whatever form: for loggers and error trackers that run around the middleware.
func Refused(c *gin.Context) bool {
	return c.IsAborted() && c.Writer.Header()[markerHeader] != nil
}

// seconds returns a wait in whole seconds, rounded up, at least one. An End in the
// year 9999 saturates the wait, and adding to it would overflow.
func seconds(wait time.Duration) int64 {
	return max(1, int64((wait-1)/time.Second)+1)
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
