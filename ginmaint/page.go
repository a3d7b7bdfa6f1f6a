package ginmaint

import (
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/http"
	"runtime"
	"text/template"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// defaultTemplate is the page's name where the Config has none.
const defaultTemplate = "503.html"

// page returns the HTML for one state: the application's template where there
// is one that works, else the built-in one. Never an empty or half page.
func (g *guard) page(c *gin.Context, s maintenance.State, l maintenance.Level) []byte {
	data, err := g.templateData(c)
	var body []byte
	if err == nil {
		body, err = g.render(c, pageData(data, s, l))
	}
	if err != nil {
		g.Logger.Error("ginmaint: the page can't be rendered, the built-in one is shown", "template", g.templateName(), "error", err)
	}
	if body == nil {
		body, err = capture(func(w *capturing) error {
			return render.HTML{Template: templates.Page(), Name: defaultTemplate, Data: pageData(data, s, l)}.Render(w)
		})
		if err != nil { // data of the application's that the page was not made for
			g.Logger.Error("ginmaint: the built-in page can't be rendered", "error", err)
			return []byte(htmltemplate.HTMLEscapeString(sentence(s, l)))
		}
	}
	return body
}

func (g *guard) templateName() string {
	if g.Template == "" {
		return defaultTemplate
	}
	return g.Template
}

// templateData returns what the application adds to the page's data.
func (g *guard) templateData(c *gin.Context) (data gin.H, err error) {
	if g.TemplateContext == nil {
		return nil, nil
	}
	_, err = capture(func(*capturing) error { data = g.TemplateContext(c); return nil })
	if err != nil {
		return nil, fmt.Errorf("TemplateContext: %w", err)
	}
	return data, nil
}

// render has Gin's HTML renderer execute the application's template. It
// returns nothing where there is none and none was asked for.
func (g *guard) render(c *gin.Context, data gin.H) ([]byte, error) {
	body, err := capture(func(w *capturing) error {
		// A copy of the context has the engine's renderer, and keeps what
		// goes wrong to itself.
		copied := c.Copy()
		copied.Writer = w
		copied.HTML(http.StatusOK, g.templateName(), data)
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
	case g.Template == "" && isAbsent(err):
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

// pageData is what the page is given: the level in force, whatever the document
// says.
func pageData(data gin.H, s maintenance.State, l maintenance.Level) gin.H {
	s.Level = l
	return withState(data, true, s)
}
