package ginmaint

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// question is a request that somebody asks about, and who would send it.
type question struct {
	method  string
	path    string // as it was asked for
	url     *url.URL
	visitor visitor
}

// explanation is what would become of it.
type explanation struct {
	Passes  bool              `json:"passes"`
	Rule    string            `json:"rule"` // as in the metrics; empty where the middleware is not asked
	Why     string            `json:"why"`
	Level   maintenance.Level `json:"level"` // in force
	Route   string            `json:"route"` // as registered; empty where there is none
	Writes  bool              `json:"writes"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Address string            `json:"ip,omitempty"`
	Role    Role              `json:"role"`
}

// explain answers a superuser who asks whether a request would pass.
func explain(c *gin.Context) {
	a, _ := adminOf(c)
	q, err := asked(c.Request.URL.Query())
	if err != nil {
		a.replies.problem(c, http.StatusBadRequest, err.Error(), nil)
		return
	}
	a.replies.writeJSON(c, http.StatusOK, jsonContent, a.explain(c, q))
}

// asked reads a question.
func asked(query url.Values) (q question, err error) {
	for name, values := range query {
		if !slices.Contains([]string{"method", "path", "ip", "role"}, name) {
			return q, fmt.Errorf("%.40q is no parameter: write method, path, ip or role", name)
		}
		if len(values) > 1 {
			return q, fmt.Errorf("%s is there %d times: write it once", name, len(values))
		}
	}
	q.method, q.path = query.Get("method"), query.Get("path")
	if q.method == "" {
		q.method = http.MethodGet
	}
	if strings.Trim(q.method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != "" || len(q.method) > 32 {
		return q, fmt.Errorf("method: %.40q is none, write GET, POST and the like in upper case", q.method)
	}
	if q.url, err = url.ParseRequestURI(q.path); err != nil || !strings.HasPrefix(q.path, "/") {
		return q, fmt.Errorf("path: %.80q is none, write one such as /orders, escaped as in a request", q.path)
	}
	if text := query.Get("ip"); text != "" {
		if q.visitor.address, err = netip.ParseAddr(text); err != nil || q.visitor.address.Zone() != "" {
			return q, fmt.Errorf("ip: %.60q is no address, write one such as 203.0.113.7", text)
		}
	}
	if text := query.Get("role"); text != "" {
		if err := q.visitor.role.UnmarshalText([]byte(text)); err != nil {
			return q, fmt.Errorf("role: %w", err)
		}
	}
	return q, nil
}

// explain has the same function decide about the request as for a real one, on the route
// that Gin would find. No handler runs, and nothing is counted.
func (m *middleware) explain(c *gin.Context, q question) explanation {
	e := explanation{Level: m.mode.Level(), Method: q.method, Path: q.path, Role: q.visitor.role}
	request := (&http.Request{
		Method: q.method, URL: q.url, RequestURI: q.path, Host: c.Request.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody,
	}).WithContext(c.Request.Context())
	if q.visitor.address.IsValid() {
		e.Address = q.visitor.address.String()
		request.RemoteAddr = netip.AddrPortFrom(q.visitor.address, 1).String()
	}
	s, err := m.shadows.shadowOf(c)
	if err != nil {
		e.Why = "not known: " + err.Error()
		return e
	}
	decided := false
	location, err := s.find(request, func(c *gin.Context, r *route) {
		decided = true
		m.judge(c, r, q, &e)
	})
	switch {
	case err != nil:
		e.Passes, e.Why = false, "not known: "+err.Error()
	case decided:
	case location != "":
		e.Passes, e.Why = true, "passes: Gin redirects to "+location+" before any middleware; ask about that path"
	default:
		e.Passes, e.Why = true, "passes: Gin answers it before any middleware"
	}
	return e
}

// judge has decide decide, and puts the decision into words.
func (m *middleware) judge(c *gin.Context, r *route, q question, e *explanation) {
	access := r.accessBy(q.method)
	e.Route, e.Writes = r.path, access == maintenance.Write
	if !slices.Contains(r.handlers, middlewareName) {
		e.Passes = true
		e.Why = "passes: the middleware is not among the handlers of this route; use it before the route is registered, and directly rather than in a function of yours"
		return
	}
	defer func() {
		if p := recover(); p != nil { // of Config.Ignore, which may need what a real request has
			e.Passes, e.Rule, e.Why = false, byNone.String(), fmt.Sprintf("not known: Config.Ignore panicked on a request without headers and session: %.200v", p)
		}
	}()
	d := m.decide(c, r, access, &q.visitor)
	d.ticket.Leave()
	e.Passes, e.Rule, e.Level = d.rule.passes(), d.rule.String(), d.snapshot.InForce
	if e.Passes {
		e.Why = "passes: " + m.passing(c, r, access, d, q)
		return
	}
	e.Why = "refused: " + m.refusing(access, d, q)
}

// passing says which rule lets a request pass.
func (m *middleware) passing(c *gin.Context, r *route, a maintenance.Access, d verdict, q question) string {
	switch d.rule {
	case byLevel:
		if d.snapshot.InForce == maintenance.Off {
			return "maintenance is off"
		}
		return fmt.Sprintf("%s, and this only %ss", d.snapshot.InForce, a)
	case byForceOff:
		if r.endpoint {
			return "the endpoints of ginmaint are never refused"
		}
		return "its route is marked ForceOff"
	case byURL:
		return fmt.Sprintf("%s, and IgnoreURLs has %s", d.snapshot.InForce, asWritten(m.exemptions.urls.matching(c.Request.URL, r, c.Params)))
	case byTarget:
		return fmt.Sprintf("%s, and it is the page that RedirectURL names", d.snapshot.InForce)
	case byAddress:
		return fmt.Sprintf("%s, and %s is among IgnoreIPAddresses; behind a proxy, only where Gin trusts that proxy by name", d.snapshot.InForce, q.visitor.address)
	case byIgnore:
		return fmt.Sprintf("%s, and Config.Ignore lets a request without headers and session pass", d.snapshot.InForce)
	}
	if d.leaving {
		return fmt.Sprintf("%s, and those without a role pass; the session of %s is cleared", d.snapshot.InForce, q.visitor.role)
	}
	return fmt.Sprintf("%s, and %s", d.snapshot.InForce, m.exemptions.roles.describe())
}

// refusing says why no rule lets a request pass.
func (m *middleware) refusing(a maintenance.Access, d verdict, q question) string {
	if d.rule == byForceOn {
		return "its route is marked ForceOn, which closes it for everybody, at each level"
	}
	s, x := d.snapshot, m.exemptions
	words := []string{s.InForce.String(), q.url.EscapedPath() + " is not exempt"}
	if s.InForce == maintenance.ReadOnly {
		words[0] += ", and this " + a.String() + "s"
	}
	if !s.Trusted {
		words[0] += ", since this process is not sure of the state"
	}
	if !x.addresses.listed.isEmpty() {
		if q.visitor.address.IsValid() {
			words = append(words, q.visitor.address.String()+" is not among IgnoreIPAddresses")
		} else {
			words = append(words, "no address was given that could be among IgnoreIPAddresses")
		}
	}
	if x.ignore != nil {
		words = append(words, "Config.Ignore does not let a request without headers and session pass")
	}
	words = append(words, x.roles.describe()+x.roles.lacking(q.visitor.role))
	if d.leaving {
		words = append(words, fmt.Sprintf("the session of %s is cleared", q.visitor.role))
	}
	if s.State.Hold > 0 {
		words = append(words, fmt.Sprintf("it waits for %s first, and is admitted if the level falls meanwhile", s.State.Hold))
	}
	return strings.Join(words, "; ")
}

// describe says which roles pass.
func (r *roles) describe() string {
	var words []string
	if r.passing[Anonymous] {
		words = append(words, "those without a role")
	}
	if lowest := slices.Index(r.passing[Authenticated:], true); lowest >= 0 {
		words = append(words, []string{"all who are logged in", "staff", "superusers"}[lowest])
	}
	if len(words) == 0 {
		return "no role passes"
	}
	return strings.Join(words, " and ") + " pass"
}

// lacking says why this role does not.
func (r *roles) lacking(role Role) string {
	switch {
	case r.passing == [Superuser + 1]bool{}:
		return ""
	case role != Anonymous:
		return ", but not " + role.String()
	case r.lookup != nil:
		return ", but Config.Role knows no role of the visitor"
	}
	return fmt.Sprintf(", but the session has no role under %q", r.key)
}
