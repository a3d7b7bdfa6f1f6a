package neighbours

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foolin/goview"
	"github.com/foolin/goview/supports/ginview"
	"github.com/gin-contrib/multitemplate"
	"github.com/gin-contrib/pprof"
	"github.com/gin-contrib/requestid"
	"github.com/gin-contrib/static"
	"github.com/gin-gonic/gin"
	sloggin "github.com/samber/slog-gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func files(t *testing.T) string {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "app.js"), []byte("script"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "index.html"), []byte("shell"), 0o600))
	return folder
}

// Assets are exempt by their path, and nothing beside them.
func TestStatic(t *testing.T) {
	r := gin.New()
	r.Use(gate(switchAt(t, maintenance.On), func(c *ginmaint.Config) { c.IgnoreURLs = []string{"^/assets/"} }),
		static.Serve("/assets", static.LocalFile(files(t), false)))
	r.GET("/orders", ok)
	server := serve(t, r)
	answer, body := ask(t, server, "GET", "/assets/app.js")
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "script", body)
	for _, path := range []string{"/orders", "/assets/../orders", "/assets/%2e%2e/orders", "/assets/..%2forders"} {
		answer, _ = ask(t, server, "GET", path)
		assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode, path)
	}
}

// A single-page application serves its shell, which holds the login, on NoRoute.
func TestSinglePageApplication(t *testing.T) {
	index := filepath.Join(files(t), "index.html")
	r := gin.New()
	r.Use(gate(switchAt(t, maintenance.On)))
	r.GET("/api/orders", ok)
	r.NoRoute(ginmaint.ForceOff, func(c *gin.Context) { c.File(index) })
	server := serve(t, r)
	answer, body := ask(t, server, "GET", "/orders/7", "Accept", "text/html")
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "shell", body)
	answer, _ = ask(t, server, "GET", "/api/orders", "Accept", "application/json")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
}

func TestPprof(t *testing.T) {
	r := gin.New()
	r.Use(gate(switchAt(t, maintenance.On)))
	pprof.RouteRegister(r.Group("", ginmaint.ForceOff))
	r.GET("/orders", ok)
	server := serve(t, r)
	answer, _ := ask(t, server, "GET", "/debug/pprof/cmdline")
	assert.Equal(t, http.StatusOK, answer.StatusCode, "whoever migrates wants to see what runs")
	answer, _ = ask(t, server, "GET", "/orders")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
}

func TestRequestID(t *testing.T) {
	r := gin.New()
	r.Use(requestid.New(), gate(switchAt(t, maintenance.On)))
	server := serve(t, r)
	answer, _ := ask(t, server, "GET", "/", "X-Request-ID", "abc")
	assert.Equal(t, "abc", answer.Header.Get("X-Request-ID"), "a refusal can be found in the log")
}

func TestSlog(t *testing.T) {
	var log journal
	logger := slog.New(slog.NewTextHandler(&log, nil))
	r := gin.New()
	r.Use(sloggin.NewWithFilters(logger, func(c *gin.Context) bool { return !ginmaint.Refused(c) }), gate(switchAt(t, maintenance.On)))
	r.GET("/healthz", ginmaint.ForceOff, ok)
	server := serve(t, r)
	ask(t, server, "GET", "/")
	assert.Empty(t, log.String(), "a refusal is no fault of the service")
	ask(t, server, "GET", "/healthz")
	assert.Contains(t, log.String(), "/healthz")
}

func TestMultitemplate(t *testing.T) {
	var log journal
	pages := multitemplate.New()
	pages.AddFromString("index.html", "home")
	r := gin.New()
	r.HTMLRender = pages
	r.Use(gate(switchAt(t, maintenance.On), func(c *ginmaint.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }))
	server := serve(t, r)
	for range 3 {
		answer, body := ask(t, server, "GET", "/", "Accept", "text/html")
		assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
		assert.Contains(t, body, "<!DOCTYPE html>", "the built-in page, where there is no 503.html")
	}
	assert.Empty(t, log.String())

	pages.AddFromString("503.html", "ours: {{ .maintenance.Level }}")
	require.NoError(t, nil)
	r = gin.New()
	r.HTMLRender = pages
	r.Use(gate(switchAt(t, maintenance.ReadOnly)))
	answer, body := ask(t, serve(t, r), "POST", "/", "Accept", "text/html")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Equal(t, "ours: read-only", body)
}

// goview renders files below a folder, and knows a template once it has read it.
func TestGoview(t *testing.T) {
	views := t.TempDir()
	var log journal
	answers := func() string {
		r := gin.New()
		r.HTMLRender = ginview.New(goview.Config{Root: views, Extension: ".html"})
		r.Use(gate(switchAt(t, maintenance.ReadOnly), func(c *ginmaint.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) }))
		answer, body := ask(t, serve(t, r), "POST", "/", "Accept", "text/html")
		assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
		return body
	}
	assert.Contains(t, answers(), "<!DOCTYPE html>", "the built-in page, where there is no 503.html")
	assert.Empty(t, log.String())
	page := filepath.Join(views, "503.html")
	require.NoError(t, os.WriteFile(page, []byte("ours: {{ .maintenance.Level }}"), 0o600))
	assert.Equal(t, "ours: read-only", answers())
	require.NoError(t, os.WriteFile(page, []byte("ours: {{ .maintenance.Level"), 0o600))
	assert.Contains(t, answers(), "<!DOCTYPE html>", "a broken one")
	assert.Equal(t, 1, strings.Count(log.String(), "level=ERROR"), log.String())
}

func TestH2C(t *testing.T) {
	r := gin.New()
	r.Use(gate(switchAt(t, maintenance.On)))
	server := httptest.NewUnstartedServer(h2c.NewHandler(r, &http2.Server{}))
	server.Start()
	defer server.Close()
	client := &http.Client{Transport: new(http.Transport)}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client.Transport.(*http.Transport).Protocols = protocols
	defer client.CloseIdleConnections()
	answer, err := client.Get(server.URL)
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Equal(t, 2, answer.ProtoMajor)
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.NotEmpty(t, answer.Header.Get("Retry-After"))
}

// TLS is below the engine, by autotls as by any other certificate.
func TestTLS(t *testing.T) {
	r := gin.New()
	r.Use(gate(switchAt(t, maintenance.On)))
	server := httptest.NewTLSServer(r)
	defer server.Close()
	answer, _ := ask(t, server, "GET", "/")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
}
