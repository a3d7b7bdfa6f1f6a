package ginmaint

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Config says who passes while maintenance is on, and what the others get. The
// zero value works: it keeps the state in the file maintenance_mode.json of
// the working folder, and gives everybody the page.
type Config struct {
	// Mode is the switch. Default: one that New opens on the file
	// maintenance_mode.json, and that lives as long as the process.
	Mode *maintenance.Mode

	// IgnoreAnonymous lets those pass who have no role, and only those, as in
	// Django. Default: false.
	IgnoreAnonymous bool

	// IgnoreAuthenticated, IgnoreStaff and IgnoreSuperuser let the role pass,
	// and the roles above it. Default: false.
	IgnoreAuthenticated, IgnoreStaff, IgnoreSuperuser bool

	// IgnoreIPAddresses lets requests from these addresses pass: addresses
	// (10.0.0.1), CIDR prefixes (10.0.0.0/8), else regular expressions that
	// must match an address as a whole. An address that a visitor may have
	// invented passes nobody: see ClientIP. Default: none.
	IgnoreIPAddresses []string

	// IgnoreURLs lets requests pass whose path one of these regular expressions
	// matches from its start. The path has to match in each form that it may be
	// taken for, so /static/../admin is not under /static/. Default: none.
	IgnoreURLs []string

	// SessionKey is where gin-contrib/sessions holds the role, as text:
	// "authenticated", "staff" or "superuser"; any other text is somebody who
	// is logged in. Default: "role".
	SessionKey string

	// Role replaces the look-up in the session, for applications that know
	// their users by a token or a database. Default: nil.
	Role func(*gin.Context) Role

	// Identity names who switches by the endpoints, for the state's ChangedBy.
	// Default: the session's "user".
	Identity func(*gin.Context) string

	// ClientIP replaces the safe default, which is Gin's ClientIP where a
	// visitor can't have chosen it: where the engine trusts all proxies, as
	// Gin does unless SetTrustedProxies is called, a request with a forwarding
	// header comes from nowhere. It returns "" where it doesn't know.
	ClientIP func(*gin.Context) string

	// Logout names the roles whose session is cleared when they are met during
	// maintenance; they count as Anonymous from then on. Default: none.
	Logout []Role

	// RedirectURL sends everybody elsewhere with 302 instead of answering: a
	// path of this service, which then passes itself, or an http(s) URL.
	// Default: none.
	RedirectURL string

	// Template is the page's name in Gin's HTML renderer. Default: "503.html"
	// where the engine has one, else the built-in page.
	Template string

	// TemplateContext returns further data for the page. With it the page is
	// rendered for each request, else once per change. Default: nil.
	TemplateContext func(*gin.Context) gin.H

	// StatusCode is the answer's status: from 200 to 599, but 204 and 304,
	// which have no body. Default: 503.
	StatusCode int

	// RetryAfter is what the Retry-After header says where the state names no
	// End, in whole seconds, rounded up. Default: 1 h.
	RetryAfter time.Duration

	// Format chooses the form of the answer. Default: by the Accept header,
	// HTML where that says nothing.
	Format func(*gin.Context) Format

	// TrustedOrigins are further origins, such as https://admin.example.com,
	// whose pages may post to the endpoints; needed behind a proxy that
	// rewrites Host. Default: none.
	TrustedOrigins []string

	// Logger is told what an operator should know. Default: slog.Default().
	Logger *slog.Logger
}

// Validate returns an error that names every wrong field, and what to write
// instead.
func (c Config) Validate() error {
	_, err := compile(c)
	return err
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.SessionKey == "" {
		c.SessionKey = "role"
	}
	if c.StatusCode == 0 {
		c.StatusCode = http.StatusServiceUnavailable
	}
	if c.RetryAfter == 0 {
		c.RetryAfter = time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// compile applies the defaults, and makes of the Config what a request needs.
func compile(c Config) (*guard, error) {
	c = c.withDefaults()
	g := &guard{Config: c, retryAfterValue: seconds(c.RetryAfter)}
	g.asksRole = c.IgnoreAnonymous || c.IgnoreAuthenticated || c.IgnoreStaff || c.IgnoreSuperuser || len(c.Logout) > 0
	var faults, more []error
	g.addresses, faults = compileAddresses(c.IgnoreIPAddresses)
	g.urls, more = compileURLs(c.IgnoreURLs)
	faults = append(faults, more...)
	for i, r := range c.Logout {
		if r == Anonymous || r > Superuser {
			faults = append(faults, fmt.Errorf("Logout[%d]: %s has no session to clear, write one of the other roles", i, r))
		}
	}
	if c.RedirectURL != "" {
		var err error
		if g.redirectsTo, err = checkRedirect(c.RedirectURL); err != nil {
			faults = append(faults, fmt.Errorf("RedirectURL %q: %w", c.RedirectURL, err))
		}
	}
	if s := c.StatusCode; s < 200 || s > 599 || s == http.StatusNoContent || s == http.StatusNotModified {
		faults = append(faults, fmt.Errorf("StatusCode %d: write one from 200 to 599 that has a body, such as 503", s))
	}
	if c.RetryAfter < 0 {
		faults = append(faults, fmt.Errorf("RetryAfter %v: a wait is not negative", c.RetryAfter))
	}
	for i, origin := range c.TrustedOrigins {
		if err := g.origins.AddTrustedOrigin(origin); err != nil {
			faults = append(faults, fmt.Errorf("TrustedOrigins[%d] %q: write scheme and host, such as https://admin.example.com: %w", i, origin, err))
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("ginmaint: the Config is wrong: %w", errors.Join(faults...))
	}
	return g, nil
}

func checkRedirect(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not a URL, write a path such as /maintenance or an http(s) URL")
	}
	local := u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(text, "//")
	remote := (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	if !local && !remote || strings.Contains(text, `\`) {
		return nil, errors.New("write a path such as /maintenance, or an http(s) URL with a host")
	}
	return u, nil
}
