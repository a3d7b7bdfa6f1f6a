package ginmaint

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// compile applies the defaults to a Config, and makes of it what a request needs.
// It returns an error that names every wrong field. Mode may be nil still.
func compile(c Config) (*middleware, error) {
	c = withDefaults(c)
	var faults []error
	note := func(errs ...error) {
		for _, err := range errs {
			if err != nil {
				faults = append(faults, err)
			}
		}
	}
	addresses, errs := compileAddresses(c.IgnoreIPAddresses)
	note(errs...)
	addresses.clientIP, addresses.logger = c.ClientIP, c.Logger
	urls, errs := compileURLs(c.IgnoreURLs)
	note(errs...)
	note(checkLogout(c.Logout)...)
	target, err := checkRedirect(c.RedirectURL)
	note(err)
	if s := c.StatusCode; s < 200 || s > 599 || s == http.StatusNoContent || s == http.StatusNotModified {
		note(fmt.Errorf("StatusCode %d: write one from 200 to 599 that has a body, such as 503", s))
	}
	if c.RetryAfter < 0 {
		note(fmt.Errorf("RetryAfter %v: a wait is not negative", c.RetryAfter))
	}
	sessions := &sessionReader{name: c.SessionName, logger: c.Logger}
	if c.EndAfter < 0 {
		note(fmt.Errorf("EndAfter %v: a wait is not negative", c.EndAfter))
	}
	roles := &roles{
		sessions: sessions,
		key:      c.SessionKey,
		lookup:   c.Role,
		passing:  [...]bool{c.IgnoreAnonymous, c.IgnoreAuthenticated, c.IgnoreStaff, c.IgnoreSuperuser},
		logout:   c.Logout,
		logger:   c.Logger,
	}
	admin := &admin{mode: c.Mode, roles: roles, sessions: sessions, identity: c.Identity, token: c.FormToken, logger: c.Logger}
	for i, origin := range c.TrustedOrigins {
		if err := admin.origins.AddTrustedOrigin(origin); err != nil {
			note(fmt.Errorf("TrustedOrigins[%d] %q: write scheme and host, such as https://admin.example.com: %w", i, origin, err))
		}
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("ginmaint: the Config is wrong: %w", errors.Join(faults...))
	}
	return &middleware{
		mode:   c.Mode,
		exempt: &exempt{urls, target, addresses, roles},
		refusal: &refusal{
			status:     c.StatusCode,
			retryAfter: seconds(c.RetryAfter),
			target:     target,
			format:     c.Format,
			page:       page{template: c.Template, context: c.TemplateContext, logger: c.Logger},
		},
		admin: admin,
		end:   ending{mode: c.Mode, after: c.EndAfter, logger: c.Logger},
	}, nil
}

func withDefaults(c Config) Config {
	if c.SessionKey == "" {
		c.SessionKey = "role"
	}
	if c.StatusCode == 0 {
		c.StatusCode = defaultStatus
	}
	if c.RetryAfter == 0 {
		c.RetryAfter = defaultRetryAfter
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

// checkRedirect returns nil where nothing is to be redirected.
func checkRedirect(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("RedirectURL %q: not a URL, write a path such as /maintenance or an http(s) URL", text)
	}
	local := u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(text, "//")
	remote := (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	if !local && !remote || strings.Contains(text, `\`) {
		return nil, fmt.Errorf("RedirectURL %q: write a path such as /maintenance, or an http(s) URL with a host", text)
	}
	return u, nil
}
