package ginmaint

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// refusal is what those get who don't pass.
type refusal struct {
	status int
	target *url.URL // redirects there; nil: answers
	format func(*gin.Context) Format
	vary   []string // what decides on the format; nil: nobody knows
	page   page
	own    envelope // the application's form of JSON

	waits    waits
	policies policies
	// The last ones: those that name the wait at the place that its seconds say, the
	// others at the first.
	answers [formats + 1][spread]atomic.Pointer[answer]
	pages   []atomic.Pointer[answer] // the last ones too, each at the place that its view says
}

// view is what of a request a page depends on, unless the application adds to it.
type view struct {
	language                 int
	sent                     bool // something, which was not saved
	styled, scripted, marked bool // which the application's policy allows
	still                    bool // it stays as it is, and does not ask whether the service is back
}

// views is how many there are of one language.
const views = 16

// place is a number of the view's own, among those that are kept.
func (v view) place() int {
	place := v.language * views
	for bit, is := range [...]bool{v.sent, v.styled, v.scripted, v.marked} {
		if is {
			place += 1 << bit
		}
	}
	return place
}

// view returns what the page for a request depends on.
func (r *refusal) view(c *gin.Context) view {
	v := view{language: r.page.languages.of(c.Request.Header), sent: isWrite(c.Request.Method)}
	v.styled, v.scripted, v.marked = r.policies.of(c.Writer.Header())
	return v
}

// answer goes to all who ask in one format, and are told the same wait, while one
// snapshot is the latest.
type answer struct {
	snapshot    *maintenance.Snapshot
	level       maintenance.Level
	wait        int64 // 0: it names none
	status      int
	location    []string // of a redirect
	contentType []string
	policy      []string // that the page has where the application has set none; nil: none
	body        []byte
	length      []string // of the body, as a header's value
}

// defaultStatus is that of a Config without one.
const defaultStatus = http.StatusServiceUnavailable

// forcedPage tells of the faults of pages that are shown where no middleware is
// known.
var forcedPage = pageOutage(nil)

// newRefusal returns the refusal of the zero Config, for where no middleware is
// known. It is made anew each time: one that is shared would show the page that it
// keeps, of one engine, to the visitors of another.
func newRefusal() *refusal {
	return &refusal{
		status: defaultStatus, format: Negotiate, vary: varyByForm, pages: newPages(builtInLanguages()),
		page: page{languages: builtInLanguages(), pace: defaultRetryAfter, faults: forcedPage},
	}
}

// newPages returns a place for each view.
func newPages(l *languages) []atomic.Pointer[answer] {
	return make([]atomic.Pointer[answer], len(l.tags)*views)
}

// visitors returns the page for a state whose level is in force, for somebody who wants
// to see it beforehand.
func (r *refusal) visitors(c *gin.Context, s maintenance.State) []byte {
	v := r.view(c)
	v.sent, v.still = false, true
	body, _ := r.page.render(c, notice{s.Level, s.Public()}, v, nil)
	return body
}

// write answers instead of the route's handlers, none of which runs after it. The
// level is that of the refusal: a route marked ForceOn is closed whatever is in
// force.
func (r *refusal) write(c *gin.Context, s *maintenance.Snapshot, l maintenance.Level) {
	c.Abort()
	f := r.choose(c)
	w := r.waits.next(s)
	h := c.Writer.Header()
	if len(h) > 0 { // to look for what isn't there costs 20 ns
		drop(h, misleads)
	}
	switch {
	case f == elsewhere:
	case f == HTML && r.vary != nil:
		varies(h, varyByPage)
	case f == HTML:
		varies(h, varyByLanguage)
	case r.vary != nil:
		varies(h, r.vary)
	}
	mark(h, l, w.header)
	a := r.answer(c, f, s, l, w)
	if a.location != nil {
		h["Location"] = a.location
	}
	if a.contentType != nil {
		h["Content-Type"] = a.contentType
	}
	if a.length != nil {
		h["Content-Length"] = a.length
	}
	if a.policy != nil && h["Content-Security-Policy"] == nil {
		h["Content-Security-Policy"] = a.policy
	}
	send(c, a.status, a.body)
}

// choose returns the form of the answer. A function of the application's that does may
// set headers.
func (r *refusal) choose(c *gin.Context) Format {
	if r.target != nil && !sameAddress(r.target, c.Request) {
		return elsewhere
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
	var v view
	var typed []typedField
	var place *atomic.Pointer[answer]
	switch f {
	case HTML:
		v = r.view(c)
		if v.sent {
			typed = typedFields(c)
		}
		keep = typed == nil && r.page.isFixed()
		place = &r.pages[v.place()]
	case JSON:
		keep, named = r.own.write == nil, w.seconds
		place = &r.answers[f][named%spread]
	default:
		place = &r.answers[f][0]
	}
	if last := place.Load(); keep && last != nil && last.snapshot == s && last.level == l && last.wait == named {
		return last
	}
	a := &answer{snapshot: s, level: l, wait: named, status: r.status, contentType: contentTypes[f]}
	c.Status(r.status) // for functions of the application's that ask for it
	switch n := noticeOf(s, l); f {
	case HTML:
		var builtIn bool
		if a.body, builtIn = r.page.render(c, n, v, typed); builtIn {
			a.policy = ownPolicy
		}
	case JSON:
		a.body, a.contentType = r.own.body(c, n)
		if a.body == nil {
			a.body, a.contentType = problem(r.status, n, w.seconds), contentTypes[JSON]
		}
	case Text:
		a.body = []byte(n.sentence() + "\n")
	case elsewhere:
		a.status, a.location = http.StatusFound, []string{r.target.String()}
	}
	if a.location == nil {
		a.length = []string{strconv.Itoa(len(a.body))}
	}
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

// sameAddress tells whether a redirect would come back here, by way of Gin's
// own redirect for a trailing slash too. A request's Host is the visitor's
// word, so it spares the redirect and exempts nobody.
func sameAddress(u *url.URL, r *http.Request) bool {
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	host := strings.TrimSuffix(r.Host, port)
	return strings.TrimSuffix(u.Path, "/") == strings.TrimSuffix(r.URL.Path, "/") &&
		(u.Host == "" || strings.EqualFold(strings.TrimSuffix(u.Host, port), host))
}
