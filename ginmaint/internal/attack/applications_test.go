package attack

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// settings are the fields of Gin's engine that change what it does with a path.
// One that this version of Gin lacks is left out.
var settings = existing("RemoveExtraSlash", "UseRawPath", "UseEscapedPath", "UnescapePathValues",
	"RedirectTrailingSlash", "RedirectFixedPath", "HandleMethodNotAllowed")

func existing(fields ...string) (found []string) {
	for _, name := range fields {
		if _, ok := reflect.TypeFor[gin.Engine]().FieldByName(name); ok {
			found = append(found, name)
		}
	}
	return found
}

// engineWith returns an engine with the settings whose bits are set.
func engineWith(bits int) *gin.Engine {
	engine := gin.New()
	for i, name := range settings {
		reflect.ValueOf(engine).Elem().FieldByName(name).SetBool(bits&(1<<i) != 0)
	}
	return engine
}

// application is a service of which the folder /static is open.
type application struct {
	name  string
	serve func(a *arena, engine *gin.Engine, files string)
}

// applications are the ways in which a service may read a path on its own.
var applications = []application{
	{"routes", func(a *arena, engine *gin.Engine, files string) {
		engine.Static("/static", filepath.Join(files, "static"))
		engine.GET("/", a.closed)
		engine.Any("/order", a.closed)
		engine.Any("/admin/*path", a.closed)
		engine.GET("/:shop/:item", a.closed)
		engine.POST("/:shop/:item", a.closed)
		engine.DELETE("/:shop/:item/*rest", a.closed)
		engine.NoRoute(a.judged)
		engine.NoMethod(a.judged)
	}},
	{"file server for what is unknown", func(a *arena, engine *gin.Engine, files string) {
		engine.NoRoute(a.judged, gin.WrapH(http.FileServer(http.Dir(files))))
	}},
	{"proxy for what is unknown", func(a *arena, engine *gin.Engine, _ string) {
		upstream := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(&url.URL{Scheme: "http", Host: "upstream.example"})
			},
			Transport: upstream{a},
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
				w.WriteHeader(http.StatusBadGateway)
			},
		}
		engine.NoRoute(func(c *gin.Context) { upstream.ServeHTTP(plainWriter{c.Writer}, c.Request) })
	}},
	{"catch-all", func(a *arena, engine *gin.Engine, _ string) {
		engine.Any("/*path", a.judged)
	}},
	{"files at the root", func(a *arena, engine *gin.Engine, files string) {
		engine.Use(a.judged)
		engine.Static("/", files)
	}},
	{"a path stripped in front", func(a *arena, engine *gin.Engine, _ string) {
		engine.Any("/static/*path", func(c *gin.Context) {
			http.StripPrefix("/static", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				judged := *c.Request
				judged.URL = &url.URL{Path: "/static" + r.URL.Path}
				a.judge(&judged)
			})).ServeHTTP(c.Writer, c.Request)
		})
		engine.NoRoute(a.judged)
	}},
}

// judge records a request that may be taken for one to another place than the open
// folder.
func (a *arena) judge(r *http.Request) {
	if elsewhere := leaves(r, "/static"); elsewhere != "" {
		a.reached(r, "let through although it leads to "+elsewhere)
	}
}

func (a *arena) judged(c *gin.Context) { a.judge(c.Request) }

// upstream is the service behind a proxy.
type upstream struct{ a *arena }

func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	judged := *r
	judged.RequestURI = r.URL.RequestURI()
	u.a.judge(&judged)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("open")), Request: r}, nil
}

// plainWriter hides from the proxy that Gin's writer claims to tell of closed
// connections.
type plainWriter struct{ http.ResponseWriter }

// folder lays out files, of which those under static are open.
func folder(t *testing.T) string {
	files := t.TempDir()
	for name, text := range map[string]string{
		"static/open.txt": "open", "static/x": "open", "order": secret, "secret.txt": secret, "admin/users": secret, "index.html": secret,
	} {
		file := filepath.Join(files, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return files
}

// settle gives the arena each application in each setting, at a level, and returns
// their hosts.
func (a *arena) settle(mode *maintenance.Mode, files string) (hosts [][]string) {
	for i, app := range applications {
		var list []string
		for bits := range 1 << len(settings) {
			engine := engineWith(bits)
			open := []string{"^/static/", "/static/"}[bits%2] // which mean the same
			engine.Use(ginmaint.New(ginmaint.Config{Mode: mode, Logger: quiet, IgnoreURLs: []string{open}}))
			app.serve(a, engine, files)
			host := fmt.Sprintf("%d-%d.example", i, bits)
			a.engines[host] = engine
			list = append(list, host)
		}
		hosts = append(hosts, list)
	}
	return hosts
}
