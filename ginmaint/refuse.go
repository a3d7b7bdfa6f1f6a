package ginmaint

import (
	"net/http"
	"net/url"
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

// refuse answers instead of the route's handlers, none of which runs after it.
func (g *guard) refuse(c *gin.Context, level maintenance.Level) {
	if level == maintenance.Off { // in between, it was switched off
		level = maintenance.On
	}
	c.Abort()
	state := g.inForce()
	h := c.Writer.Header()
	h["Cache-Control"] = noStore
	h[markerHeader] = levelValues[level]
	h["Retry-After"] = g.retryAfter(state)
	if g.redirectsTo != nil && !sameAddress(g.redirectsTo, c.Request) {
		h["Location"] = []string{g.redirectsTo.String()}
		c.Status(http.StatusFound)
		c.Writer.WriteHeaderNow()
		return
	}
	format := g.format(c)
	answer := g.answer(c, format, state, level)
	h["Content-Type"] = contentTypes[format]
	h["Content-Length"] = answer.length
	if g.Format == nil {
		variesByAccept(h)
	}
	send(c, g.StatusCode, answer.body)
}

// variesByAccept tells caches so, beside what others have told them.
func variesByAccept(h http.Header) {
	if h["Vary"] == nil {
		h["Vary"] = varyAccept
		return
	}
	h.Add("Vary", "Accept")
}

// send writes an answer whose headers are set: to HEAD those alone.
func send(c *gin.Context, status int, body []byte) {
	c.Status(status)
	if c.Request.Method == http.MethodHead {
		c.Writer.WriteHeaderNow()
		return
	}
	// A visitor who has left is no fault of the service.
	_, _ = c.Writer.Write(body)
}

// Refused tells whether the answer to this request was the maintenance answer:
// for loggers and error trackers that run around the middleware.
func Refused(c *gin.Context) bool {
	return c.IsAborted() && c.Writer.Header()[markerHeader] != nil
}

// inForce returns what the answer may speak of: nothing where the refusal has
// another reason than the state.
func (g *guard) inForce() maintenance.State {
	if g.Mode == nil {
		return maintenance.State{}
	}
	s := g.Mode.State()
	if s.Level == maintenance.Off || (!s.Start.IsZero() || !s.End.IsZero()) && s.At(time.Now()) == maintenance.Off {
		return maintenance.State{}
	}
	return public(s)
}

// retryAfter returns the seconds until the window ends, and those of
// RetryAfter where it has no end.
func (g *guard) retryAfter(s maintenance.State) []string {
	if s.End.IsZero() {
		return g.retryAfterValue
	}
	return seconds(time.Until(s.End))
}

// seconds returns a header's value: whole seconds, rounded up, at least one. An
// End in the year 9999 saturates wait, and adding to it would overflow.
func seconds(wait time.Duration) []string {
	return []string{strconv.FormatInt(max(1, int64((wait-1)/time.Second)+1), 10)}
}

func (g *guard) format(c *gin.Context) Format {
	format := HTML
	if g.Format == nil {
		format = negotiate(c.Request.Header["Accept"])
	} else if f := g.Format(c); f < formats {
		format = f
	}
	return format
}

// isRedirectTarget tells whether the request asks for the very page that
// RedirectURL names on this service, which must not redirect to itself.
func (g *guard) isRedirectTarget(asked *url.URL) bool {
	return g.redirectsTo != nil && g.redirectsTo.Host == "" &&
		asked.Path == g.redirectsTo.Path && asked.EscapedPath() == g.redirectsTo.EscapedPath()
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
