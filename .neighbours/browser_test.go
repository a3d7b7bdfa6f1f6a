package neighbours

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	ginbrotli "github.com/anargu/gin-brotli"
	"github.com/andybalholm/brotli"
	"github.com/gin-contrib/cache"
	"github.com/gin-contrib/cache/persistence"
	"github.com/gin-contrib/cors"
	gingzip "github.com/gin-contrib/gzip"
	"github.com/gin-contrib/secure"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestCORS(t *testing.T) {
	r := gin.New()
	r.Use(cors.New(cors.Config{
		AllowOrigins:  []string{"https://app.example"},
		AllowMethods:  []string{"GET", "POST"},
		ExposeHeaders: []string{"Retry-After", "Maintenance-Mode"},
	}), gate(switchAt(t, maintenance.On)))
	r.POST("/orders", ok)
	server := serve(t, r)
	answer, _ := ask(t, server, "POST", "/orders", "Origin", "https://app.example", "Accept", "application/json")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Equal(t, "https://app.example", answer.Header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "Retry-After,Maintenance-Mode", strings.ReplaceAll(answer.Header.Get("Access-Control-Expose-Headers"), ", ", ","))
	preflight, _ := ask(t, server, "OPTIONS", "/orders", "Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	assert.Equal(t, http.StatusNoContent, preflight.StatusCode)
}

func TestSecure(t *testing.T) {
	cfg := secure.DefaultConfig()
	cfg.SSLRedirect = false
	cfg.ContentSecurityPolicy = "default-src 'self'"
	cfg.ReferrerPolicy = "no-referrer"
	r := gin.New()
	r.Use(secure.New(cfg), gate(switchAt(t, maintenance.On), superuser))
	ginmaint.Routes(r.Group("/maintenance-mode"))
	server := serve(t, r)
	answer, _ := ask(t, server, "GET", "/", "Accept", "text/html")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Equal(t, "default-src 'self'", answer.Header.Get("Content-Security-Policy"))
	panel, _ := ask(t, server, "GET", "/maintenance-mode/", "Accept", "text/html", "Test-Role", "superuser")
	assert.Contains(t, panel.Header.Values("Content-Security-Policy"), "default-src 'self'")
	assert.Equal(t, "same-origin", panel.Header.Get("Referrer-Policy"), "the panel's forms need an origin")
}

// It compresses no answer that is an error, and a page that is none by its status.
func TestGzip(t *testing.T) {
	for status, encoding := range map[int]string{http.StatusServiceUnavailable: "", http.StatusOK: "gzip"} {
		r := gin.New()
		r.Use(gingzip.Gzip(gingzip.DefaultCompression), gate(switchAt(t, maintenance.On), func(c *ginmaint.Config) { c.StatusCode = status }))
		answer, body := ask(t, serve(t, r), "GET", "/", "Accept", "text/html", "Accept-Encoding", "gzip")
		assert.Equal(t, status, answer.StatusCode)
		assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
		require.Equal(t, encoding, answer.Header.Get("Content-Encoding"))
		if encoding != "" {
			plain, err := gzip.NewReader(strings.NewReader(body))
			require.NoError(t, err)
			page, err := io.ReadAll(plain)
			require.NoError(t, err, "a length that belongs to the page before it was compressed cuts it off")
			body = string(page)
		}
		assert.Contains(t, body, "</html>")
	}
}

func TestBrotli(t *testing.T) {
	r := gin.New()
	r.Use(ginbrotli.Brotli(ginbrotli.DefaultCompression), gate(switchAt(t, maintenance.On)))
	answer, body := ask(t, serve(t, r), "GET", "/", "Accept", "text/html", "Accept-Encoding", "br")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	require.Equal(t, "br", answer.Header.Get("Content-Encoding"))
	page, err := io.ReadAll(brotli.NewReader(strings.NewReader(body)))
	require.NoError(t, err, "a length that belongs to the page before it was compressed cuts it off")
	assert.Contains(t, string(page), "</html>")
}

func TestCache(t *testing.T) {
	mode := switchAt(t, maintenance.Off)
	r := gin.New()
	r.Use(gate(mode))
	r.GET("/news", cache.CachePage(persistence.NewInMemoryStore(time.Minute), time.Minute, ok))
	server := serve(t, r)
	_, body := ask(t, server, "GET", "/news")
	require.Equal(t, "ok", body)
	require.NoError(t, mode.On(t.Context()))
	answer, _ := ask(t, server, "GET", "/news")
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode, "what is kept from before is refused too")
	require.NoError(t, mode.Off(t.Context()))
	answer, body = ask(t, server, "GET", "/news")
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "ok", body, "and the refusal was not kept")
}
