package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

type product struct {
	Name  string `json:"name"`
	Price string `json:"price"`
}

var products = []product{
	{"Teapot", "24.00"},
	{"Kettle", "39.50"},
	{"Cup", "6.20"},
}

// shop counts what is ordered, and what the worker has shipped of it.
type shop struct {
	ordered, shipped atomic.Int64
	packing          time.Duration // of a large order
	closing          chan struct{} // ends the streams
	closeStreams     func()
}

func newShop() *shop {
	s := &shop{packing: 20 * time.Second, closing: make(chan struct{})}
	s.closeStreams = sync.OnceFunc(func() { close(s.closing) })
	return s
}

func (s *shop) home(c *gin.Context) {
	session := sessions.Default(c)
	user, _ := session.Get("user").(string)
	role, _ := session.Get("role").(string)
	c.HTML(http.StatusOK, "home.html", ginmaint.H(c, gin.H{
		"products":  products,
		"user":      user,
		"superuser": role == ginmaint.Superuser.String(),
		"ordered":   s.ordered.Load(),
		"shipped":   s.shipped.Load(),
	}))
}

func (s *shop) order(c *gin.Context) {
	s.ordered.Add(1)
	c.Redirect(http.StatusSeeOther, "/")
}

// orderLarge takes its time, so that there is something to drain. It is a write, which
// both levels wait for.
func (s *shop) orderLarge(c *gin.Context) {
	select {
	case <-time.After(s.packing):
		s.ordered.Add(100)
		c.Redirect(http.StatusSeeOther, "/")
	case <-c.Request.Context().Done():
	}
}

func (s *shop) apiOrder(c *gin.Context) {
	c.JSON(http.StatusCreated, gin.H{"order": s.ordered.Add(1)})
}

func search(c *gin.Context) {
	found := []product{}
	for _, p := range products {
		if strings.Contains(strings.ToLower(p.Name), strings.ToLower(c.PostForm("name"))) {
			found = append(found, p)
		}
	}
	c.JSON(http.StatusOK, found)
}

// work ships one order at a time. It goes through the same gate as the
// requests, so that maintenance holds it up and a drain waits for it.
func (s *shop) work(ctx context.Context, mode *maintenance.Mode) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		ticket, err := mode.Wait(ctx, maintenance.Write)
		if err != nil { // the shop closes
			return
		}
		if s.shipped.Load() < s.ordered.Load() {
			s.shipped.Add(1)
		}
		ticket.Leave()
	}
}

// events tells the browser every second what was shipped. A drain waits for
// such a stream, so it ends as soon as one begins. After "bye" a page waits and
// connects anew: a browser that gets a 503 does not try again by itself.
func (s *shop) events(mode *maintenance.Mode) gin.HandlerFunc {
	return func(c *gin.Context) {
		draining := mode.Draining(maintenance.Read)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		c.Stream(func(io.Writer) bool {
			select {
			case <-tick.C:
				c.SSEvent("shipped", s.shipped.Load())
				return true
			case <-draining:
				c.SSEvent("bye", "maintenance begins")
			case <-s.closing:
			case <-c.Request.Context().Done():
			}
			return false
		})
	}
}
