package ginmaint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log/slog"
	"net/http"
	"runtime"
	"text/template"
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

// problem is the answer for machines, RFC 9457, with the level and the window
// as members of our own.
func problem(status int, n notice) []byte {
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
	}{"about:blank", title, status, n.sentence(), n.level, n.state.End})
	if err != nil { // a state that was loaded is valid
		return []byte(`{"type":"about:blank","title":"Maintenance"}`)
	}
	return body
}

// defaultTemplate is the page's name where the Config has none.
const defaultTemplate = "503.html"

// page renders the HTML.
type page struct {
	template string                   // "": 503.html of the engine where it has one, else the built-in page
	context  func(*gin.Context) gin.H // nil: the page needs nothing of the request
	logger   *slog.Logger
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
	if err != nil {
		p.logger.Error("ginmaint: the page can't be rendered, the built-in one is shown", "template", p.name(), "error", err)
	}
	if body == nil {
		body, err = rendered(templates.Page(), defaultTemplate, data)
		if err != nil { // data of the application's that the page was not made for
			p.logger.Error("ginmaint: the built-in page can't be rendered", "error", err)
			return []byte(htmltemplate.HTMLEscapeString(n.sentence()))
		}
	}
	return body
}

// rendered is a page of package templates.
func rendered(t *htmltemplate.Template, name string, data any) ([]byte, error) {
	return capture(func(w *capturing) error {
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
func (p *page) data(c *gin.Context, n notice) (gin.H, error) {
	n.state.Level = n.level
	if p.context == nil {
		return withState(nil, true, n.state), nil
	}
	var more gin.H
	if _, err := capture(func(*capturing) error { more = p.context(c); return nil }); err != nil {
		return withState(nil, true, n.state), fmt.Errorf("TemplateContext: %w", err)
	}
	return withState(more, true, n.state), nil
}

// execute has Gin's HTML renderer execute the application's template. It
// returns nothing where there is none and none was asked for.
func (p *page) execute(c *gin.Context, data gin.H) ([]byte, error) {
	body, err := capture(func(w *capturing) error {
		// A copy of the context has the engine's renderer, and keeps what
		// goes wrong to itself.
		copied := c.Copy()
		copied.Writer = w
		copied.HTML(http.StatusOK, p.name(), data)
		if last := copied.Errors.Last(); last != nil {
			return last.Err
		}
		return nil
	})
	switch {
	case err == nil && len(body) > 0:
		return body, nil
	case err == nil:
		return nil, errors.New("the template rendered nothing")
	case p.template == "" && isAbsent(err):
		return nil, nil
	}
	return nil, err
}

// isAbsent tells whether there is no such template, rather than one that
// broke. Gin's renderers say so with an error that has no type, and, where no
// template at all was loaded, by dereferencing nil.
func isAbsent(err error) bool {
	if fault := (panicked{}); errors.As(err, &fault) {
		_, isRuntime := fault.value.(runtime.Error)
		return isRuntime
	}
	var execution template.ExecError
	var escape *htmltemplate.Error
	return !errors.As(err, &execution) && !errors.As(err, &escape)
}

// panicked is a panic made an error.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// capturing collects a rendering, with headers of its own.
type capturing struct {
	gin.ResponseWriter // nil: a renderer writes, and does nothing else
	header             http.Header
	body               bytes.Buffer
}

func (w *capturing) Header() http.Header               { return w.header }
func (w *capturing) Write(b []byte) (int, error)       { return w.body.Write(b) }
func (w *capturing) WriteString(s string) (int, error) { return w.body.WriteString(s) }
func (w *capturing) WriteHeader(int)                   {}
func (w *capturing) WriteHeaderNow()                   {}
func (w *capturing) Status() int                       { return http.StatusOK }
func (w *capturing) Size() int                         { return w.body.Len() }
func (w *capturing) Written() bool                     { return w.body.Len() > 0 }

// capture runs a rendering, and makes an error of a panic: Gin's debug
// renderer panics on a template that does not parse, and every renderer does
// where there is none.
func capture(rendering func(*capturing) error) (body []byte, err error) {
	w := &capturing{header: make(http.Header)}
	defer func() {
		switch fault := recover(); fault {
		case nil:
		case http.ErrAbortHandler:
			panic(fault)
		default:
			body, err = nil, panicked{fault}
		}
	}()
	if err := rendering(w); err != nil {
		return nil, err
	}
	return w.body.Bytes(), nil
}
