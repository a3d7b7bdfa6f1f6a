package attack

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// writes are requests by which somebody tries to write while the service is
// read-only. The engine has a middleware in front that believes what a header says
// of the method.
var writes = []struct{ why, method, target, rest string }{
	{"a write", "POST", "/order", ""},
	{"a PUT", "PUT", "/order", ""},
	{"a PATCH", "PATCH", "/order", ""},
	{"a DELETE", "DELETE", "/order", ""},
	{"a method of the service's own", "BREW", "/order", ""},
	{"a method of WebDAV", "PROPFIND", "/order", ""},
	{"a CONNECT to a path", "CONNECT", "/order", ""},
	{"a write in lower case", "post", "/order", ""},
	{"a write in mixed case", "PoSt", "/order", ""},
	{"a read in lower case", "get", "/order", ""},
	{"a read in mixed case, to what takes any method", "Get", "/any", ""},
	{"a method that begins like a read", "GETX", "/any", ""},
	{"a method that ends like a read", "TARGET", "/any", ""},
	{"a very long method", strings.Repeat("GET", 1000), "/any", ""},
	{"a write to what takes any method", "POST", "/any", ""},
	{"a DELETE of what takes any method", "DELETE", "/any", ""},
	{"a write to an unknown path", "POST", "/unknown", ""},
	{"a method of the service's own to an unknown path", "BREW", "/unknown", ""},
	{"a CONNECT to an unknown path", "CONNECT", "/unknown", ""},
	{"a write where only reading is allowed", "POST", "/report", ""},
	{"a GET that writes", "GET", "/export", ""},
	{"a HEAD that writes", "HEAD", "/export", ""},
	{"an OPTIONS that writes", "OPTIONS", "/export", ""},
	{"a TRACE that writes", "TRACE", "/export", ""},
	{"a GET with a body", "GET", "/export", "Content-Length: 4\r\n\r\nbody"},
	{"a write that claims to read", "POST", "/order", "X-HTTP-Method-Override: GET\r\n\r\n"},
	{"a write that claims to be a HEAD", "POST", "/order", "X-HTTP-Method-Override: HEAD\r\n\r\n"},
	{"a write that claims to be an OPTIONS", "POST", "/order", "X-HTTP-Method-Override: OPTIONS\r\n\r\n"},
	{"a write that claims to be a TRACE", "PUT", "/order", "X-HTTP-Method-Override: TRACE\r\n\r\n"},
	{"a DELETE that claims to read", "DELETE", "/any", "X-HTTP-Method-Override: GET\r\n\r\n"},
	{"a write to any method that claims to read", "POST", "/any", "X-HTTP-Method-Override: GET\r\n\r\n"},
	{"a write that claims to read, in two lines", "POST", "/any", "X-HTTP-Method-Override: GET\r\nX-HTTP-Method-Override: POST\r\n\r\n"},
	{"a read that claims to write", "GET", "/any", "X-HTTP-Method-Override: DELETE\r\n\r\n"},
	{"a read that claims to write, of what only reads", "GET", "/report", "X-HTTP-Method-Override: POST\r\n\r\n"},
	{"a GET that writes and claims to be a HEAD", "GET", "/export", "X-HTTP-Method-Override: HEAD\r\n\r\n"},
	{"a write where it is not allowed, that claims to read", "POST", "/report", "X-HTTP-Method-Override: DELETE\r\n\r\n"},
	{"a search that is marked, on another route", "PUT", "/search", ""},
	{"the method in the query", "POST", "/order?_method=GET", ""},
	{"the method in a form", "POST", "/order", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\n_method=GET"},
	{"other headers for the method", "POST", "/order", "X-HTTP-Method: GET\r\nX-Method-Override: GET\r\n\r\n"},
	{"a web socket by POST", "POST", "/order", "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
	{"a web socket to a GET that writes", "GET", "/export", "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
	{"a body that is waited for", "POST", "/order", "Expect: 100-continue\r\nContent-Length: 4\r\n\r\nbody"},
	{"a body in chunks", "POST", "/order", "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"},
	{"a slash behind the path", "POST", "/order/", ""},
	{"a slash before the path", "POST", "//order", ""},
	{"the path in capitals", "POST", "/ORDER", ""},
	{"the path by way of another", "POST", "/report/../order", ""},
}

var override = func(c *gin.Context) {
	if method := c.GetHeader("X-HTTP-Method-Override"); method != "" {
		c.Request.Method = method
	}
}

// written gives the arena services that are read-only, in settings that matter to
// methods.
func (a *arena) written() (hosts []string) {
	mode := a.at(maintenance.ReadOnly)
	reads := []string{"GET", "HEAD", "OPTIONS", "TRACE"}
	for bits := range 1 << len(settings) {
		engine := engineWith(bits)
		engine.Use(override, ginmaint.New(ginmaint.Config{Mode: mode, Logger: quiet}))
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "BREW"} {
			handler := open
			if !slices.Contains(reads, method) {
				handler = a.closed
			}
			engine.Handle(method, "/any", handler)
			engine.Handle(method, "/export", ginmaint.Writes, a.closed)
			if !slices.Contains(reads, method) {
				engine.Handle(method, "/order", a.closed)
			}
		}
		engine.GET("/report", func(c *gin.Context) {
			if !slices.Contains(reads, c.Request.Method) {
				a.closed(c)
			}
		})
		engine.POST("/search", ginmaint.Reads, open)
		engine.PUT("/search", a.closed)
		unknown := func(c *gin.Context) {
			if !slices.Contains(reads, c.Request.Method) {
				a.closed(c)
			}
		}
		engine.NoRoute(unknown)
		engine.NoMethod(unknown)
		host := fmt.Sprintf("written-%d.example", bits)
		a.engines[host] = engine
		hosts = append(hosts, host)
	}
	return hosts
}

func (a *arena) write(method, target, host, rest string) string {
	if !strings.Contains(rest, "\r\n\r\n") {
		rest = "\r\n"
	}
	return method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: text/plain\r\n" + rest
}

func TestMethods(t *testing.T) {
	a := newArena(t)
	for i, host := range a.written() {
		if i%8 != 0 && i != 1<<len(settings)-1 { // those that matter to methods are the last ones
			continue
		}
		for _, w := range writes {
			a.send(visitor, a.write(w.method, w.target, host, w.rest))
			if in := a.gotIn(); len(in) > 0 {
				t.Errorf("%s: %s", w.why, in)
				entered.Add(int64(len(in)))
			}
		}
	}
	named.Add(int64(len(writes)))
}

// TestGeneratedMethods spells each method in all ways of capitals, and has it claim
// to be a read.
func TestGeneratedMethods(t *testing.T) {
	a := newArena(t)
	hosts := a.written()
	var requests []string
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE"} {
		for mask := range 1 << len(method) {
			spelt := []byte(method)
			for i := range spelt {
				if mask&(1<<i) != 0 {
					spelt[i] += 'a' - 'A'
				}
			}
			for i, target := range []string{"/order", "/any", "/export", "/report", "/unknown", "/search"} {
				if target == "/search" && string(spelt) == "POST" {
					continue // is open
				}
				for j, claims := range []string{"", "GET", "OPTIONS", "TRACE"} {
					host := hosts[(mask+i+j)%len(hosts)]
					rest := ""
					if claims != "" {
						rest = "X-HTTP-Method-Override: " + claims + "\r\n\r\n"
					}
					requests = append(requests, a.write(string(spelt), target, host, rest))
				}
			}
		}
	}
	a.mustHold(t, visitor, requests, func(i int) string { return requests[i] })
	t.Logf("%d requests", len(requests))
	generated.Add(int64(len(requests)))
}

func TestReadsGoOn(t *testing.T) {
	a := newArena(t)
	for _, host := range a.written() {
		for _, r := range [][2]string{{"GET", "/any"}, {"HEAD", "/any"}, {"GET", "/report"}, {"POST", "/search"}, {"OPTIONS", "/any"}} {
			a.stream(visitor, []string{a.write(r[0], r[1], host, "")}, func(_, status int, _ []byte) {
				assert.Equal(t, http.StatusOK, status, r)
			})
		}
	}
	assert.Empty(t, a.gotIn())
}
