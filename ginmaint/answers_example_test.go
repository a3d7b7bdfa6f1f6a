package ginmaint_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Programs expect the envelope of this application. Status and headers stay.
func ExampleNew_envelope() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{
		Mode: mode,
		Answer: func(c *gin.Context, s maintenance.State) {
			c.JSON(http.StatusServiceUnavailable, gin.H{"code": 50301, "msg": s.Message})
		},
	}))
	_, _ = mode.Set(context.Background(), maintenance.State{Level: maintenance.On, Message: "Back at ten."})
	refused := request(r, "GET", "/", "")
	fmt.Println(refused.Code, refused.Header().Get("Maintenance-Mode"), refused.Body)
	// Output:
	// 503 on {"code":50301,"msg":"Back at ten."}
}

// Below /api/ nobody gets a page; elsewhere the Accept header decides.
func ExampleNegotiate() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{
		Mode: mode,
		Format: func(c *gin.Context) ginmaint.Format {
			if strings.HasPrefix(c.Request.URL.Path, "/api/") {
				return ginmaint.JSON
			}
			return ginmaint.Negotiate(c)
		},
	}))
	_ = mode.On(context.Background())
	for _, path := range []string{"/", "/api/orders"} {
		page := httptest.NewRequest(http.MethodGet, path, nil)
		page.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		r.ServeHTTP(w, page)
		fmt.Println(path, w.Header().Get("Content-Type"))
	}
	// Output:
	// / text/html; charset=utf-8
	// /api/orders application/problem+json
}

// An answer in JSON announces a window, and says when it has begun.
func ExampleState() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	r.GET("/products", func(c *gin.Context) {
		state, on := ginmaint.State(c)
		c.JSON(http.StatusOK, gin.H{"products": []string{"tea"}, "maintenance": on, "announced": state.Message})
	})

	_, _ = mode.Set(context.Background(), maintenance.State{
		Level: maintenance.ReadOnly, Start: time.Now().Add(time.Hour), Message: "Orders rest tonight.",
	})
	fmt.Println(request(r, "GET", "/products", "").Body)
	_, _ = mode.Set(context.Background(), maintenance.State{Level: maintenance.ReadOnly, Message: "Orders rest."})
	fmt.Println(request(r, "GET", "/products", "").Body)
	// Output:
	// {"announced":"Orders rest tonight.","maintenance":false,"products":["tea"]}
	// {"announced":"Orders rest.","maintenance":true,"products":["tea"]}
}

// A request waits for a short migration, and does not fail.
func ExampleNew_hold() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "Welcome") })

	migration := maintenance.State{Level: maintenance.On, Hold: time.Minute}
	answered := make(chan int)
	err := mode.During(context.Background(), migration, func(context.Context) error {
		go func() { answered <- request(r, "GET", "/", "").Code }()
		fmt.Println("migrating, and a request comes")
		return nil
	})
	fmt.Println(<-answered, err)
	// Output:
	// migrating, and a request comes
	// 200 <nil>
}
