package main

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

//go:embed pages/*.html
var pages embed.FS

// longestWait bounds the slow page.
const longestWait = time.Minute

// routes builds the application. The order matters: sessions before ginmaint,
// which reads the role from them, and both before the routes.
func routes(mode *maintenance.Mode, shop *shop, secret []byte) *gin.Engine {
	r := gin.New()
	r.SetHTMLTemplate(template.Must(template.ParseFS(pages, "pages/*.html")))
	// No proxy stands in front of the example, so no forwarding header is
	// believed.
	if err := r.SetTrustedProxies(nil); err != nil {
		panic(err) // an empty list is valid
	}
	logins := cookie.NewStore(secret)
	logins.Options(sessions.Options{Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})

	r.Use(gin.Recovery())
	r.Use(sessions.Sessions("shop", logins))
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode, IgnoreStaff: true, LoginURL: "/login"}))

	r.GET("/healthz", ginmaint.ForceOff, func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })

	// Staff have to be able to log in while maintenance is on.
	r.GET("/login", ginmaint.ForceOff, showLogin)
	r.POST("/login", ginmaint.ForceOff, logIn)
	r.POST("/logout", ginmaint.ForceOff, logOut)

	r.GET("/", shop.home)
	r.POST("/orders", shop.order)
	r.POST("/orders/large", shop.orderLarge)
	r.GET("/api/products", func(c *gin.Context) { c.JSON(http.StatusOK, products) })
	r.POST("/api/orders", shop.apiOrder)
	// A search by POST changes nothing, so a read-only level lets it through.
	r.POST("/api/search", ginmaint.Reads, search)
	r.GET("/slow", slow)
	r.GET("/events", shop.events(mode))

	ginmaint.Routes(r.Group("/maintenance-mode"))
	return r
}

// slow takes as long as it is told, so that there is something to drain. Its
// headers go out at once: who asks can tell that it has begun.
func slow(c *gin.Context) {
	wait, err := time.ParseDuration(c.DefaultQuery("for", "5s"))
	if err != nil || wait < 0 || wait > longestWait {
		c.String(http.StatusBadRequest, "Write a duration up to %s, such as /slow?for=5s\n", longestWait)
		return
	}
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.Writer.Flush()
	select {
	case <-time.After(wait):
		c.String(http.StatusOK, fmt.Sprintf("That took %s.\n", wait))
	case <-c.Request.Context().Done():
	}
}
