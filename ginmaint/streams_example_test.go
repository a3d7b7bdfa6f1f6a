package ginmaint_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/net/websocket"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A stream of server-sent events is a request that lasts, so a drain waits for
// it: it ends by itself when one begins, and the browser comes back later.
func ExampleNew_serverSentEvents() {
	mode, err := maintenance.Open(context.Background(), maintenance.NewMemoryStore())
	if err != nil {
		panic(err)
	}
	defer mode.Close()
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	prices := make(chan string, 1)
	r.GET("/prices", func(c *gin.Context) {
		draining := mode.Draining(maintenance.Read)
		c.Stream(func(io.Writer) bool {
			select {
			case price := <-prices:
				c.SSEvent("price", price)
				return true
			case <-draining:
				c.SSEvent("bye", "maintenance begins")
			case <-c.Request.Context().Done():
			}
			return false
		})
	})
	server := httptest.NewServer(r)
	defer server.Close()

	prices <- "24.00"
	response, err := http.Get(server.URL + "/prices")
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if lines.Text() == "" {
			continue
		}
		fmt.Println(lines.Text())
		if strings.HasPrefix(lines.Text(), "data:24") {
			_ = mode.On(context.Background())
		}
	}
	_, err = mode.Drain(context.Background())
	fmt.Println("drained:", err == nil)
	// Output:
	// event:price
	// data:24.00
	// event:bye
	// data:maintenance begins
	// drained: true
}

// A web socket's handler returns when the connection ends, so the request
// counts until then. It begins with a GET; one that lets its user write asks the
// gate for each message.
func ExampleNew_webSocket() {
	mode, err := maintenance.Open(context.Background(), maintenance.NewMemoryStore())
	if err != nil {
		panic(err)
	}
	defer mode.Close()
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: mode}))
	echo := websocket.Handler(func(ws *websocket.Conn) {
		go func() {
			<-mode.Draining(maintenance.Read)
			_ = websocket.Message.Send(ws, "bye: maintenance begins")
			_ = ws.SetReadDeadline(time.Now()) // ends the Receive below
		}()
		for {
			var message string
			if websocket.Message.Receive(ws, &message) != nil {
				return
			}
			ticket, ok := mode.Enter(maintenance.Write)
			if !ok {
				_ = websocket.Message.Send(ws, "refused: "+message)
				continue
			}
			_ = websocket.Message.Send(ws, "stored: "+message)
			ticket.Leave()
		}
	})
	r.GET("/chat", func(c *gin.Context) { echo.ServeHTTP(c.Writer, c.Request) })
	server := httptest.NewServer(r)
	defer server.Close()

	ws, err := websocket.Dial("ws"+strings.TrimPrefix(server.URL, "http")+"/chat", "", server.URL)
	if err != nil {
		panic(err)
	}
	defer ws.Close()
	say := func(message string) {
		_ = websocket.Message.Send(ws, message)
		var answer string
		_ = websocket.Message.Receive(ws, &answer)
		fmt.Println(answer)
	}
	say("hello")
	_, _ = mode.Set(context.Background(), maintenance.State{Level: maintenance.ReadOnly})
	say("anybody there?")
	_ = mode.On(context.Background())
	var last string
	_ = websocket.Message.Receive(ws, &last)
	fmt.Println(last)
	_, err = mode.Drain(context.Background())
	fmt.Println("drained:", err == nil)
	// Output:
	// stored: hello
	// refused: anybody there?
	// bye: maintenance begins
	// drained: true
}
