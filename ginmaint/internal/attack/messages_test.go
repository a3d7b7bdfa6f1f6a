package attack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// messages are what somebody writes to the connection of a service that is closed
// but for /healthz and what lies under /static/. H stands for the line with Host.
var messages = []struct{ why, raw string }{
	{"a plain request", "GET /order HTTP/1.1\r\nH\r\n\r\n"},
	{"the start page", "GET / HTTP/1.1\r\nH\r\n\r\n"},
	{"HTTP/1.0", "GET /order HTTP/1.0\r\nH\r\n\r\n"},
	{"HTTP/1.0 without a host", "GET /order HTTP/1.0\r\n\r\n"},
	{"HTTP/0.9", "GET /order\r\n"},
	{"HTTP/2 by its preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{"HTTP/2 by upgrade", "GET /order HTTP/1.1\r\nH\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"},
	{"a version that does not exist", "GET /order HTTP/1.9\r\nH\r\n\r\n"},
	{"a version in lower case", "GET /order http/1.1\r\nH\r\n\r\n"},
	{"no version", "GET /order \r\nH\r\n\r\n"},
	{"two blanks in the request line", "GET  /order HTTP/1.1\r\nH\r\n\r\n"},
	{"a tab in the request line", "GET\t/order HTTP/1.1\r\nH\r\n\r\n"},
	{"two targets", "GET /static/x /order HTTP/1.1\r\nH\r\n\r\n"},
	{"a version as part of the target", "GET /order HTTP/1.1 HTTP/1.1\r\nH\r\n\r\n"},
	{"an empty line first", "\r\n\r\nGET /order HTTP/1.1\r\nH\r\n\r\n"},
	{"bare line feeds", "GET /order HTTP/1.1\nH\n\n"},
	{"bare returns", "GET /order HTTP/1.1\rH\r\r"},
	{"the target in absolute form", "GET http://healthz/order HTTP/1.1\r\nH\r\n\r\n"},
	{"the target in absolute form with the open path as user", "GET http://healthz@shop.example/order HTTP/1.1\r\nH\r\n\r\n"},
	{"two hosts", "GET /order HTTP/1.1\r\nH\r\nHost: healthz\r\n\r\n"},
	{"no host", "GET /order HTTP/1.1\r\n\r\n"},
	{"an empty host", "GET /order HTTP/1.1\r\nHost:\r\n\r\n"},
	{"a host with a path", "GET /order HTTP/1.1\r\nHost: shop.example/static/\r\n\r\n"},
	{"a host of another service", "GET /order HTTP/1.1\r\nHost: localhost\r\n\r\n"},
	{"a host by address", "GET /order HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"},
	{"a blank before the colon", "GET /order HTTP/1.1\r\nH\r\nX-Forwarded-For : 127.0.0.1\r\n\r\n"},
	{"a folded header", "GET /order HTTP/1.1\r\nH\r\nX-Forwarded-For:\r\n 127.0.0.1\r\n\r\n"},
	{"NUL in a header", "GET /order HTTP/1.1\r\nH\r\nX-A: a\x00b\r\n\r\n"},
	{"a header without a colon", "GET /order HTTP/1.1\r\nH\r\nX-A\r\n\r\n"},
	{"a header without a name", "GET /order HTTP/1.1\r\nH\r\n: a\r\n\r\n"},
	{"five hundred headers", "GET /order HTTP/1.1\r\nH\r\n" + strings.Repeat("X-A: a\r\n", 500) + "\r\n"},
	{"a header of 100 kB", "GET /order HTTP/1.1\r\nH\r\nX-A: " + strings.Repeat("a", 100_000) + "\r\n\r\n"},
	{"an Accept of 100 kB", "GET /order HTTP/1.1\r\nH\r\nAccept: " + strings.Repeat("a/b;q=0.1,", 10_000) + "\r\n\r\n"},
	{"an Accept that names nothing", "GET /order HTTP/1.1\r\nH\r\nAccept: *;q=0, /, ;;\r\n\r\n"},
	{"a length and chunks", "POST /order HTTP/1.1\r\nH\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /order HTTP/1.1\r\nH\r\n\r\n"},
	{"two lengths", "POST /order HTTP/1.1\r\nH\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"},
	{"the same length twice", "POST /order HTTP/1.1\r\nH\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"},
	{"a negative length", "POST /order HTTP/1.1\r\nH\r\nContent-Length: -1\r\n\r\n"},
	{"a length with a sign", "POST /order HTTP/1.1\r\nH\r\nContent-Length: +4\r\n\r\nabcd"},
	{"a length that is too long", "POST /order HTTP/1.1\r\nH\r\nContent-Length: 99999999999999999999\r\n\r\n"},
	{"an encoding that nobody knows", "POST /order HTTP/1.1\r\nH\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
	{"two encodings", "POST /order HTTP/1.1\r\nH\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"},
	{"an encoding behind a tab", "POST /order HTTP/1.1\r\nH\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"},
	{"a chunk with an extension", "POST /order HTTP/1.1\r\nH\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nabcd\r\n0\r\n\r\n"},
	{"a chunk that is too long", "POST /order HTTP/1.1\r\nH\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n"},
	{"headers behind the body", "POST /order HTTP/1.1\r\nH\r\nTransfer-Encoding: chunked\r\nTrailer: X-Forwarded-For\r\n\r\n0\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n"},
	{"a second request behind an open one", "GET /static/x HTTP/1.1\r\nH\r\n\r\nGET /order HTTP/1.1\r\nH\r\n\r\n"},
	{"a second request behind a probe", "GET /healthz HTTP/1.1\r\nH\r\n\r\nPOST /order HTTP/1.1\r\nH\r\nContent-Length: 0\r\n\r\n"},
	{"a request in the body of an open one", "GET /static/x HTTP/1.1\r\nH\r\nContent-Length: 8\r\n\r\nGET /order HTTP/1.1\r\nH\r\n\r\n"},
	{"a request in the body of a closed one", "POST /order HTTP/1.1\r\nH\r\nContent-Length: 60\r\n\r\nGET /order HTTP/1.1\r\nH\r\n\r\n"},
	{"a request behind a body that nobody read", "POST /order HTTP/1.1\r\nH\r\nContent-Length: 4\r\n\r\nabcdGET /order HTTP/1.1\r\nH\r\n\r\n"},
	{"a request behind 300 kB that nobody read", "POST /order HTTP/1.1\r\nH\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("a", 300_000) + "GET /order HTTP/1.1\r\nH\r\n\r\n"},
	{"a body that never ends", "POST /order HTTP/1.1\r\nH\r\nContent-Length: 1000\r\n\r\nhalf"},
	{"a body that is waited for", "POST /order HTTP/1.1\r\nH\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nabcd"},
	{"an expectation that nobody knows", "POST /order HTTP/1.1\r\nH\r\nExpect: 200-ok\r\nContent-Length: 4\r\n\r\nabcd"},
	{"a web socket", "GET /order HTTP/1.1\r\nH\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"},
	{"a tunnel", "CONNECT shop.example:443 HTTP/1.1\r\nH\r\n\r\n"},
	{"a tunnel to the open path", "CONNECT /static/ HTTP/1.1\r\nH\r\n\r\n"},
	{"a tunnel without a port", "CONNECT order HTTP/1.1\r\nH\r\n\r\n"},
	{"a trace", "TRACE /order HTTP/1.1\r\nH\r\nMax-Forwards: 0\r\n\r\n"},
	{"options of the server", "OPTIONS * HTTP/1.1\r\nH\r\n\r\n"},
	{"a preflight", "OPTIONS /order HTTP/1.1\r\nH\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n"},
	{"a HEAD", "HEAD /order HTTP/1.1\r\nH\r\n\r\n"},
	{"a range", "GET /order HTTP/1.1\r\nH\r\nRange: bytes=0-10\r\n\r\n"},
	{"a condition", "GET /order HTTP/1.1\r\nH\r\nIf-None-Match: *\r\nIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n"},
	{"from a cache alone", "GET /order HTTP/1.1\r\nH\r\nCache-Control: only-if-cached\r\n\r\n"},
	{"it says that maintenance is off", "GET /order HTTP/1.1\r\nH\r\nMaintenance-Mode: off\r\n\r\n"},
	{"it says so in the query", "GET /order?maintenance_mode=false&maintenance=off HTTP/1.1\r\nH\r\n\r\n"},
	{"it says so in a cookie", "GET /order HTTP/1.1\r\nH\r\nCookie: maintenance_mode=off; laravel_maintenance=x; bypass=1\r\n\r\n"},
	{"a header to pass by", "GET /order HTTP/1.1\r\nH\r\nX-Maintenance-Bypass: 1\r\nX-Bypass: true\r\n\r\n"},
	{"the path in a header of IIS", "GET /order HTTP/1.1\r\nH\r\nX-Original-URL: /static/x\r\n\r\n"},
	{"the path in another header of IIS", "GET /order HTTP/1.1\r\nH\r\nX-Rewrite-URL: /healthz\r\n\r\n"},
	{"a prefix that a proxy took away", "GET /order HTTP/1.1\r\nH\r\nX-Forwarded-Prefix: /static\r\n\r\n"},
	{"a prefix, and a slash too many", "GET /order/ HTTP/1.1\r\nH\r\nX-Forwarded-Prefix: /static/..\r\n\r\n"},
	{"it comes from an open page", "GET /order HTTP/1.1\r\nH\r\nReferer: http://shop.example/static/x\r\n\r\n"},
	{"a password for nothing", "GET /order HTTP/1.1\r\nH\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n"},
	{"a proxy's probe", "GET /order HTTP/1.1\r\nH\r\nUser-Agent: ELB-HealthChecker/2.0\r\n\r\n"},
	{"a probe's path that goes on", "GET /healthz/../order HTTP/1.1\r\nH\r\n\r\n"},
	{"a probe's path in capitals", "GET /HEALTHZ HTTP/1.1\r\nH\r\n\r\n"},
	{"a probe by POST", "POST /healthz HTTP/1.1\r\nH\r\nContent-Length: 0\r\n\r\n"},
	{"a probe with a slash", "GET /healthz/ HTTP/1.1\r\nH\r\n\r\n"},
	{"a script's request", "GET /order HTTP/1.1\r\nH\r\nX-Requested-With: XMLHttpRequest\r\nSec-Fetch-Dest: script\r\n\r\n"},
	{"a visitor who leaves at once", "GET /order HTTP/1.1\r\nH\r\nConnection: close\r\n\r\n"},
	{"a thousand requests in one write", strings.Repeat("GET /order HTTP/1.1\r\nH\r\n\r\n", 1000)},
}

// TestMessages writes each message to a connection in each setting of Gin.
func TestMessages(t *testing.T) {
	a := newArena(t)
	mode := a.at(maintenance.On)
	for bits := range 1 << len(settings) {
		if bits%13 != 0 && bits != 1<<len(settings)-1 { // what a path means is tried with the paths
			continue
		}
		engine := engineWith(bits)
		engine.Use(ginmaint.New(ginmaint.Config{Mode: mode, Logger: quiet, IgnoreURLs: []string{"^/static/", "^/probe$"}, IgnoreIPAddresses: []string{"127.0.0.1"}}))
		engine.GET("/healthz", ginmaint.ForceOff, open)
		engine.GET("/static/*file", a.judged)
		engine.Any("/order", a.closed)
		engine.GET("/", a.closed)
		engine.NoRoute(a.judged)
		engine.NoMethod(a.judged)
		a.engines["default"] = engine
		host := fmt.Sprintf("message-%d.example", bits)
		a.engines[host] = engine
		for _, m := range messages {
			raw := strings.ReplaceAll(m.raw, "\nH\r", "\nHost: "+host+"\r\nAccept: text/plain\r")
			raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\nH\n", "\nHost: "+host+"\n"), "\rH\r", "\rHost: "+host+"\r")
			answer := a.send(visitor, raw)
			in := a.gotIn()
			if strings.Contains(answer, secret) || len(in) > 0 {
				entered.Add(1)
				t.Errorf("%s, setting %b: %v\n%.500s", m.why, bits, in, answer)
			}
		}
	}
	named.Add(int64(len(messages)))
}
