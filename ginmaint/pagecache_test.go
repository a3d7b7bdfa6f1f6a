package ginmaint

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// countingPages has an engine with a 503.html that counts its executions.
func countingPages(t *testing.T, cfg Config) (*service, *atomic.Int64) {
	t.Helper()
	var executions atomic.Int64
	s := serving(t, cfg)
	s.SetHTMLTemplate(parsed(t, `{{ define "503.html" }}{{ count }}{{ .maintenance.Message }}{{ .visitor }}{{ end }}`,
		template.FuncMap{"count": func() string {
			executions.Add(1)
			return ""
		}}))
	return s, &executions
}

func TestThePageIsRenderedOncePerChange(t *testing.T) {
	m := inState(t, maintenance.State{Level: maintenance.On, Message: "first"})
	s, executions := countingPages(t, Config{Mode: m})
	for range 5 {
		assert.Equal(t, "first", ask(s, http.MethodGet, "/", browser).Body.String())
	}
	assert.EqualValues(t, 1, executions.Load())
	_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On, Message: "second"})
	require.NoError(t, err)
	for range 5 {
		assert.Equal(t, "second", ask(s, http.MethodGet, "/", browser).Body.String())
	}
	assert.EqualValues(t, 2, executions.Load())
}

// TestEachFormatFollowsStateAndLevel: a route that is always refused answers
// "on" while the rest is read-only, by the same state.
func TestEachFormatFollowsStateAndLevel(t *testing.T) {
	shows := map[string]map[maintenance.Level]string{
		"text/html":        {maintenance.ReadOnly: "Changes are paused", maintenance.On: builtIn},
		"application/json": {maintenance.ReadOnly: `"maintenance":"read-only"`, maintenance.On: `"maintenance":"on"`},
		"text/plain":       {maintenance.ReadOnly: "is read-only", maintenance.On: "is down"},
	}
	for accept, texts := range shows {
		t.Run(accept, func(t *testing.T) {
			m := at(t, maintenance.ReadOnly)
			s := serving(t, Config{Mode: m})
			s.POST("/closed", ForceOn)
			for range 2 {
				assert.Contains(t, ask(s, http.MethodPost, "/", header("Accept", accept)).Body.String(), texts[maintenance.ReadOnly])
				assert.Contains(t, ask(s, http.MethodPost, "/closed", header("Accept", accept)).Body.String(), texts[maintenance.On])
			}
			for _, message := range []string{"first", "second"} {
				_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.On, Message: message})
				require.NoError(t, err)
				assert.Contains(t, ask(s, http.MethodPost, "/", header("Accept", accept)).Body.String(), message)
			}
		})
	}
}

func TestAPageWithDataOfItsOwnIsNeverKept(t *testing.T) {
	s, executions := countingPages(t, Config{
		Mode:            at(t, maintenance.On),
		TemplateContext: func(c *gin.Context) gin.H { return gin.H{"visitor": c.Query("name")} },
	})
	for i := range 3 {
		name := fmt.Sprint("visitor", i)
		assert.Equal(t, name, ask(s, http.MethodGet, "/?name="+name, browser).Body.String())
	}
	assert.EqualValues(t, 3, executions.Load())
}

// TestManyVisitorsAtTheSameTime: each gets a whole page, and nobody another's.
func TestManyVisitorsAtTheSameTime(t *testing.T) {
	m := inState(t, maintenance.State{Level: maintenance.On, Message: "message"})
	kept, _ := countingPages(t, Config{Mode: m})
	personal, _ := countingPages(t, Config{
		Mode:            m,
		TemplateContext: func(c *gin.Context) gin.H { return gin.H{"visitor": c.Query("name")} },
	})
	var all sync.WaitGroup
	for i := range 32 {
		all.Add(1)
		go func() {
			defer all.Done()
			name := fmt.Sprint("visitor", i)
			assert.Equal(t, "message", ask(kept, http.MethodGet, "/?name="+name, browser).Body.String())
			assert.Equal(t, "message"+name, ask(personal, http.MethodGet, "/?name="+name, browser).Body.String())
		}()
	}
	all.Wait()
}

func TestOneEnginesPageIsNotAnothers(t *testing.T) {
	m := at(t, maintenance.On)
	for _, name := range []string{"shop", "office"} {
		s := serving(t, Config{Mode: m})
		s.SetHTMLTemplate(parsed(t, `{{ define "503.html" }}`+name+`{{ end }}`, nil))
		assert.Equal(t, name, ask(s, http.MethodGet, "/", browser).Body.String())
	}
}

func TestDebugModeShowsAnEditedTemplate(t *testing.T) {
	var log journal
	file := filepath.Join(t.TempDir(), "503.html")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("before")
	for _, mode := range []string{gin.ReleaseMode, gin.DebugMode} {
		t.Run(mode, func(t *testing.T) {
			inGinMode(t, mode)
			write("before")
			s := serving(t, Config{Mode: at(t, maintenance.On), Logger: log.logger()})
			s.LoadHTMLFiles(file)
			assert.Equal(t, "before", ask(s, http.MethodGet, "/", browser).Body.String())
			write("after")
			want := "before"
			if mode == gin.DebugMode {
				want = "after"
			}
			assert.Equal(t, want, ask(s, http.MethodGet, "/", browser).Body.String())
		})
	}
	t.Run("and says what is wrong with it", func(t *testing.T) {
		inGinMode(t, gin.DebugMode)
		s := serving(t, Config{Mode: at(t, maintenance.On), Logger: log.logger()})
		s.LoadHTMLFiles(file)
		require.Empty(t, log.String())
		write("{{ if }}")
		assert.Contains(t, ask(s, http.MethodGet, "/", browser).Body.String(), builtIn)
		assert.Contains(t, log.String(), "missing value for if")
	})
}

func inGinMode(t *testing.T, mode string) {
	t.Helper()
	before, out := gin.Mode(), gin.DefaultWriter
	gin.DefaultWriter = io.Discard
	gin.SetMode(mode)
	t.Cleanup(func() {
		gin.SetMode(before)
		gin.DefaultWriter = out
	})
}
