package ginmaint

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log/slog"
	"net"
	"net/http"
	"path"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// envelope is the application's own form of the answer for programs.
type envelope struct {
	write  func(*gin.Context, maintenance.State) (written, error) // nil: there is none
	faults *outage
}

// written is what a function of the application's has written.
type written struct {
	body        []byte
	contentType []string // nil: it has set none
}

// body returns what the application writes for one notice, and its type; nothing
// where there is no envelope, or none that works.
func (e *envelope) body(c *gin.Context, n notice) ([]byte, []string) {
	if e.write == nil {
		return nil, nil
	}
	w, err := e.write(c, n.public())
	if err == nil && len(w.body) == 0 {
		err = errNothing
	}
	if err != nil {
		e.faults.failed(err)
		return nil, nil
	}
	e.faults.worked()
	if len(w.contentType) > 0 {
		return w.body, w.contentType
	}
	return w.body, jsonType
}

func envelopeOutage(l *slog.Logger) *outage {
	return &outage{logger: l, begins: "Config.Answer fails, problem details are sent instead", ends: "Config.Answer works again"}
}

// defaultTemplate is the page's name where the Config has none.
const defaultTemplate = "503.html"

var errNothing = errors.New("it wrote nothing")

// pageKey is where a template finds what package templates describes, beside the state.
const pageKey = "maintenance_page"

// page renders the HTML.
type page struct {
	template string                            // "": 503.html of the engine where it has one, else the built-in page
	context  func(*gin.Context) (gin.H, error) // nil: the page needs nothing of the request

	languages *languages
	service   string        // "": it has no name
	link      gin.H         // of the operator's choice; nil: none
	login     string        // where somebody logs in; "": not known
	pace      time.Duration // at which the page asks whether the service is back

	faults  *outage
	absence atomic.Pointer[string] // how the engine said last that it has no such template
}

func pageOutage(l *slog.Logger) *outage {
	return &outage{logger: l, begins: "the page can't be rendered, the built-in one is shown", ends: "the page is rendered again"}
}

// isFixed tells whether all visitors with the same view get the same page. In debug mode Gin loads
// templates anew for every request, so that they can be worked on.
func (p *page) isFixed() bool { return p.context == nil && !gin.IsDebugging() }

// render returns the page for one notice: the application's template where there
// is one that works, else the built-in one. Never an empty or half page.
func (p *page) render(c *gin.Context, n notice, v view, typed []typedField) (body []byte, builtIn bool) {
	data, err := p.data(c, n, v, typed)
	if err == nil {
		body, err = p.execute(c, data)
	}
	if err == nil {
		p.faults.worked()
	} else {
		p.faults.failed(err, "template", p.name())
	}
	if body == nil {
		builtIn = true
		body, err = rendered(templates.Page(), defaultTemplate, data)
		if err != nil { // data of the application's that the page was not made for
			p.faults.failed(fmt.Errorf("nor the built-in one: %w", err))
			return []byte(htmltemplate.HTMLEscapeString(n.sentence())), builtIn
		}
	}
	return body, builtIn
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
func (p *page) data(c *gin.Context, n notice, v view, typed []typedField) (data gin.H, err error) {
	var more gin.H
	if p.context != nil {
		if more, err = p.context(c); err != nil {
			more, err = nil, fmt.Errorf("TemplateContext: %w", err)
		}
	}
	data = withState(more, true, n.public())
	own := p.languages.data(v.language)
	own["sent"], own["fields"] = v.sent, typed
	own["unstyled"], own["unscripted"], own["unmarked"] = !v.styled, !v.scripted, !v.marked
	own["words"] = words(n.state.Message)
	own["service"], own["link"], own["login_url"] = p.service, p.link, p.login
	if !v.still {
		pace := seconds(p.pace)
		own["pace"], own["pace_plain"] = pace, 2*max(pace, 30)
	}
	data[pageKey] = own
	return data, err
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

// capture runs a rendering and returns what it wrote. It makes an error of a panic:
// Gin's debug renderer panics on a template that does not parse, and every renderer
// does where there is none.
func capture(header http.Header, rendering func(*capturing) error) (body []byte, err error) {
	w := &capturing{header: header}
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

// panicked is a panic made an error.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// isRuntime tells whether Go itself panicked, as on a nil pointer.
func (p panicked) isRuntime() bool {
	_, ok := p.value.(runtime.Error)
	return ok
}

// capturing is a gin.ResponseWriter that keeps what is written. The status is not
// the writer's to choose.
type capturing struct {
	header http.Header
	body   bytes.Buffer
	status int // that is shown to the writer; 0: 200
}

var _ gin.ResponseWriter = (*capturing)(nil)

func (w *capturing) Header() http.Header               { return w.header }
func (w *capturing) Write(b []byte) (int, error)       { return w.body.Write(b) }
func (w *capturing) WriteString(s string) (int, error) { return w.body.WriteString(s) }
func (w *capturing) WriteHeader(int)                   {}
func (w *capturing) WriteHeaderNow()                   {}
func (w *capturing) Status() int                       { return max(w.status, http.StatusOK) }
func (w *capturing) Size() int                         { return w.body.Len() }
func (w *capturing) Written() bool                     { return w.body.Len() > 0 }
func (w *capturing) Flush()                            {}
func (w *capturing) Pusher() http.Pusher               { return nil }
func (w *capturing) CloseNotify() <-chan bool          { return nil }

func (w *capturing) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}
