package main

import (
	"context"
	"crypto/subtle"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// What the fleet tells a shop: where it listens, and the password of its panel. The
// store stands in GINMAINT_STORE.
const (
	shopEnv     = "FLEET_SHOP"
	passwordEnv = "FLEET_PASSWORD"
)

// span is when an order was worked on, by the clock that all shops share.
type span struct{ From, To time.Time }

// serveShop is one replica. It ends when the fleet does, also when that is killed.
func serveShop(ctx context.Context, _ []string, getenv func(string) string, _ io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	store, done, err := openStore(ctx, getenv("GINMAINT_STORE"))
	if err != nil {
		return err
	}
	defer func() { _ = done() }()
	mode, err := maintenance.Open(ctx, store)
	if err != nil {
		return err
	}
	server := &http.Server{Addr: getenv(shopEnv), Handler: shop(mode, getenv(passwordEnv)), ReadHeaderTimeout: 10 * time.Second}
	return ginmaint.Serve(ctx, server, mode)
}

// shop is the application.
func shop(mode *maintenance.Mode, password string) *gin.Engine {
	r := gin.New()
	if err := r.SetTrustedProxies([]string{"127.0.0.1"}); err != nil { // the balancer
		panic(err)
	}
	r.Use(sessions.Sessions("fleet", cookie.NewStore([]byte(password+"-signs-the-cookies-of-all"))))
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode, LoginURL: "/login"}))

	r.GET("/healthz", ginmaint.ForceOff, func(c *gin.Context) { c.Status(http.StatusOK) })
	r.GET("/login", ginmaint.ForceOff, func(c *gin.Context) {
		name, given, _ := c.Request.BasicAuth()
		if name != "superuser" || subtle.ConstantTimeCompare([]byte(given), []byte(password)) != 1 {
			c.Header("WWW-Authenticate", `Basic realm="fleet"`)
			c.String(http.StatusUnauthorized, "Log in as superuser, with the password that the fleet has printed.\n")
			return
		}
		session := sessions.Default(c)
		session.Set("role", "superuser")
		session.Set("user", name)
		if err := session.Save(); err != nil {
			c.String(http.StatusInternalServerError, "The session could not be saved.\n")
			return
		}
		c.Redirect(http.StatusSeeOther, "/maintenance-mode/")
	})
	r.POST("/order", order)
	ginmaint.Routes(r.Group("/maintenance-mode"))
	return r
}

// order takes a moment, and now and then half a second, and says when it was worked on.
func order(c *gin.Context) {
	worked := span{From: time.Now()}
	length := 5 * time.Millisecond
	if rand.IntN(20) == 0 {
		length = 500 * time.Millisecond
	}
	time.Sleep(length)
	worked.To = time.Now()
	c.JSON(http.StatusOK, worked)
}
