package ginmaint

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// TestWhatIsAdmittedTellsOfMaintenance by a header, and by the part for templates.
func TestWhatIsAdmittedTellsOfMaintenance(t *testing.T) {
	start := time.Now().Add(time.Hour).Truncate(time.Second)
	end := start.Add(time.Hour)
	for name, tc := range map[string]struct {
		state   maintenance.State
		path    string
		accepts string
		header  string
		shows   []string // nil: nothing
	}{
		"nothing":             {maintenance.State{}, "/", "", "", nil},
		"announced":           {maintenance.State{Level: maintenance.ReadOnly, Start: start, End: end, Message: "A <new> kettle"}, "/", "", fmt.Sprintf("announced;start=@%d;end=@%d", start.Unix(), end.Unix()), []string{`<strong data-now="Changes are paused for the moment">Maintenance is planned</strong>`, "A &lt;new&gt; kettle", start.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339), `dir="ltr"`}},
		"without an end":      {maintenance.State{Level: maintenance.On, Start: start}, "/", "ar", fmt.Sprintf("announced;start=@%d", start.Unix()), []string{`lang="ar" dir="rtl"`, "صيانة مُجدولة"}},
		"read-only":           {maintenance.State{Level: maintenance.ReadOnly, End: end}, "/", "de", fmt.Sprintf("read-only;end=@%d", end.Unix()), []string{"Änderungen sind im Moment nicht möglich</strong>", "data-on"}},
		"on, a page ForceOff": {maintenance.State{Level: maintenance.On}, "/open", "", "on", []string{">Maintenance is under way</strong>"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &service{Engine: gin.New()}
			s.Use(New(Config{Mode: inState(t, tc.state), Logger: quiet}))
			set := parsed(t, `{{ define "home.html" }}<h1>Tea</h1>{{ template "maintenance.html" . }}{{ end }}`, nil)
			_, err := set.ParseFS(templates.FS, "maintenance.html")
			require.NoError(t, err)
			s.SetHTMLTemplate(set)
			home := func(c *gin.Context) { c.HTML(http.StatusOK, "home.html", H(c, gin.H{"title": "Tea"})) }
			s.GET("/", home)
			s.GET("/open", ForceOff, home)
			answer := ask(s, http.MethodGet, tc.path, browser, header("Accept-Language", tc.accepts))
			require.Equal(t, http.StatusOK, answer.Code)
			assert.Equal(t, tc.header, answer.Header().Get("Maintenance-Notice"))
			assert.Empty(t, answer.Header().Get("Maintenance-Mode"), "it was not refused")
			for _, shows := range tc.shows {
				assert.Contains(t, answer.Body.String(), shows)
			}
			if tc.shows == nil {
				assert.Equal(t, "<h1>Tea</h1>", answer.Body.String())
				assert.Empty(t, answer.Header().Values("Vary"))
			} else {
				assert.Equal(t, []string{"Accept-Language"}, answer.Header().Values("Vary"))
			}
		})
	}
}

// TestARefusalHasNoNotice: it has the marker.
func TestARefusalHasNoNotice(t *testing.T) {
	answer := ask(serving(t, Config{Mode: at(t, maintenance.On)}), http.MethodGet, "/", browser)
	assert.Equal(t, "on", answer.Header().Get("Maintenance-Mode"))
	assert.Empty(t, answer.Header().Values("Maintenance-Notice"))
}
