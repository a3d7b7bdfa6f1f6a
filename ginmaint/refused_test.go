package ginmaint

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestRefused(t *testing.T) {
	cases := map[string]struct {
		level maintenance.Level
		cfg   Config
		path  string
		want  bool
	}{
		"off":                           {maintenance.Off, Config{}, "/", false},
		"on":                            {maintenance.On, Config{}, "/", true},
		"on, 404":                       {maintenance.On, Config{}, "/nowhere", true},
		"redirected":                    {maintenance.On, Config{RedirectURL: "/x"}, "/", true},
		"exempt":                        {maintenance.On, Config{IgnoreAnonymous: true}, "/", false},
		"ForceOn":                       {maintenance.Off, Config{}, "/closed", true},
		"ForceOn, nested":               {maintenance.Off, Config{}, "/wrapped", true},
		"the service's own 503":         {maintenance.Off, Config{}, "/503", false},
		"an abort of the service's own": {maintenance.Off, Config{}, "/abort", false},
		"exempt, and aborted":           {maintenance.On, Config{IgnoreAnonymous: true}, "/abort", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var refused []bool
			tc.cfg.Mode, tc.cfg.Logger = at(t, tc.level), quiet
			s := &service{Engine: gin.New()}
			s.Use(func(c *gin.Context) { // an access log
				c.Next()
				refused = append(refused, Refused(c))
			}, New(tc.cfg))
			s.GET("/", s.handle)
			s.GET("/closed", ForceOn)
			s.GET("/wrapped", func(c *gin.Context) { ForceOn(c) })
			s.GET("/abort", func(c *gin.Context) { c.AbortWithStatus(http.StatusServiceUnavailable) })
			s.GET("/503", func(c *gin.Context) { c.Status(http.StatusServiceUnavailable) })
			ask(s, http.MethodGet, tc.path)
			assert.Equal(t, []bool{tc.want}, refused)
		})
	}
}

// TestHeadersSetInFrontStay: headers that middleware in front has set belong
// to it, but for those that the answer needs.
func TestHeadersSetInFrontStay(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		c.Header("X-Request-Id", "7")
		c.Header("Cache-Control", "public, max-age=3600")
		c.Header("Content-Type", "application/json")
	}, New(Config{Mode: at(t, maintenance.On), Logger: quiet}))
	answer := ask(s, http.MethodGet, "/")
	assert.Equal(t, "7", answer.Header().Get("X-Request-Id"))
	assert.Equal(t, []string{"no-store"}, answer.Header().Values("Cache-Control"))
	assert.Equal(t, []string{"text/html; charset=utf-8"}, answer.Header().Values("Content-Type"))
}

// TestAnswersShareNothingThatALaterOneSees: the header values are shared, so
// whoever changes one answer must not change the next.
func TestAnswersShareNothingThatALaterOneSees(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		c.Next()
		for name := range c.Writer.Header() {
			c.Writer.Header().Add(name, "added")
		}
	}, New(Config{Mode: at(t, maintenance.On), Logger: quiet}))
	first := ask(s, http.MethodGet, "/").Result().Header
	assert.Len(t, first, 6)
	for name, lines := range first {
		assert.Len(t, lines, 1, name)
	}
	assert.Equal(t, first, ask(s, http.MethodGet, "/").Result().Header)
}
