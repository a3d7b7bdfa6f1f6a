package ginmaint

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Header values that are the same for every answer, shared by all: nothing
// here or in net/http appends to them.
var (
	noStore        = []string{"no-store"}
	privateNoStore = []string{"private, no-store"}
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
	c.Set(refusedKey, true)
	c.Abort()
	now := time.Now()
	state := g.inForce(now)
	h := c.Writer.Header()
	h["Cache-Control"] = noStore
	h[markerHeader] = levelValues[level]
	h["Retry-After"] = []string{g.retryAfter(state, now)}
	if g.redirectsTo != nil && !sameAddress(g.redirectsTo, c.Request) {
		h["Location"] = []string{g.redirectsTo.String()}
		c.Status(http.StatusFound)
		c.Writer.WriteHeaderNow()
		return
	}
	format := g.format(c)
	body := g.body(c, format, state, level)
	h["Content-Type"] = contentTypes[format]
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if g.Format == nil {
		h.Add("Vary", "Accept")
	}
	c.Status(g.StatusCode)
	if c.Request.Method == http.MethodHead {
		c.Writer.WriteHeaderNow()
		return
	}
	// A visitor who has left is no fault of the service.
	_, _ = c.Writer.Write(body)
}

// inForce returns what the answer may speak of: nothing where the refusal has
// another reason than the state.
func (g *guard) inForce(now time.Time) maintenance.State {
	if g.Mode == nil {
		return maintenance.State{}
	}
	s := g.Mode.State()
	if s.At(now) == maintenance.Off {
		return maintenance.State{}
	}
	return public(s)
}

// retryAfter returns the seconds until the window ends, at least one, and
// those of RetryAfter where it has no end.
func (g *guard) retryAfter(s maintenance.State, now time.Time) string {
	wait := g.RetryAfter
	if !s.End.IsZero() {
		wait = s.End.Sub(now)
	}
	// Rounded up by the last second: an End in the year 9999 saturates wait,
	// and adding to it would overflow.
	return strconv.FormatInt(max(1, int64((wait-1)/time.Second)+1), 10)
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

// body returns the answer in the format chosen.
func (g *guard) body(c *gin.Context, f Format, s maintenance.State, l maintenance.Level) []byte {
	switch f {
	case JSON:
		return problem(g.StatusCode, s, l)
	case Text:
		return []byte(sentence(s, l) + "\n")
	}
	return g.page(c, s, l)
}

// problem is the answer for machines, RFC 9457, with the level and the window
// as members of our own.
func problem(status int, s maintenance.State, l maintenance.Level) []byte {
	title := http.StatusText(status)
	if title == "" {
		title = "Maintenance"
	}
	body, err := json.Marshal(struct {
		Type        string            `json:"type"`
		Title       string            `json:"title"`
		Status      int               `json:"status"`
		Detail      string            `json:"detail"`
		Maintenance maintenance.Level `json:"maintenance"`
		End         time.Time         `json:"end,omitzero"`
	}{"about:blank", title, status, sentence(s, l), l, s.End})
	if err != nil { // a state that was loaded is valid
		return []byte(`{"type":"about:blank","title":"Maintenance"}`)
	}
	return body
}

// sentence is what a visitor is told in words.
func sentence(s maintenance.State, l maintenance.Level) string {
	switch {
	case s.Message != "":
		return s.Message
	case l == maintenance.ReadOnly:
		return "The service is read-only for maintenance. Please try again later."
	}
	return "The service is down for maintenance. Please try again later."
}

// isRedirectTarget tells whether the request asks for the very page that
// RedirectURL names on this service, which must not redirect to itself.
func (g *guard) isRedirectTarget(asked *url.URL) bool {
	return g.redirectsTo != nil && g.redirectsTo.Host == "" &&
		asked.Path == g.redirectsTo.Path && asked.RawPath == g.redirectsTo.RawPath
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
