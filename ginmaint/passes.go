package ginmaint

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// passes are those of the state: see maintenance.Mode.IssuePass. A link with a token is
// redeemed into a cookie, by which its bearer gets in from then on.
type passes struct {
	logger *slog.Logger
	latest atomic.Pointer[passTable]
}

// passTable is what one snapshot holds, by the SHA-256 of the token.
type passTable struct {
	snapshot *maintenance.Snapshot
	by       map[string]maintenance.Pass
}

// The cookie with the token. Browsers take the prefix over TLS alone, and then for this
// host alone (RFC 6265bis, section 4.1.3.2).
const (
	passCookie       = "maintenance-pass"
	securePassCookie = "__Host-" + passCookie
)

// mostToken is how long a token may be, in bytes, that is worth a look.
const mostToken = 128

// include tells whether the request bears a pass for its path, in a cookie or in its link.
func (p *passes) include(c *gin.Context, r *route, s *maintenance.Snapshot) bool {
	table := p.of(s)
	if len(table.by) == 0 {
		return false
	}
	if pass, ok := table.find(linkedToken(c.Request)); ok && leadsThrough(pass, c, r) {
		return true
	}
	_, ok := table.borne(c, r)
	return ok
}

// redeem answers a link with the cookie, and a redirect to the same address without the
// token. It leaves alone what is no link, and what the pass does not open.
func (p *passes) redeem(c *gin.Context, r *route, s *maintenance.Snapshot) bool {
	if !strings.Contains(c.Request.URL.RawQuery, maintenance.PassParameter) {
		return false
	}
	token := linkedToken(c.Request)
	table := p.of(s)
	pass, ok := table.find(token)
	if !ok || !leadsThrough(pass, c, r) {
		return false
	}
	if borne, ok := table.borne(c, r); !ok || borne.Name != pass.Name {
		p.logger.Info("ginmaint: a pass was redeemed", "pass", pass.Name, "until", pass.Until)
	}
	cookie := &http.Cookie{
		Name: passCookie, Value: token, Path: "/", Expires: pass.Until, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if isSecure(c.Request) {
		cookie.Name, cookie.Secure = securePassCookie, true
	}
	c.Abort()
	http.SetCookie(c.Writer, cookie)
	h := c.Writer.Header()
	h["Cache-Control"] = privateNoStore
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", withoutToken(c.Request.URL))
	send(c, http.StatusSeeOther, nil)
	return true
}

// of returns the passes of a snapshot, which are read once.
func (p *passes) of(s *maintenance.Snapshot) *passTable {
	if table := p.latest.Load(); table != nil && table.snapshot == s {
		return table
	}
	table := &passTable{s, make(map[string]maintenance.Pass)}
	for _, pass := range s.State.Passes() {
		if pass.SHA256 != "" { // else it is revoked
			table.by[strings.ToLower(pass.SHA256)] = pass
		}
	}
	p.latest.Store(table)
	return table
}

// find returns the valid pass that has this token. A look-up by a hash tells nobody by
// its time how near a guess is.
func (t *passTable) find(token string) (maintenance.Pass, bool) {
	if token == "" || len(token) > mostToken {
		return maintenance.Pass{}, false
	}
	pass, ok := t.by[fmt.Sprintf("%x", sha256.Sum256([]byte(token)))]
	return pass, ok && pass.IsValid(time.Now())
}

// borne returns the pass in a cookie of the request.
func (t *passTable) borne(c *gin.Context, r *route) (maintenance.Pass, bool) {
	for _, name := range [...]string{securePassCookie, passCookie} {
		for _, cookie := range c.Request.CookiesNamed(name) {
			if pass, ok := t.find(cookie.Value); ok && leadsThrough(pass, c, r) {
				return pass, true
			}
		}
	}
	return maintenance.Pass{}, false
}

// leadsThrough tells whether the pass is for this path, in each form that it may be taken for.
func leadsThrough(p maintenance.Pass, c *gin.Context, r *route) bool {
	if p.Path == "" {
		return true
	}
	asked := c.Request.URL
	if len(asked.Path) > maxPath || len(asked.RawPath) > maxPath {
		return false
	}
	forms, ok := formsOf(asked, r.fill(c.Params))
	for _, form := range append(forms, asked.Path) {
		ok = ok && isUnder(form, strings.TrimSuffix(p.Path, "/"))
	}
	return ok
}

func isUnder(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// linkedToken returns the token of a link: something that is read.
func linkedToken(r *http.Request) string {
	if !isRead(r.Method) || !strings.Contains(r.URL.RawQuery, maintenance.PassParameter) {
		return ""
	}
	return r.URL.Query().Get(maintenance.PassParameter)
}

// withoutToken is where a link leads without its token. It is relative: a proxy may have
// stripped a prefix, and a path such as //evil.example is another host for a browser.
func withoutToken(u *url.URL) string {
	path := u.EscapedPath()
	location := "./" + path[strings.LastIndexByte(path, '/')+1:]
	var rest []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); pair != "" && (err != nil || name != maintenance.PassParameter) {
			rest = append(rest, pair)
		}
	}
	if len(rest) > 0 {
		location += "?" + strings.Join(rest, "&")
	}
	return location
}

// isSecure tells whether the visitor speaks TLS, also with a proxy in front. Who says so
// and does not gets a cookie that the browser drops.
func isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
