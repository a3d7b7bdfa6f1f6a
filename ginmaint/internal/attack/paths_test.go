package attack

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

var quiet = slog.New(slog.DiscardHandler)

// paths are targets by which somebody tries to get out of /static/, which is open.
var paths = []struct{ why, target string }{
	{"the parent, plain", "/static/../order"},
	{"the parent, twice", "/static/../../order"},
	{"down and up again", "/static/a/../../order"},
	{"up, and back into the open folder at the end", "/static/../order/../static/x"},
	{"an open end behind the closed one", "/static/../admin//../static/x"},
	{"the parent at the end", "/static/.."},
	{"the parent at the end, with a slash", "/static/../"},
	{"a folder that does not exist is left again", "/static/none/../../order"},
	{"the current folder", "/static/./../order"},
	{"the current folder before it", "/./order"},
	{"a dot before the open folder", "/./static/../order"},
	{"the start page by way of the parent", "/static/x/../.."},
	{"a closed path that ends like an open one", "/order/static/"},
	{"a closed path with the open one in its query", "/order?/static/"},
	{"a closed path, the open one in a parameter", "/order;/static/"},
	{"the open folder in capitals", "/STATIC/x"},
	{"the open folder's name as a start", "/static-old/x"},
	{"the open folder without its slash", "/static"},
	{"dots escaped", "/static/%2e%2e/order"},
	{"dots escaped, in capitals", "/static/%2E%2E/order"},
	{"the first dot escaped", "/static/%2e./order"},
	{"the second dot escaped", "/static/.%2e/order"},
	{"dots and slash escaped", "/static/%2e%2e%2forder"},
	{"the slash behind the dots escaped", "/static/..%2forder"},
	{"the slash behind the dots escaped, in capitals", "/static/..%2Forder"},
	{"both slashes escaped", "/static%2f..%2forder"},
	{"the slash before the dots escaped", "/static/x%2f../../order"},
	{"the open folder's slash escaped", "/static%2fx"},
	{"a first slash escaped", "/%2fstatic/../order"},
	{"escaped dots at the end", "/static/%2e%2e"},
	{"escaped dots at the end, with an escaped slash", "/static/%2e%2e%2f"},
	{"escaped current folder", "/static/%2e/%2e%2e/order"},
	{"the open folder's name escaped", "/%73tatic/x"},
	{"the open folder's name escaped, and left", "/%73tatic/../order"},
	{"a letter of the name escaped", "/stati%63/../order"},
	{"backslash", `/static/..\order`},
	{"backslashes alone", `/static\..\order`},
	{"backslash in front of the dots", `/static/x\..\..\order`},
	{"backslash escaped", "/static/..%5corder"},
	{"backslash escaped, in capitals", "/static/..%5Corder"},
	{"backslashes escaped", "/static%5c..%5corder"},
	{"backslash escaped, then slashes", "/static/x%5Cy/../../order"},
	{"backslash escaped, dots escaped", "/static/%2e%2e%5corder"},
	{"a path that begins with a backslash", `/\static/../order`},
	{"a backslash and the parent", `/static/a\b/../../order`},
	{"escaped twice: dots", "/static/%252e%252e/order"},
	{"escaped twice: slash", "/static/..%252forder"},
	{"escaped twice: all", "/static/%252e%252e%252forder"},
	{"escaped twice: backslash", "/static/..%255corder"},
	{"escaped three times", "/static/%25252e%25252e%25252forder"},
	{"escaped six times", "/static/%2525252525252e%2525252525252e/order"},
	{"escaped once and twice", "/static/%2e%252e/order"},
	{"escaped piece by piece", "/static/%25%32%65%25%32%65/order"},
	{"an escape that the decoding makes", "/static/%2%35e%2%35e/order"},
	{"an escaped percent sign before dots", "/static/%25../../order"},
	{"doubled slashes", "/static//../order"},
	{"doubled slashes, as many as folders", "/static///../../order"},
	{"doubled slashes behind the dots", "/static/..//order"},
	{"doubled slashes before and behind", "/static//..//..//order"},
	{"doubled slash in front", "//static/../order"},
	{"doubled slash in front of the closed one", "//order"},
	{"doubled slash in front of the open one", "//static/x"},
	{"another host in front", "//static/x/../../order"},
	{"a doubled slash escaped", "/static/%2f%2f../order"},
	{"a doubled slash, half of it escaped", "/static/%2f/../order"},
	{"a path parameter behind the dots", "/static/..;/order"},
	{"a path parameter with a value", "/static/..;a=b/order"},
	{"a path parameter, escaped", "/static/..%3b/order"},
	{"a path parameter, escaped twice", "/static/..%253b/order"},
	{"a path parameter behind escaped dots", "/static/%2e%2e;/order"},
	{"a path parameter on the folder", "/static;x/../order"},
	{"a path parameter with a slash in it", "/static/..;%2f/order"},
	{"a path parameter with dots in it", "/static;/../order"},
	{"a path parameter before the dots", "/static/;/../order"},
	{"a path parameter and a backslash", "/static/..;%5corder"},
	{"a blank behind the dots", "/static/..%20/order"},
	{"two blanks behind the dots", "/static/..%20%20/order"},
	{"a blank before the dots", "/static/%20../order"},
	{"a blank between the dots", "/static/.%20./order"},
	{"three dots", "/static/.../order"},
	{"four dots", "/static/..../order"},
	{"three dots and a backslash", "/static/...%5corder"},
	{"a tab behind the dots", "/static/..%09/order"},
	{"a tab between the dots", "/static/.%09./order"},
	{"a line break behind the dots", "/static/..%0a/order"},
	{"a return and a line break", "/static/..%0d%0a/order"},
	{"NUL behind the dots", "/static/..%00/order"},
	{"NUL before the closed path", "/static/%00/../order"},
	{"NUL ends the path", "/static/x%00/../order"},
	{"NUL escaped twice", "/static/..%2500/order"},
	{"DEL between the dots", "/static/.%7f./order"},
	{"an overlong dot", "/static/%c0%ae%c0%ae/order"},
	{"an overlong slash", "/static/..%c0%aforder"},
	{"an overlong backslash", "/static/..%c1%9corder"},
	{"an overlong dot of three bytes", "/static/%e0%80%ae%e0%80%ae/order"},
	{"an overlong dot of four bytes", "/static/%f0%80%80%ae./order"},
	{"bytes that are not UTF-8", "/static/%ff%fe/../order"},
	{"half a letter before the slash", "/static/%c3/../order"},
	{"a surrogate", "/static/%ed%a0%80/../order"},
	{"a fragment in the request line", "/static/#/../order"},
	{"a fragment that hides the way up", "/static/x#/../../order"},
	{"an escaped fragment", "/static/%23/../../order"},
	{"an escaped question mark", "/static/%3f/../../order"},
	{"an escaped question mark behind the dots", "/static/..%3f/order"},
	{"the way up in the query", "/order?x=/static/../"},
	{"a query that begins in the folder", "/static/../order?x=1"},
	{"absolute form", "http://shop.example/static/../order"},
	{"absolute form, dots escaped", "http://shop.example/static/%2e%2e/order"},
	{"absolute form, closed", "http://shop.example/order"},
	{"absolute form, no path", "http://shop.example"},
	{"absolute form, the folder as host", "http://static/order"},
	{"absolute form, a user with the folder", "http://x:y@static/order"},
	{"absolute form with a backslash", `http://shop.example/static\..\order`},
	{"an opaque target", "http:static/x"},
	{"a star", "*"},
	{"no slash in front", "static/x"},
	{"an empty target", ""},
	{"a very long way up", "/static/" + strings.Repeat("a/../", 1500) + "../order"},
	{"a way up behind the longest path that is looked at", "/static/" + strings.Repeat("a", 8000) + "/../../order"},
	{"a path of 60 kB", "/static/" + strings.Repeat("a", 60_000)},
	{"a thousand times escaped", "/static/%" + strings.Repeat("25", 1000) + "2e%" + strings.Repeat("25", 1000) + "2e/order"},
	{"a thousand slashes", "/static" + strings.Repeat("/", 1000) + "../order"},
	{"a plus for a blank", "/static/..+/../order"},
	{"the route of another method, by a parameter", "/static/order"},
	{"the route of another method, deeper", "/static/order/7"},
	{"a bad escape", "/static/%zz/../order"},
	{"half an escape at the end", "/static/../order%2"},
	{"an escape of IIS", "/static/%u002e%u002e/order"},
	{"an escape of IIS, escaped", "/static/%25u002e/../order"},
	{"letters that look like slashes", "/static/..%ef%bc%8f../order"},
	{"a mark of direction", "/static/%e2%80%ae../../order"},
}

// TestPaths sends each target by each of two methods to each setting of Gin, and
// spreads them over the applications.
func TestPaths(t *testing.T) {
	a := newArena(t)
	hosts := a.settle(a.at(maintenance.On), folder(t))
	var requests []string
	for i, p := range paths {
		for bits := range 1 << len(settings) {
			for j, method := range []string{"GET", "POST"} {
				host := hosts[(i+bits+j)%len(hosts)][bits]
				requests = append(requests, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAccept: text/plain\r\n\r\n", method, p.target, host))
			}
		}
	}
	a.mustHold(t, visitor, requests, func(i int) string { return paths[i/2>>len(settings)].why })
	t.Logf("%d named, %d requests", len(paths), len(requests))
	named.Add(int64(len(paths)))
}

// letters are what the generated paths are made of.
var letters = []string{"/", ".", "..", "x", ";", `\`, "%2e", "%2f", "%5c", "%252e", "%252f", "%00"}

// TestGeneratedPaths sends each path of up to four letters under the open folder,
// and behind its name.
func TestGeneratedPaths(t *testing.T) {
	a := newArena(t)
	hosts := a.settle(a.at(maintenance.On), folder(t))
	var requests []string
	add := func(target string) {
		i := len(requests)
		list := hosts[i%len(hosts)]
		host := list[i/len(hosts)%len(list)]
		requests = append(requests, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAccept: text/plain\r\n\r\n", []string{"GET", "POST"}[i/7%2], target, host))
	}
	var extend func(path string, more int)
	extend = func(path string, more int) {
		add("/static/" + path + "order")
		add("/static" + path)
		if more > 0 {
			for _, letter := range letters {
				extend(path+letter, more-1)
			}
		}
	}
	extend("", 4)
	a.mustHold(t, visitor, requests, func(i int) string { return requests[i] })
	t.Logf("%d requests", len(requests))
	generated.Add(int64(len(requests)))
}

// mustHold sends the requests, and fails for each that gets in.
func (a *arena) mustHold(t *testing.T, peer string, requests []string, why func(i int) string) {
	t.Helper()
	leaked := 0
	a.stream(peer, requests, func(i, _ int, body []byte) {
		if strings.Contains(string(body), secret) && leaked < 10 {
			leaked++
			t.Errorf("%s: %.200q is answered with what is closed", why(i), requests[i])
		}
	})
	a.mustHaveHeld(t)
}

// mustHaveHeld fails for each request that got in.
func (a *arena) mustHaveHeld(t *testing.T) {
	t.Helper()
	in := a.gotIn()
	entered.Add(int64(len(in)))
	if len(in) > 0 {
		t.Errorf("%d got in, among them\n%s", len(in), strings.Join(in[:min(len(in), 10)], "\n"))
	}
}

// TestTheFolderIsOpen: the applications serve what is open, and at level off what
// is closed; otherwise nobody could get in anyhow.
func TestTheFolderIsOpen(t *testing.T) {
	for level, want := range map[maintenance.Level]bool{maintenance.On: false, maintenance.Off: true} {
		a := newArena(t)
		hosts := a.settle(a.at(level), folder(t))
		for i, list := range hosts {
			for bits, host := range list {
				ask := func(target string) (answer int) {
					a.stream(visitor, []string{"GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"}, func(_, status int, _ []byte) { answer = status })
					return answer
				}
				for _, target := range []string{"/static/x", "/static/open.txt", "/static//x", "/static/x?y=../z"} {
					assert.NotEqual(t, http.StatusServiceUnavailable, ask(target), "%s in %s, %b", target, applications[i].name, bits)
				}
				require.Empty(t, a.gotIn())
				closed := ask("/order")
				assert.Equal(t, want, len(a.gotIn()) > 0, "/order in %s, %b: %d", applications[i].name, bits, closed)
			}
		}
	}
}
