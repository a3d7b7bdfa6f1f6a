package ginmaint

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// passFields are what a POST to passes/ may say: revoke, or the others.
var passFields = []string{"name", "for", "path", "stays", "revoke"}

// readPass makes sense of the fields of a new pass, as far as the Mode does not.
func readPass(fields map[string]string, now time.Time) (p maintenance.Pass, f faults) {
	p.Name, p.Path = strings.TrimSpace(fields["name"]), strings.TrimSpace(fields["path"])
	if p.Name == "" {
		f.note("name", errors.New("write who the pass is for"))
	}
	length, err := time.ParseDuration(fields["for"])
	if err != nil || length <= 0 {
		f.note("for", errors.New("write how long the pass is good for, such as 4h"))
	}
	p.Until = now.Add(length)
	p.Stays = f.yes(fields, "stays")
	return p, f
}

// showPasses lists the passes, without their tokens, which nobody knows.
func showPasses(c *gin.Context) {
	a, _ := adminOf(c)
	if a.replies.wants(c) == HTML {
		a.show(c)
		return
	}
	a.listPasses(c, a.orders.look(c.Request.Context()).State)
}

func (a *admin) listPasses(c *gin.Context, s maintenance.State) {
	c.Writer.Header().Set("Etag", tag(s.Revision))
	a.replies.writeJSON(c, http.StatusOK, jsonContent, append([]maintenance.Pass{}, s.Passes()...))
}

// changePasses makes a pass, or revokes one.
func changePasses(c *gin.Context) {
	a, _ := adminOf(c)
	if c.Request.Method != http.MethodPost {
		showPasses(c)
		return
	}
	fields, err := a.readForm(c, passFields)
	var o order
	if lines := c.Request.Header["If-Match"]; err == nil && lines != nil {
		o.match, err = readMatch(lines)
	}
	switch name := fields["revoke"]; {
	case err != nil:
		a.failPasses(c, fields, unreadable{err})
	case a.orders.mode.Fixed():
		a.failPasses(c, fields, maintenance.ErrFixed)
	case name == "":
		a.issue(c, fields, o)
	case fields["name"]+fields["for"]+fields["path"]+fields["stays"] != "":
		a.failPasses(c, fields, faults{{"revoke", "name, for, path and stays belong to a new pass"}})
	default:
		a.revoke(c, fields, o)
	}
}

// over refuses a change where another revision is stored than If-Match names. It notes
// that the store has told what it holds.
func (o order) over(told *bool) func(stored maintenance.State) error {
	return func(stored maintenance.State) error {
		*told = true
		if !o.matches(stored.Revision) {
			return errMatch
		}
		return nil
	}
}

// untold is the error of a change of the passes. Where the store has not told what it
// holds, nothing was tried.
func (a *admin) untold(told bool, err error) error {
	switch {
	case errors.Is(err, maintenance.ErrClosed):
		return closing
	case told:
		return err
	}
	a.replies.logger.Error("ginmaint: no pass was made or revoked", "error", err)
	return untried
}

// issue makes a pass. Its link stands in this answer and nowhere else, so a browser is
// not led away from it.
func (a *admin) issue(c *gin.Context, fields map[string]string, o order) {
	p, f := readPass(fields, time.Now())
	if len(f) > 0 {
		a.failPasses(c, fields, f)
		return
	}
	p.By, p.Via = fleet.Line(a.author(c)), a.replies.via(c)
	told := false
	p, token, err := a.orders.mode.IssuePass(c.Request.Context(), p, o.over(&told))
	if err != nil {
		a.failPasses(c, fields, a.untold(told, err))
		return
	}
	link := url.URL{Path: cmp.Or(p.Path, "/"), RawQuery: maintenance.PassParameter + "=" + token}
	if a.replies.wants(c) == HTML {
		link.Scheme, link.Host = asBrowsersSee(c.Request)
		link.Path = prefixTakenAway(c.Request) + link.Path
		a.replies.answer(c, http.StatusOK, a.orders.known(), a.replies.panel.issued(p, link.String()))
		return
	}
	a.replies.writeJSON(c, http.StatusCreated, jsonContent, struct {
		maintenance.Pass
		Token string `json:"token"`
		Link  string `json:"link"`
	}{p, token, link.String()})
}

// asBrowsersSee returns the scheme and the host that the panel was opened by. The origin
// knows both where a proxy rewrites Host.
func asBrowsersSee(r *http.Request) (scheme, host string) {
	if origin, err := url.Parse(r.Header.Get("Origin")); err == nil && origin.Host != "" {
		return origin.Scheme, origin.Host
	}
	if isSecure(r) {
		return "https", r.Host
	}
	return "http", r.Host
}

// prefixTakenAway returns the beginning of the path that a proxy in front takes away, where
// the browser tells on which page the form was: on the panel, or on this endpoint's answer
// to another try.
func prefixTakenAway(r *http.Request) string {
	endpoint := strings.TrimSuffix(r.URL.Path, "/")
	panel := strings.TrimSuffix(endpoint, "passes")
	page, err := url.Parse(r.Referer())
	if err != nil {
		return ""
	}
	for _, known := range []string{endpoint + "/", endpoint, panel, strings.TrimSuffix(panel, "/")} {
		if prefix, ok := strings.CutSuffix(page.Path, known); ok {
			return prefix
		}
	}
	return ""
}

func (a *admin) revoke(c *gin.Context, fields map[string]string, o order) {
	by := maintenance.Revocation{By: fleet.Line(a.author(c)), Via: a.replies.via(c)}
	told := false
	if err := a.orders.mode.RevokePass(c.Request.Context(), fields["revoke"], by, o.over(&told)); err != nil {
		a.failPasses(c, fields, a.untold(told, err))
		return
	}
	if a.replies.wants(c) == HTML {
		a.replies.back(c, "#passes")
		return
	}
	a.listPasses(c, a.orders.known().State)
}

// failPasses answers that no pass was made or revoked, and why.
func (a *admin) failPasses(c *gin.Context, fields map[string]string, err error) {
	c.Abort()
	k := a.orders.look(c.Request.Context())
	if errors.Is(err, maintenance.ErrInvalid) {
		err = invalid(err)
	}
	status, words := a.replies.explainPasses(err, k)
	if a.replies.wants(c) == HTML {
		a.replies.answer(c, status, k, gin.H{"error": words, "pass_fields": fields})
		return
	}
	more := k.members()
	if f := (faults{}); errors.As(err, &f) {
		more["errors"] = f
	}
	a.replies.problem(c, status, words, more)
}

// explainPasses puts an error into words: what passes have of their own, and what they
// share with orders.
func (r *replies) explainPasses(err error, k condition) (status int, words string) {
	if errors.Is(err, maintenance.ErrNoPass) {
		return http.StatusNotFound, "There is no such pass, or it is revoked already. The list shows the passes that there are."
	}
	return r.explain(err, k)
}

// passRow is a pass in the panel's list.
type passRow struct {
	Name, Until, Opens, By string
	Valid                  bool
}

// passes lists the passes of a state.
func (p panel) passes(s maintenance.State, at time.Time) (rows []passRow) {
	for _, one := range s.Passes() {
		row := passRow{fleet.Line(one.Name), p.stamp(one.Until), opensWhat(one), fleet.Line(one.By), one.IsValid(at)}
		switch {
		case !one.Revoked.At.IsZero():
			row.Until = "revoked by " + fleet.Line(one.Revoked.By) + ", " + p.stamp(one.Revoked.At)
		case !row.Valid:
			row.Until = "expired"
		case one.Stays:
			row.Until += ", stays"
		}
		rows = append(rows, row)
	}
	return rows
}

func opensWhat(p maintenance.Pass) string {
	if p.Path == "" {
		return "the whole service"
	}
	return p.Path + " and what is under it"
}

// issued is the page with a link.
func (p panel) issued(one maintenance.Pass, link string) gin.H {
	return gin.H{"form": "pass", "pass": gin.H{
		"name": fleet.Line(one.Name), "link": link, "opens": opensWhat(one), "until": p.stamp(one.Until), "stays": one.Stays,
	}}
}
