package ginmaint

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"
	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

const builtIn = "We’ll be back soon" // its heading

func TestPage(t *testing.T) {
	const own = `{{ define "503.html" }}own {{ .maintenance_mode }} {{ .maintenance.Level }} {{ .maintenance.Message }}{{ end }}` +
		`{{ define "down.html" }}down for {{ .team }}{{ end }}` +
		`{{ define "empty.html" }}{{ end }}` +
		`{{ define "half.html" }}half a page {{ .maintenance.NoSuchField }}{{ end }}` +
		`{{ define "audit.html" }}[{{ .maintenance.Reason }}{{ .maintenance.ChangedBy }}]{{ end }}` +
		`{{ define "unsafe.html" }}<a href="{{ if .maintenance_mode }}x{{ end }}<b>{{ end }}`
	team := func(*gin.Context) gin.H {
		return gin.H{"team": "the <b>crew</b>", ContextKey: false, "maintenance": "mine"}
	}
	cases := map[string]struct {
		templates string // "" for an engine without a renderer
		cfg       Config
		shows     string
		logs      string // "" for nothing
	}{
		"no renderer":                     {"", Config{}, builtIn, ""},
		"no renderer, and one asked for":  {"", Config{Template: "down.html"}, builtIn, "load it or correct Config.Template"},
		"a renderer without 503.html":     {`{{ define "x" }}{{ end }}`, Config{}, builtIn, ""},
		"the engine's own 503.html":       {own, Config{}, "own true on Back soon", ""},
		"another template with its data":  {own, Config{Template: "down.html", TemplateContext: team}, "down for the &lt;b&gt;crew&lt;/b&gt;", ""},
		"ours is not to be replaced":      {own, Config{TemplateContext: team}, "own true on Back soon", ""},
		"a template that is missing":      {own, Config{Template: "nope.html"}, builtIn, "load it or correct Config.Template"},
		"a template that fails midway":    {own, Config{Template: "half.html"}, builtIn, "NoSuchField"},
		"a template that renders nothing": {own, Config{Template: "empty.html"}, builtIn, "it wrote nothing"},
		"a template that can't be safe":   {own, Config{Template: "unsafe.html"}, builtIn, "unsafe.html"},
		"the audit is not for visitors":   {own, Config{Template: "audit.html"}, "[]", ""},
		"no data from the function":       {own, Config{TemplateContext: func(*gin.Context) gin.H { return nil }}, "own true on Back soon", ""},
		"a function that panics":          {own, Config{TemplateContext: func(*gin.Context) gin.H { panic("no database") }}, builtIn, "no database"},
		"a 503.html that fails midway":    {`{{ define "503.html" }}half {{ .maintenance.NoSuchField }}{{ end }}`, Config{}, builtIn, "NoSuchField"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var log journal
			tc.cfg.Mode = inState(t, maintenance.State{Level: maintenance.On, Message: "Back soon", Reason: "secret", ChangedBy: "ada"})
			tc.cfg.Logger = log.logger()
			s := serving(t, tc.cfg)
			if tc.templates != "" {
				s.SetHTMLTemplate(parsed(t, tc.templates, nil))
			}
			for range 2 {
				answer := ask(s, http.MethodGet, "/", browser)
				page := answer.Body.String()
				assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
				assert.Equal(t, []string{"text/html; charset=utf-8"}, answer.Header().Values("Content-Type"))
				if tc.shows == builtIn {
					assert.True(t, strings.HasPrefix(page, "<!DOCTYPE html>"), "whole, and nothing in front: %.80s", page)
					assert.True(t, strings.HasSuffix(strings.TrimSpace(page), "</html>"))
					assert.Contains(t, page, builtIn)
					assert.Contains(t, page, "Back soon")
				} else {
					assert.Equal(t, tc.shows, page)
				}
				assert.NotContains(t, page, "secret")
			}
			if tc.logs == "" {
				assert.Empty(t, log.String())
			} else if assert.Len(t, log.lines(), 1) {
				assert.Contains(t, log.String(), tc.logs)
			}
		})
	}
}

func TestAFailingTemplateLeavesNoErrorInTheContext(t *testing.T) {
	var failures []string
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		c.Next()
		failures = c.Errors.Errors()
	}, New(Config{Mode: at(t, maintenance.On), Logger: quiet, Template: "nope.html"}))
	s.SetHTMLTemplate(parsed(t, `{{ define "x" }}{{ end }}`, nil))
	ask(s, http.MethodGet, "/", browser)
	assert.Empty(t, failures)
}

func TestAnAbortedAnswerPanicsOn(t *testing.T) {
	t.Run("in TemplateContext", func(t *testing.T) {
		s := serving(t, Config{Mode: at(t, maintenance.On), TemplateContext: func(*gin.Context) gin.H { panic(http.ErrAbortHandler) }})
		assert.PanicsWithValue(t, http.ErrAbortHandler, func() { ask(s, http.MethodGet, "/", browser) })
	})
	t.Run("in a renderer", func(t *testing.T) {
		s := serving(t, Config{Mode: at(t, maintenance.On)})
		s.HTMLRender = renderer(func(http.ResponseWriter) error { panic(http.ErrAbortHandler) })
		assert.PanicsWithValue(t, http.ErrAbortHandler, func() { ask(s, http.MethodGet, "/", browser) })
	})
}

// renderer is an HTMLRender of the application's own.
type renderer func(http.ResponseWriter) error

func (r renderer) Instance(string, any) render.Render     { return r }
func (r renderer) Render(w http.ResponseWriter) error     { return r(w) }
func (r renderer) WriteContentType(w http.ResponseWriter) {}

func TestARendererOfTheApplicationsOwn(t *testing.T) {
	var log journal
	s := serving(t, Config{Mode: at(t, maintenance.On), Logger: log.logger()})
	s.HTMLRender = renderer(func(w http.ResponseWriter) error {
		w.Header().Set("X-Renderer", "own") // headers of a page that may yet fail
		w.WriteHeader(http.StatusTeapot)
		_, err := w.Write([]byte("rendered"))
		return err
	})
	answer := ask(s, http.MethodGet, "/", browser)
	assert.Equal(t, http.StatusServiceUnavailable, answer.Code)
	assert.Equal(t, "rendered", answer.Body.String())
	assert.Empty(t, answer.Header().Get("X-Renderer"))
	assert.Empty(t, log.String())
}

func TestBuiltInPages(t *testing.T) {
	end := time.Now().Add(24 * time.Hour).UTC()
	for name, tc := range map[string]struct {
		state maintenance.State
		shows []string
	}{
		"on":        {maintenance.State{Level: maintenance.On}, []string{builtIn, "Please try again in a little while"}},
		"read-only": {maintenance.State{Level: maintenance.ReadOnly, Message: "Migration"}, []string{"Changes are paused", "Migration", "What you sent was not saved"}},
		"with an end": {maintenance.State{Level: maintenance.On, End: end},
			[]string{end.Format("2006-01-02 15:04 UTC"), end.Format(time.RFC3339)}},
	} {
		t.Run(name, func(t *testing.T) {
			page := ask(serving(t, Config{Mode: inState(t, tc.state)}), http.MethodPost, "/", browser).Body.String()
			for _, text := range tc.shows {
				assert.Contains(t, page, text)
			}
			assert.NotContains(t, page, "<no value>")
		})
	}
}
