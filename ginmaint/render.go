package ginmaint

import (
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// notice is what an answer speaks of.
type notice struct {
	level maintenance.Level
	state maintenance.State // the zero one where the refusal has another reason than the state
}

func noticeOf(s *maintenance.Snapshot, l maintenance.Level) notice {
	n := notice{level: l}
	if speaksOf(s) {
		n.state = public(s.State)
	}
	return n
}

// public is the state as the application's templates and functions are given it:
// its Level is the one in force.
func (n notice) public() maintenance.State {
	n.state.Level = n.level
	return n.state
}

// speaksOf tells whether the state is why the service is closed: its level is in
// force, or would be if the store still confirmed it.
func speaksOf(s *maintenance.Snapshot) bool {
	if s.Trusted {
		return s.InForce != maintenance.Off
	}
	return s.State.At(time.Now()) != maintenance.Off
}

// sentence is what a visitor is told in words.
func (n notice) sentence() string {
	switch {
	case n.state.Message != "":
		return n.state.Message
	case n.level == maintenance.ReadOnly:
		return "The service is read-only for maintenance. Please try again later."
	}
	return "The service is down for maintenance. Please try again later."
}

// problem is the answer for programs, RFC 9457, with the level, the window and the
// wait as members of our own.
func problem(status int, n notice, retryAfter int64) []byte {
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
		RetryAfter  int64             `json:"retry_after"`
	}{"about:blank", title, status, n.sentence(), n.level, n.state.End, retryAfter})
	if err != nil { // a state that was loaded is valid
		return []byte(`{"type":"about:blank","title":"Maintenance"}`)
	}
	return body
}

// envelope is the application's own form of the answer for programs.
type envelope struct {
	write  func(*gin.Context, maintenance.State) // nil: there is none
	faults *outage
}

// body returns what the application writes for one notice, and its type; nothing
// where there is no envelope, or none that works. It may look at the headers of the
// answer.
func (e *envelope) body(c *gin.Context, n notice, retryAfter []string) ([]byte, []string) {
	if e.write == nil {
		return nil, nil
	}
	drop(c.Writer.Header(), misleads)
	mark(c.Writer.Header(), n.level, retryAfter)
	body, err := consult(c, func() { e.write(c, n.public()) })
	if err == nil && len(body) == 0 {
		err = errNothing
	}
	if err != nil {
		e.faults.failed(err)
		return nil, nil
	}
	e.faults.worked()
	if contentType := c.Writer.Header()["Content-Type"]; len(contentType) > 0 {
		return body, contentType
	}
	return body, jsonType
}

func envelopeOutage(l *slog.Logger) *outage {
	return &outage{logger: l, begins: "Config.Answer fails, problem details are sent instead", ends: "Config.Answer works again"}
}

// defaultTemplate is the page's name where the Config has none.
const defaultTemplate = "503.html"

var errNothing = errors.New("it wrote nothing")

// page renders the HTML.
type page struct {
	template string                   // "": 503.html of the engine where it has one, else the built-in page
	context  func(*gin.Context) gin.H // nil: the page needs nothing of the request
	faults   *outage
	absence  atomic.Pointer[string] // how the engine said last that it has no such template
}

func pageOutage(l *slog.Logger) *outage {
	return &outage{logger: l, begins: "the page can't be rendered, the built-in one is shown", ends: "the page is rendered again"}
}

// isFixed tells whether all visitors get the same page. In debug mode Gin loads
// templates anew for every request, so that they can be worked on.
func (p *page) isFixed() bool { return p.context == nil && !gin.IsDebugging() }

// render returns the page for one notice: the application's template where there
// is one that works, else the built-in one. Never an empty or half page.
func (p *page) render(c *gin.Context, n notice) []byte {
	data, err := p.data(c, n)
	var body []byte
	if err == nil {
		body, err = p.execute(c, data)
	}
	if err == nil {
		p.faults.worked()
	} else {
		p.faults.failed(err, "template", p.name())
	}
	if body == nil {
		body, err = rendered(templates.Page(), defaultTemplate, data)
		if err != nil { // data of the application's that the page was not made for
			p.faults.failed(fmt.Errorf("nor the built-in one: %w", err))
			return []byte(htmltemplate.HTMLEscapeString(n.sentence()))
		}
	}
	return body
}

// rendered is a page of package templates.
func rendered(t *htmltemplate.Template, name string, data any) ([]byte, error) {
	return capture(make(http.Header), func(w *capturing) error {
		return render.HTML{Template: t, Name: name, Data: data}.Render(w)
	})
}

func (p *page) name() string {
	if p.template == "" {
		return defaultTemplate
	}
	return p.template
}

// data is what the page is given: the level in force, whatever the document
// says, and what the application adds. Where that fails the error says so, and
// the rest is there.
func (p *page) data(c *gin.Context, n notice) (data gin.H, err error) {
	var more gin.H
	if p.context != nil {
		if _, err = consult(c, func() { more = p.context(c) }); err != nil {
			more, err = nil, fmt.Errorf("TemplateContext: %w", err)
		}
	}
	return withState(more, true, n.public()), err
}

// execute has Gin's HTML renderer execute the application's template. It
// returns nothing where there is none and none was asked for.
func (p *page) execute(c *gin.Context, data gin.H) ([]byte, error) {
	body, err := executed(c, p.name(), data)
	switch {
	case err == nil || !p.isAbsent(c, data, err):
		return body, err
	case p.template == "":
		return nil, nil
	}
	return nil, fmt.Errorf("the engine has no such template, load it or correct Config.Template: %w", err)
}

// executed renders by a copy of the context, which has the engine's renderer and
// keeps what goes wrong to itself.
func executed(c *gin.Context, name string, data gin.H) ([]byte, error) {
	body, err := capture(make(http.Header), func(w *capturing) error {
		copied := c.Copy()
		copied.Writer = w
		copied.HTML(http.StatusOK, name, data)
		if last := copied.Errors.Last(); last != nil {
			return last.Err
		}
		return nil
	})
	if err == nil && len(body) == 0 {
		return nil, errNothing
	}
	return body, err
}

// nobodys is the name of a template that no engine has.
const nobodys = "ginmaint-asks-for-a-template-that-nobody-has"

// isAbsent tells whether there is no such template, rather than one that broke.
// Gin's renderers and those of others say it in words of their own, some by a panic,
// an engine without one by dereferencing nil. So the engine is asked for a template
// that nobody has: what fails just like that one is not there either.
func (p *page) isAbsent(c *gin.Context, data gin.H, err error) bool {
	fault := err.Error()
	if known := p.absence.Load(); known != nil && *known == fault {
		return true
	}
	extension := path.Ext(p.name()) // which some renderers add by themselves
	_, err = executed(c, nobodys+extension, data)
	if err == nil || strings.ReplaceAll(err.Error(), nobodys, strings.TrimSuffix(p.name(), extension)) != fault {
		return false
	}
	// A fault that names no template concerns them all, unless nothing is there at all.
	var crash panicked
	empty := errors.Is(err, errNothing) || errors.As(err, &crash) && crash.isRuntime()
	if !empty && !strings.Contains(err.Error(), nobodys) {
		return false
	}
	p.absence.Store(&fault)
	return true
}
