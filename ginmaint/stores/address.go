package stores

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// address is a URL taken apart: its parameters, each given once, and the rest.
type address struct {
	url    *url.URL // without query and fragment
	params map[string]string
}

// encode is the remedy for a secret that breaks the URL apart.
const encode = "in a name or a password write / as %2F, ? as %3F, # as %23, @ as %40, : as %3A and % as %25"

// parse takes a URL apart. Its errors quote nothing of the text, and don't
// wrap those of net/url, which do.
func parse(text string) (*address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("stores: the URL can't be read; write no blanks or line breaks around it, " +
			"a number for the port, and " + encode)
	}
	if strings.Contains(afterHost(text), "@") || u.Fragment != "" || strings.HasSuffix(text, "#") {
		// Most likely a password with a special character in it, whose rest
		// would be taken for a path or a parameter, and shown in some error.
		return nil, errors.New("stores: the URL has a # or an @ where none belongs; " + encode)
	}
	params, err := parameters(u.RawQuery)
	if err != nil {
		return nil, err
	}
	u.RawQuery, u.ForceQuery = "", false
	return &address{url: u, params: params}, nil
}

// parameters reads a query; url.Query would drop what it can't read without a
// word. It lets no odd names through, which errors would quote: one may be what
// is left of a secret.
func parameters(query string) (map[string]string, error) {
	values, err := url.ParseQuery(query)
	bare := slices.ContainsFunc(strings.Split(query, "&"), func(part string) bool {
		return part != "" && !strings.Contains(part, "=")
	})
	if err != nil || bare {
		return nil, errors.New("stores: the URL's parameters can't be read; write name=value, with & between them; " +
			"in a value write & as %26, ; as %3B, + as %2B and % as %25")
	}
	params := make(map[string]string, len(values))
	for name, all := range values {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_.") != "" || name == "" {
			return nil, errors.New("stores: the URL has a parameter that no store knows: all names are of lower-case letters and _; " +
				"in a value write & as %26")
		}
		if len(all) > 1 {
			return nil, fmt.Errorf("stores: the URL has %s more than once; keep one", mention(name, values.Has))
		}
		params[name] = all[0]
	}
	return params, nil
}

// mention names a parameter in an error, unless the URL has a password among its
// parameters: with an & in it that is not encoded, its rest would be the name.
func mention(name string, has func(string) bool) string {
	if has("password") || has("sslpassword") {
		return "a parameter"
	}
	return fmt.Sprintf("the parameter %q", clip(name))
}

func (a *address) has(name string) bool {
	_, ok := a.params[name]
	return ok
}

// afterHost returns the part of a URL behind its user, password and host.
func afterHost(text string) string {
	_, rest, ok := strings.Cut(text, "//")
	if !ok {
		return text
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[end:]
	}
	return ""
}

// take removes a parameter of this project and hands its value to use, where
// there is one. An empty value is an error: it would mean the default, which is
// hardly what an unset variable in a script was to say.
func (a *address) take(name string, use func(value string)) error {
	value, ok := a.params[name]
	if !ok {
		return nil
	}
	if value == "" {
		return fmt.Errorf("stores: the parameter %s= is empty; write a value, or leave it out for the default", name)
	}
	delete(a.params, name)
	use(value)
	return nil
}

// slashes returns an error where the URL has no // before its host.
func (a *address) slashes(example string) error {
	if a.url.Opaque != "" || a.url.OmitHost {
		return fmt.Errorf("stores: a %s: URL begins with %s://, as in %s", a.url.Scheme, a.url.Scheme, example)
	}
	return nil
}

// hosts returns an error where a client could not read the host, and would quote
// it: a password without the @ behind it stands where the host does.
func (a *address) hosts(most int) error {
	all := strings.Split(a.url.Host, ",")
	for _, host := range all {
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || !strings.Contains(host, ":") {
			continue
		}
		_, port, err := net.SplitHostPort(host)
		if err != nil || strings.Trim(port, "0123456789") != "" {
			return errors.New("stores: the host of the URL can't be read; write HOST or HOST:PORT, and an @ behind a password")
		}
	}
	if len(all) > most {
		return fmt.Errorf("stores: a %s: URL names one host; leave out the others", a.url.Scheme)
	}
	return nil
}

// text puts the URL together again under this scheme, for a client's parser.
func (a *address) text(scheme string) string {
	u, query := *a.url, make(url.Values, len(a.params))
	for name, value := range a.params {
		query.Set(name, value)
	}
	u.Scheme, u.RawQuery = scheme, query.Encode()
	if u.Host == "" && u.Path == "" && u.User == nil {
		u.Path = "/" // or String leaves the slashes out
	}
	return u.String()
}

// fault makes a client's complaint an error of this package. It does not wrap
// the cause, whose text may hold the URL, and leaves the complaint out where a
// secret is in it.
func (a *address) fault(cause error, complaint, remedy string) error {
	var quoting *url.Error
	if errors.As(cause, &quoting) {
		return fmt.Errorf("stores: the client can't read the %s: URL; %s", a.url.Scheme, remedy)
	}
	secrets := []string{a.params["password"], a.params["sslpassword"]}
	if password, ok := a.url.User.Password(); ok {
		secrets = append(secrets, password)
	}
	for _, secret := range secrets {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			if form != "" && strings.Contains(complaint, form) {
				return fmt.Errorf("stores: the client does not accept the %s: URL; %s", a.url.Scheme, remedy)
			}
		}
	}
	return fmt.Errorf("stores: the client does not accept the %s: URL: %s; %s", a.url.Scheme, complaint, remedy)
}

// clip bounds what an error quotes.
func clip(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
