package ginmaint_test

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Nobody outside sees who works under the state, and why.
func TestNoVisitorSeesWhoWorks(t *testing.T) {
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore(), maintenance.Name("db-7.internal:4211"))
	require.NoError(t, err)
	defer mode.Close()
	_, err = mode.Engage(t.Context(), maintenance.State{Level: maintenance.On, Message: "Back soon.", Reason: "a secret breach"})
	require.NoError(t, err)
	for name, cfg := range map[string]ginmaint.Config{
		"Answer": {Answer: func(c *gin.Context, s maintenance.State) {
			c.JSON(http.StatusServiceUnavailable, gin.H{"maintenance": s})
		}},
		"page": {Format: func(*gin.Context) ginmaint.Format { return ginmaint.HTML }},
	} {
		r := gin.New()
		r.SetHTMLTemplate(template.Must(template.New("503.html").Parse(`{{.maintenance}} {{.maintenance.Work}}`)))
		cfg.Mode = mode
		r.Use(ginmaint.New(cfg))
		r.GET("/", func(*gin.Context) {})
		r.GET("/state", ginmaint.ForceOff, func(c *gin.Context) {
			state, _ := ginmaint.State(c)
			c.JSON(http.StatusOK, state)
		})
		r.GET("/data", ginmaint.ForceOff, func(c *gin.Context) { c.JSON(http.StatusOK, ginmaint.H(c, nil)) })
		for _, path := range []string{"/", "/state", "/data"} {
			answer := httptest.NewRecorder()
			r.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			assert.Contains(t, answer.Body.String(), "Back soon.", "%s %s", name, path)
			assert.NotContains(t, answer.Body.String(), "secret", "%s %s", name, path)
			assert.NotContains(t, answer.Body.String(), "internal", "%s %s", name, path)
		}
	}
}
