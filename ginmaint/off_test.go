package ginmaint

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestOffLeavesTheContextUntouched(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.Off), Role: func(*gin.Context) Role {
		t.Error("the role was looked up")
		return Anonymous
	}})
	s.GET("/keys", func(c *gin.Context) { assert.Nil(t, c.Keys) })
	answer := ask(s, http.MethodGet, "/keys")
	assert.Equal(t, http.StatusOK, answer.Code)
	assert.Empty(t, answer.Header())
}

// TestOffAllocatesNothing goes through an engine's routing with one context
// used again and again, as its pool does; the pool itself is left out because
// under the race detector it drops contexts at random.
func TestOffAllocatesNothing(t *testing.T) {
	nothing := func(*gin.Context) {}
	routes := map[string]func(*gin.Engine){
		"plain":    func(e *gin.Engine) { e.GET("/users/:id", nothing) },
		"ForceOff": func(e *gin.Engine) { e.GET("/users/:id", ForceOff, nothing) },
		"Writes":   func(e *gin.Engine) { e.GET("/users/:id", Writes, nothing) },
		"404":      func(*gin.Engine) {},
	}
	for name, register := range routes {
		t.Run(name, func(t *testing.T) {
			measure := func(before ...gin.HandlerFunc) float64 {
				w := httptest.NewRecorder()
				c, engine := gin.CreateTestContext(w)
				c.Request = httptest.NewRequest(http.MethodGet, "/users/7", nil)
				engine.Use(before...)
				register(engine)
				return testing.AllocsPerRun(500, func() {
					engine.HandleContext(c)
					w.Body.Reset()
				})
			}
			bare := measure()
			debug := slog.New(slog.NewTextHandler(new(journal), &slog.HandlerOptions{Level: slog.LevelDebug}))
			mode := watched(t)
			with := measure(New(Config{Mode: mode, Logger: debug}))
			assert.Equal(t, bare, with, "allocations per request, bare and with the middleware")
			if name != "404" { // whose body Gin itself writes
				assert.Zero(t, with)
			}
		})
	}
}
