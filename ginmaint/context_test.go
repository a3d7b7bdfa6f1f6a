package ginmaint

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestH(t *testing.T) {
	ahead := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	audited := func(s maintenance.State) maintenance.State {
		s.Reason, s.ChangedBy = "ticket 7", "ada"
		return s
	}
	cases := map[string]struct {
		state maintenance.State
		path  string
		on    bool
		level maintenance.Level // of the state that the template sees
		start time.Time
	}{
		"off":                           {maintenance.State{}, "/h", false, maintenance.Off, time.Time{}},
		"off, at a route never refused": {maintenance.State{}, "/forced", false, maintenance.Off, time.Time{}},
		"announced":                     {maintenance.State{Level: maintenance.On, Start: ahead}, "/h", false, maintenance.On, ahead},
		"read-only, admitted":           {maintenance.State{Level: maintenance.ReadOnly}, "/h", true, maintenance.ReadOnly, time.Time{}},
		"on, exempt by its URL":         {maintenance.State{Level: maintenance.On}, "/exempt", true, maintenance.On, time.Time{}},
		"on, at a route never refused":  {maintenance.State{Level: maintenance.On}, "/forced", true, maintenance.On, time.Time{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{Mode: inState(t, audited(tc.state)), IgnoreURLs: []string{"^/exempt$"}})
			var got gin.H
			var key bool
			data := gin.H{"title": "Home", ContextKey: "overwritten"}
			handler := func(c *gin.Context) {
				got, key = H(c, data), c.GetBool(ContextKey)
				state, on := State(c)
				assert.Equal(t, tc.on, on)
				assert.Equal(t, got["maintenance"], state)
			}
			s.GET("/h", handler)
			s.GET("/exempt", handler)
			s.GET("/forced", ForceOff, handler)
			require.Equal(t, http.StatusOK, ask(s, http.MethodGet, tc.path).Code)
			assert.Equal(t, tc.on, got[ContextKey])
			assert.Equal(t, tc.on, key)
			assert.Equal(t, "Home", got["title"])
			state, _ := got["maintenance"].(maintenance.State)
			assert.Equal(t, tc.level, state.Level)
			assert.Equal(t, tc.start, state.Start)
			assert.Empty(t, state.Reason+state.ChangedBy, "the audit is not for visitors")
			assert.Zero(t, state.ChangedAt)
			assert.Equal(t, gin.H{"title": "Home", ContextKey: "overwritten"}, data, "the data given stays as it was")
		})
	}
}

func TestHWithoutData(t *testing.T) {
	c, _ := gin.CreateTestContext(nil)
	assert.Equal(t, gin.H{ContextKey: false, "maintenance": maintenance.State{}}, H(c, nil), "nor a middleware")
	assert.False(t, Refused(c))
}

func TestHInATemplate(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.ReadOnly)})
	s.SetHTMLTemplate(parsed(t, `{{ define "index.html" }}{{ if .maintenance_mode }}{{ .maintenance.Level }}{{ else }}open{{ end }}{{ end }}`, nil))
	s.GET("/index", func(c *gin.Context) { c.HTML(http.StatusOK, "index.html", H(c, nil)) })
	assert.Equal(t, "read-only", ask(s, http.MethodGet, "/index").Body.String())
}

func TestWindowThatIsOverAnnouncesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := inState(t, maintenance.State{Level: maintenance.On, End: time.Now().Add(time.Minute)})
		s := serving(t, Config{Mode: m})
		s.GET("/h", func(c *gin.Context) {
			assert.Empty(t, c.Keys)
			assert.Equal(t, gin.H{ContextKey: false, "maintenance": maintenance.State{}}, H(c, nil))
		})
		assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/h").Code)
		time.Sleep(time.Minute) // on the bubble's clock
		synctest.Wait()
		assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/h").Code)
	})
}
