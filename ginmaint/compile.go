package ginmaint

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"
)

// compile applies the defaults to a Config, and makes of it what a request needs.
// It returns an error that names every wrong field. Mode may be nil still.
func compile(c Config) (*middleware, error) {
	var vary []string
	if c.Format == nil {
		vary = varyByForm
	}
	c = withDefaults(c)
	var faults []error
	note := func(errs ...error) {
		for _, err := range errs {
			if err != nil {
				faults = append(faults, err)
			}
		}
	}
	listed, errs := compileAddresses(c.IgnoreIPAddresses)
	note(errs...)
	expressions, errs := compileURLs(c.IgnoreURLs)
	note(errs...)
	note(checkLogout(c.Logout)...)
	target, err := checkRedirect("RedirectURL", c.RedirectURL)
	note(err)
	_, err = checkRedirect("LoginURL", c.LoginURL)
	note(err)
	if s := c.StatusCode; s < 200 || s > 599 || s == http.StatusNoContent || s == http.StatusNotModified {
		note(fmt.Errorf("StatusCode %d: write one from 200 to 599 that has a body, such as 503", s))
	}
	if c.RetryAfter < 0 {
		note(fmt.Errorf("RetryAfter %v: a wait is not negative", c.RetryAfter))
	}
	sessions := &sessionReader{
		name:    c.SessionName,
		logger:  c.Logger,
		unsaved: outage{logger: c.Logger, begins: "a session can't be cleared", ends: "sessions are cleared again"},
	}
	if c.EndAfter < 0 {
		note(fmt.Errorf("EndAfter %v: a wait is not negative", c.EndAfter))
	}
	roles := &roles{
		sessions: sessions,
		key:      c.SessionKey,
		lookup:   roleInTime(c.Role),
		passing:  [...]bool{c.IgnoreAnonymous, c.IgnoreAuthenticated, c.IgnoreStaff, c.IgnoreSuperuser},
		logout:   c.Logout,
		late:     outage{logger: c.Logger, begins: "Config.Role took too long, so the visitor is Anonymous", ends: "Config.Role answers in time again"},
	}
	link, err := compileLink(c.StatusURL)
	note(err)
	languages := builtInLanguages()
	if len(c.Texts) > 0 || c.Location != time.UTC {
		languages, errs = newLanguages(c.Texts, c.Location)
		note(errs...)
	}
	pace := c.RetryAfter
	if pace == 0 {
		pace = defaultRetryAfter
	}
	refusal := &refusal{
		status: c.StatusCode,
		target: target,
		format: c.Format,
		vary:   vary,
		waits:  waits{configured: c.RetryAfter},
		pages:  newPages(languages),
		page: page{
			template: c.Template, context: contextApart(c.TemplateContext), faults: pageOutage(c.Logger),
			languages: languages, service: c.Service, link: link, login: c.LoginURL, pace: pace,
		},
		own: envelope{write: answerApart(c.Answer), faults: envelopeOutage(c.Logger)},
	}
	admin := &admin{
		roles: roles, sessions: sessions, identity: c.Identity, logger: c.Logger,
		orders: orders{c.Mode, c.Logger},
		replies: replies{
			panel: panel{c.Location}, token: c.FormToken, login: c.LoginURL, logger: c.Logger,
			visitors: refusal.visitors, programs: refusal.programs,
		},
	}
	admin.events = &events{look: admin.tidings, mode: c.Mode, woken: make(chan struct{}, 1)}
	admin.replies.fleet = admin.fleet
	admin.drains = &drains{mode: c.Mode, logger: c.Logger, told: func() { wake(admin.events.woken) }}
	for i, text := range c.TrustedOrigins {
		origin, err := normalOrigin(text)
		if err == nil {
			err = admin.origins.AddTrustedOrigin(origin)
		}
		if err != nil {
			note(fmt.Errorf("TrustedOrigins[%d] %q: write scheme and host, such as https://admin.example.com: %w", i, text, err))
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("ginmaint: the Config is wrong: %w", errors.Join(faults...))
	}
	m := &middleware{
		mode:      c.Mode,
		languages: languages,
		routes:    routes{own: middlewareName, logger: c.Logger},
		exemptions: &exemptions{
			urls:      &urls{expressions: expressions, target: localPage(target)},
			addresses: &addresses{listed: listed, clientIP: c.ClientIP, logger: c.Logger},
			passes:    passes{logger: c.Logger},
			ignore:    c.Ignore,
			roles:     roles,
		},
		sessions: sessions,
		tally:    tally{logger: c.Logger},
		hold:     holding{mode: c.Mode, own: handleName, most: int64(c.MaxHeld)},
		refusal:  refusal,
		admin:    admin,
		end: ending{
			mode: c.Mode, after: c.EndAfter, logger: c.Logger,
			watches: c.EndAfter > 0 || c.Mode != nil && c.Mode.WorkLimit() > 0,
		},
	}
	admin.explain = m.explain
	return m, nil
}

func withDefaults(c Config) Config {
	if c.SessionKey == "" {
		c.SessionKey = "role"
	}
	if c.StatusCode == 0 {
		c.StatusCode = defaultStatus
	}
	if c.Format == nil {
		c.Format = Negotiate
	}
	if c.MaxHeld == 0 {
		c.MaxHeld = defaultMaxHeld
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func checkLogout(list []Role) (faults []error) {
	for i, r := range list {
		if r == Anonymous || r > Superuser {
			faults = append(faults, fmt.Errorf("Logout[%d]: %s has no session to clear, write one of the other roles", i, r))
		}
	}
	return faults
}

// checkRedirect reads a field that names a place to go to. It returns nil where that is
// empty.
func checkRedirect(field, text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s %q: not a URL, write a path such as /maintenance or an http(s) URL", field, text)
	}
	local := u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(text, "//")
	remote := (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	if !local && !remote || strings.Contains(text, `\`) {
		return nil, fmt.Errorf("%s %q: write a path such as /maintenance, or an http(s) URL with a host", field, text)
	}
	if settled, ok := settle(u.Path); local && (!ok || settled != u.Path) {
		return nil, fmt.Errorf("%s %q: browsers and proxies change such a path, write one without dot segments, doubled slashes and the like", field, text)
	}
	return u, nil
}

// compileLink returns the link of the operator's choice as the page is given it: it is
// called what it leads to.
func compileLink(text string) (gin.H, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	switch {
	case err == nil && u.Scheme == "mailto" && strings.Contains(u.Opaque, "@"):
		label, err := url.PathUnescape(u.Opaque)
		return gin.H{"url": text, "label": label}, err
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil:
		return gin.H{"url": text, "label": u.Host + strings.TrimSuffix(u.Path, "/")}, nil
	}
	return nil, fmt.Errorf("StatusURL %q: write an http(s) URL with a host, or mailto: and an address", text)
}

// localPage returns the target of a redirect where it is a page of this service.
func localPage(target *url.URL) *url.URL {
	if target == nil || target.Host != "" {
		return nil
	}
	return target
}

// normalOrigin writes an origin as browsers do, who send it in lower case, without
// the port that belongs to the scheme, and addresses in their shortest form.
func normalOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	switch {
	case strings.Contains(u.Host, "*"):
		return "", errors.New("a star stands for no host, name each origin")
	case strings.ContainsFunc(u.Host, func(r rune) bool { return r > unicode.MaxASCII }):
		return "", errors.New("browsers send the host's ASCII form, which begins with xn--")
	case strings.Contains(u.Host, "%"):
		return "", errors.New("an address with a zone is no origin's")
	case u.User != nil:
		return "", errors.New("an origin has no user")
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if address, err := netip.ParseAddr(host); err == nil && address.Is6() {
		host = "[" + address.String() + "]"
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return "", errors.New("a port is a number up to 65535")
		}
		port = strconv.FormatUint(n, 10)
	}
	u.Scheme, u.Host, u.ForceQuery = strings.ToLower(u.Scheme), host, false
	if port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		u.Host += ":" + port
	}
	return u.String(), nil
}
