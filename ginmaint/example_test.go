package ginmaint_test

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// request sends one request, from 203.0.113.7, with a forwarding header where
// one is given.
func request(r http.Handler, method, path, forwardedFor string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, nil)
	req.RemoteAddr = "203.0.113.7:4711"
	if forwardedFor != "" {
		req.Header.Set("X-Forwarded-For", forwardedFor)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func open() *maintenance.Mode {
	mode, err := maintenance.Open(context.Background(), maintenance.NewMemoryStore())
	if err != nil {
		panic(err)
	}
	return mode
}

func ExampleNew() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	_ = r.SetTrustedProxies(nil)
	r.Use(ginmaint.New(ginmaint.Config{
		Mode:              mode,
		IgnoreIPAddresses: []string{"10.0.0.0/8"},
	}))
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "Welcome") })

	fmt.Println("off:", request(r, "GET", "/", "").Code)
	_ = mode.On(context.Background())
	refused := request(r, "GET", "/", "")
	fmt.Println("on:", refused.Code, refused.Header().Get("Content-Type"), "maintenance", refused.Header().Get("Maintenance-Mode"))
	fmt.Println("on, with a forged address:", request(r, "GET", "/", "10.0.0.1").Code)
	// Output:
	// off: 200
	// on: 503 application/problem+json maintenance on
	// on, with a forged address: 503
}

// The role comes from a token that nobody can guess. Where users log in, it comes from
// the session or from a verified JWT.
func ExampleRoutes() {
	mode := open()
	defer mode.Close()
	secret := rand.Text() // in a service: of its configuration

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{
		Mode: mode,
		Role: func(c *gin.Context) ginmaint.Role {
			token, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
			if subtle.ConstantTimeCompare([]byte(token), []byte(secret)) == 1 {
				return ginmaint.Superuser
			}
			return ginmaint.Anonymous
		},
	}))
	ginmaint.Routes(r.Group("/maintenance-mode"))

	by := func(token, method string) int {
		req := httptest.NewRequest(method, "/maintenance-mode/on/", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w.Code
	}
	fmt.Println("anybody:", by("a guess", "POST"), mode.Level())
	fmt.Println("a superuser's GET:", by(secret, "GET"), mode.Level())
	fmt.Println("a superuser's POST:", by(secret, "POST"), mode.Level())
	// Output:
	// anybody: 403 off
	// a superuser's GET: 200 off
	// a superuser's POST: 200 on
}

func ExampleH() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.SetHTMLTemplate(template.Must(template.New("index.html").Parse(
		`{{ .title }}{{ if .maintenance_mode }}: {{ .maintenance.Message }}{{ end }}`)))
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	r.GET("/", func(c *gin.Context) {
		c.HTML(http.StatusOK, "index.html", ginmaint.H(c, gin.H{"title": "Home"}))
	})

	fmt.Println(request(r, "GET", "/", "").Body)
	_, _ = mode.Set(context.Background(), maintenance.State{Level: maintenance.ReadOnly, Message: "no orders until noon"})
	fmt.Println(request(r, "GET", "/", "").Body)
	// Output:
	// Home
	// Home: no orders until noon
}

func ExampleForceOff() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	r.GET("/healthz", ginmaint.ForceOff, func(c *gin.Context) { c.String(http.StatusOK, "alive") })
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "Welcome") })

	_ = mode.On(context.Background())
	fmt.Println("/healthz", request(r, "GET", "/healthz", "").Code)
	fmt.Println("/", request(r, "GET", "/", "").Code)
	// Output:
	// /healthz 200
	// / 503
}

func ExampleRefused() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(func(c *gin.Context) { // an error tracker
		c.Next()
		if c.Writer.Status() >= 500 && !ginmaint.Refused(c) {
			fmt.Println("report:", c.Request.URL.Path, c.Writer.Status())
		}
	}, ginmaint.New(ginmaint.Config{Mode: mode}))
	r.GET("/broken", func(c *gin.Context) { c.Status(http.StatusInternalServerError) })

	request(r, "GET", "/broken", "")
	_ = mode.On(context.Background())
	request(r, "GET", "/broken", "")
	// Output:
	// report: /broken 500
}
