package ginmaint_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A search by POST reads, and a link that confirms an address writes.
func ExampleReads() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	done := func(c *gin.Context) { c.Status(http.StatusOK) }
	r.POST("/search", ginmaint.Reads, done)
	r.GET("/confirm", ginmaint.Writes, done)
	r.POST("/orders", done)

	_, _ = mode.Set(context.Background(), maintenance.State{Level: maintenance.ReadOnly})
	fmt.Println("POST /search", request(r, "POST", "/search", "").Code)
	fmt.Println("GET /confirm", request(r, "GET", "/confirm", "").Code)
	fmt.Println("POST /orders", request(r, "POST", "/orders", "").Code)
	// Output:
	// POST /search 200
	// GET /confirm 503
	// POST /orders 503
}

// A part of the service is closed by a release, whatever the level.
func ExampleForceOn() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	reports := r.Group("/reports", ginmaint.ForceOn)
	reports.GET("/sales", func(c *gin.Context) { c.String(http.StatusOK, "sales") })

	fmt.Println(mode.Level(), request(r, "GET", "/reports/sales", "").Code)
	// Output:
	// off 503
}

// A service that shows its page is ready. One that ends is not.
func ExampleReady() {
	mode := open()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	r.GET("/readyz", ginmaint.Ready(mode))

	_ = mode.On(context.Background())
	w := request(r, "GET", "/readyz", "")
	fmt.Println(w.Code, w.Body)
	_ = mode.Close()
	fmt.Println(request(r, "GET", "/readyz", "").Code)
	// Output:
	// 200 {"level":"on","ready":true}
	// 503
}

// Serve takes the place of r.Run. It ends in good order when the context does, or by
// SIGINT or SIGTERM.
func ExampleServe() {
	mode := open()
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond) // in a service: context.Background()
	defer cancel()
	server := &http.Server{Addr: "127.0.0.1:0", Handler: r, ReadHeaderTimeout: 10 * time.Second}
	fmt.Println(ginmaint.Serve(ctx, server, mode))
	_, err := mode.Load(context.Background())
	fmt.Println(errors.Is(err, maintenance.ErrClosed))
	// Output:
	// <nil>
	// true
}

// A drain waits for an invoice that is written after the answer.
func ExampleExtend() {
	mode := open()
	defer mode.Close()

	answered, written := make(chan struct{}), make(chan struct{})
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	r.POST("/orders", func(c *gin.Context) {
		ticket, ok := ginmaint.Extend(c, mode)
		if !ok {
			c.Status(http.StatusServiceUnavailable)
			return
		}
		go func() {
			defer ticket.Leave()
			<-answered
			fmt.Println("the invoice is written")
			close(written)
		}()
		c.Status(http.StatusCreated)
	})

	fmt.Println(request(r, "POST", "/orders", "").Code)
	_ = mode.On(context.Background())
	close(answered)
	report, err := mode.Drain(context.Background())
	<-written
	fmt.Println("drained:", report.Drained, err)
	// Output:
	// 201
	// the invoice is written
	// drained: true <nil>
}

// A customer looks at the release by a link, without an account.
func ExampleNew_pass() {
	mode := open()
	defer mode.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	r.GET("/shop", func(c *gin.Context) { c.String(http.StatusOK, "the new shop") })

	_ = mode.On(context.Background())
	_, token, err := mode.IssuePass(context.Background(), maintenance.Pass{
		Name: "customer", Path: "/shop", Until: time.Now().Add(4 * time.Hour),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	opened := request(r, "GET", "/shop?maintenance-pass="+token, "") // the link
	again := httptest.NewRequest(http.MethodGet, "/shop", nil)       // as the browser goes on
	again.AddCookie(opened.Result().Cookies()[0])
	w := httptest.NewRecorder()
	r.ServeHTTP(w, again)
	fmt.Println(opened.Code, opened.Header().Get("Location"), w.Code, w.Body)

	_ = mode.RevokePass(context.Background(), "customer", maintenance.Revocation{By: "ann"})
	w = httptest.NewRecorder()
	r.ServeHTTP(w, again)
	fmt.Println("revoked:", w.Code)
	// Output:
	// 303 ./shop 200 the new shop
	// revoked: 503
}

// The switch is the file maintenance_mode.json of the working folder. Workers of this
// process pass the same gate as its requests.
func ExampleDefaultMode() {
	mode, err := ginmaint.DefaultMode()
	if err != nil {
		log.Fatal(err)
	}
	if ticket, ok := mode.Enter(maintenance.Write); ok {
		defer ticket.Leave()
		fmt.Println("cleaning up")
	}
}
