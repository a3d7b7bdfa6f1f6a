package ginmaint

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// rendering is a renderer that executes templates in a way of its own.
type rendering func(w http.ResponseWriter, name string, data any) error

func (r rendering) Instance(name string, data any) render.Render { return oneRendering{r, name, data} }

type oneRendering struct {
	rendering
	name string
	data any
}

func (p oneRendering) Render(w http.ResponseWriter) error   { return p.rendering(w, p.name, p.data) }
func (p oneRendering) WriteContentType(http.ResponseWriter) {}

const loadedOnce = "Gin's, loaded once"

// The renderers that applications use, each as it tells of what goes wrong. The
// texts are the templates of an application by name.
var renderers = map[string]func(t *testing.T, e *gin.Engine, texts map[string]string){
	loadedOnce: func(t *testing.T, e *gin.Engine, texts map[string]string) {
		set := template.New("")
		for name, text := range texts {
			template.Must(set.New(name).Parse(text))
		}
		e.SetHTMLTemplate(set)
	},
	"Gin's in debug mode": func(t *testing.T, e *gin.Engine, texts map[string]string) {
		inGinMode(t, gin.DebugMode)
		e.HTMLRender = render.HTMLDebug{Files: files(t, texts)}
	},
	// gin-contrib/multitemplate, New: a map, whose missing entries are nil.
	"one set for each page": func(t *testing.T, e *gin.Engine, texts map[string]string) {
		e.HTMLRender = rendering(func(w http.ResponseWriter, name string, data any) error {
			var set *template.Template
			if text, ok := texts[name]; ok {
				set = template.Must(template.New(name).Parse(text))
			}
			return render.HTML{Template: set, Data: data}.Render(w)
		})
	},
	// gin-contrib/multitemplate, NewDynamic.
	"one that panics with a sentence": func(t *testing.T, e *gin.Engine, texts map[string]string) {
		e.HTMLRender = rendering(func(w http.ResponseWriter, name string, data any) error {
			text, ok := texts[name]
			if !ok {
				panic(fmt.Sprintf("Dynamic template with name %s not found", name))
			}
			return template.Must(template.New(name).Parse(text)).Execute(w, data)
		})
	},
	// goview reads files, whose extension it adds by itself, and makes text of
	// every error.
	"one that makes text of every error": func(t *testing.T, e *gin.Engine, texts map[string]string) {
		folder := filepath.Dir(files(t, texts)[0])
		e.HTMLRender = rendering(func(w http.ResponseWriter, name string, data any) error {
			name = strings.TrimSuffix(name, ".html")
			file := filepath.Join(folder, name+".html")
			text, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("ViewEngine render read name:%v, path:%v, error: %w", name, file, err)
			}
			set, err := template.New(name).Parse(string(text))
			if err != nil {
				return fmt.Errorf("ViewEngine render parser name:%v, error: %w", name, err)
			}
			if err := set.Execute(w, data); err != nil {
				return fmt.Errorf("ViewEngine execute template error: %w", err)
			}
			return nil
		})
	},
	// pongo2gin panics with an error.
	"one that panics with an error": func(t *testing.T, e *gin.Engine, texts map[string]string) {
		e.HTMLRender = rendering(func(w http.ResponseWriter, name string, data any) error {
			text, ok := texts[name]
			if !ok {
				panic(fmt.Errorf("[Error (where: fromfile) in %s]: no such file", name))
			}
			return template.Must(template.New(name).Parse(text)).Execute(w, data)
		})
	},
	"one that renders nothing for a name that it does not know": func(t *testing.T, e *gin.Engine, texts map[string]string) {
		e.HTMLRender = rendering(func(w http.ResponseWriter, name string, data any) error {
			text, ok := texts[name]
			if !ok {
				return nil
			}
			set, err := template.New(name).Parse(text)
			if err != nil {
				return err
			}
			return set.Execute(w, data)
		})
	},
}

func files(t *testing.T, texts map[string]string) (paths []string) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range texts {
		paths = append(paths, filepath.Join(folder, name))
		require.NoError(t, os.WriteFile(paths[len(paths)-1], []byte(text), 0o600))
	}
	return paths
}

// TestRenderers: an application that has no 503.html gets the built-in page without a
// word, one whose 503.html is broken gets it with one word.
func TestRenderers(t *testing.T) {
	for name, set := range renderers {
		for state, tc := range map[string]struct{ text, shows, says string }{
			"absent":              {"", builtIn, ""},
			"works":               {"our own page", "our own page", ""},
			"can't be parsed":     {"{{ if }}", builtIn, "missing value for if"},
			"fails in the middle": {"half a page {{ .maintenance.NoSuchField }}", builtIn, "NoSuchField"},
			"is empty":            {" {{- /* nothing */ -}} ", builtIn, "it wrote nothing"},
		} {
			if name == loadedOnce && state == "can't be parsed" {
				continue // the application does not start
			}
			t.Run(name+", "+state, func(t *testing.T) {
				var log journal
				s := serving(t, Config{
					Mode: at(t, maintenance.On), Logger: log.logger(),
					TemplateContext: func(*gin.Context) gin.H { return nil }, // so it is rendered for each visitor
				})
				texts := map[string]string{"home.html": "home"}
				if tc.text != "" {
					texts["503.html"] = tc.text
				}
				set(t, s.Engine, texts)
				for range 5 {
					page := ask(s, http.MethodGet, "/", browser).Body.String()
					assert.Contains(t, page, tc.shows)
					assert.NotContains(t, page, "half a page")
				}
				if state == "is empty" && strings.HasPrefix(name, "one that renders nothing") {
					tc.says = "" // there it looks like an absent one
				}
				if tc.says == "" {
					assert.Empty(t, log.lines())
				} else if assert.Len(t, log.lines(), 1) {
					assert.Contains(t, log.String(), tc.says)
				}
			})
		}
	}
}

// TestARendererThatIsBrokenAltogether: what has nothing to do with the name is no
// sign that there is no page.
func TestARendererThatIsBrokenAltogether(t *testing.T) {
	for name, fault := range map[string]error{
		"a layout that is missing": errors.New("ViewEngine render read name:layouts/master, error: no such file"),
		"a disk that fails":        errors.New("input/output error"),
	} {
		t.Run(name, func(t *testing.T) {
			var log journal
			s := serving(t, Config{Mode: at(t, maintenance.On), Logger: log.logger(), TemplateContext: func(*gin.Context) gin.H { return nil }})
			s.HTMLRender = rendering(func(http.ResponseWriter, string, any) error { return fault })
			for range 3 {
				assert.Contains(t, ask(s, http.MethodGet, "/", browser).Body.String(), builtIn)
			}
			require.Len(t, log.lines(), 1)
			assert.Contains(t, log.String(), fault.Error())
		})
	}
}

// TestTheRendererIsAskedOnceWhetherThereIsAPage: not for every visitor.
func TestTheRendererIsAskedOnceWhetherThereIsAPage(t *testing.T) {
	var asked []string
	s := serving(t, Config{Mode: at(t, maintenance.On), TemplateContext: func(*gin.Context) gin.H { return nil }})
	s.HTMLRender = rendering(func(_ http.ResponseWriter, name string, _ any) error {
		asked = append(asked, name)
		return fmt.Errorf("no template %q", name)
	})
	for range 3 {
		ask(s, http.MethodGet, "/", browser)
	}
	assert.Equal(t, []string{"503.html", nobodys + ".html", "503.html", "503.html"}, asked)
}

// TestAPageThatFailsInAWrappedForceOn: where no middleware keeps the page, and none
// knows what was said before.
func TestAPageThatFailsInAWrappedForceOn(t *testing.T) {
	var log journal
	before := forcedPage
	t.Cleanup(func() { forcedPage = before })
	forcedPage = pageOutage(log.logger())
	s := &service{Engine: gin.New()}
	s.SetHTMLTemplate(parsed(t, `{{ define "503.html" }}{{ .maintenance.NoSuchField }}{{ end }}`, nil))
	s.GET("/", func(c *gin.Context) { ForceOn(c) })
	for range 5 {
		assert.Contains(t, ask(s, http.MethodGet, "/", browser).Body.String(), builtIn)
	}
	assert.Len(t, log.lines(), 1)
}
