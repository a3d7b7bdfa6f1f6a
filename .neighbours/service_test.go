package neighbours

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// patience bounds what a test waits for.
const patience = time.Minute

var quiet = slog.New(slog.DiscardHandler)

func init() { gin.SetMode(gin.ReleaseMode) }

// switchAt returns a Mode at this level.
func switchAt(t testing.TB, l maintenance.Level) *maintenance.Mode {
	t.Helper()
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore(), maintenance.Logger(quiet))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, mode.Close()) })
	_, err = mode.Set(t.Context(), maintenance.State{Level: l})
	require.NoError(t, err)
	return mode
}

// gate is the middleware under test.
func gate(mode *maintenance.Mode, change ...func(*ginmaint.Config)) gin.HandlerFunc {
	cfg := ginmaint.Config{Mode: mode, Logger: quiet}
	for _, c := range change {
		c(&cfg)
	}
	return ginmaint.New(cfg)
}

// superuser lets everybody who says so in.
func superuser(c *ginmaint.Config) {
	c.Role = func(c *gin.Context) ginmaint.Role {
		if c.GetHeader("Test-Role") == "superuser" {
			return ginmaint.Superuser
		}
		return ginmaint.Anonymous
	}
}

// serve starts the engine on a real connection.
func serve(t *testing.T, engine http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return server
}

// ask sends one request, its headers as pairs of name and value.
func ask(t *testing.T, server *httptest.Server, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	return post(t, server, method, path, "", headers...)
}

func post(t *testing.T, server *httptest.Server, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := server.Client().Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(text)
}

// ok is a handler that must not run while maintenance is on.
func ok(c *gin.Context) { c.String(http.StatusOK, "ok") }
