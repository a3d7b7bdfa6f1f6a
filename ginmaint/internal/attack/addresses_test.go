package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// listed are the addresses that pass: an office, a network, and the proxies
// themselves, so that whoever is taken for one of them is in.
var listed = []string{"203.0.113.9", "10.0.0.0/8", "2001:db8::/32", "198.51.100.0/24", `192\.168\.7\.\d+`, "127.0.0.1"}

// engines are the ways in which an engine may find a visitor's address.
var engines = map[string]func(*gin.Engine) error{
	"default": func(e *gin.Engine) error { return nil },
	"proxies": func(e *gin.Engine) error { return e.SetTrustedProxies([]string{"198.51.100.0/24"}) },
	"none":    func(e *gin.Engine) error { return e.SetTrustedProxies(nil) },
	"half":    func(e *gin.Engine) error { return e.SetTrustedProxies([]string{"0.0.0.0/1", "128.0.0.0/1"}) },
	"every-v6": func(e *gin.Engine) error {
		return e.SetTrustedProxies([]string{"::/0", "198.51.100.0/24"})
	},
	"real-ip": func(e *gin.Engine) error {
		e.RemoteIPHeaders = []string{"X-Real-IP"}
		return e.SetTrustedProxies([]string{"198.51.100.0/24"})
	},
	"own-header": func(e *gin.Engine) error { e.RemoteIPHeaders = []string{"X-Visitor"}; return nil },
	"platform":   func(e *gin.Engine) error { e.TrustedPlatform = gin.PlatformCloudflare; return nil },
	"own-platform": func(e *gin.Engine) error {
		e.TrustedPlatform = "X-Real-IP"
		return e.SetTrustedProxies([]string{"198.51.100.0/24"})
	},
	"no-headers": func(e *gin.Engine) error { e.ForwardedByClientIP = false; return nil },
}

// forgeries are headers with which somebody at 203.0.113.7, who is not listed, tries to
// come from elsewhere: by himself, or through the proxy, which adds its part.
var forgeries = []struct{ why, engine, peer, headers string }{
	{"nobody at all", "default", visitor, ""},
	{"X-Forwarded-For, all proxies trusted", "default", visitor, "X-Forwarded-For: 10.0.0.1"},
	{"X-Real-IP, all proxies trusted", "default", visitor, "X-Real-IP: 10.0.0.1"},
	{"both headers", "default", visitor, "X-Forwarded-For: 10.0.0.1\nX-Real-IP: 10.0.0.1"},
	{"a list of listed ones", "default", visitor, "X-Forwarded-For: 10.0.0.1, 10.0.0.2, 10.0.0.3"},
	{"the office's address", "default", visitor, "X-Forwarded-For: 203.0.113.9"},
	{"the proxy's own address", "default", visitor, "X-Forwarded-For: 198.51.100.4"},
	{"the loopback address", "default", visitor, "X-Forwarded-For: 127.0.0.1"},
	{"an IPv6 address", "default", visitor, "X-Forwarded-For: 2001:db8::1"},
	{"IPv4 in IPv6", "default", visitor, "X-Forwarded-For: ::ffff:10.0.0.1"},
	{"IPv4 in IPv6, in hexadecimal digits", "default", visitor, "X-Forwarded-For: ::ffff:a00:1"},
	{"an address for an expression", "default", visitor, "X-Forwarded-For: 192.168.7.1"},
	{"blanks around it", "default", visitor, "X-Forwarded-For:  \t10.0.0.1\t "},
	{"the header in lower case", "default", visitor, "x-forwarded-for: 10.0.0.1"},
	{"the header in capitals", "default", visitor, "X-FORWARDED-FOR: 10.0.0.1"},
	{"two lines", "default", visitor, "X-Forwarded-For: 203.0.113.7\nX-Forwarded-For: 10.0.0.1"},
	{"two lines, the other way round", "default", visitor, "X-Forwarded-For: 10.0.0.1\nX-Forwarded-For: 203.0.113.7"},
	{"an empty line first", "default", visitor, "X-Forwarded-For:\nX-Forwarded-For: 10.0.0.1"},
	{"an empty header beside the other", "default", visitor, "X-Forwarded-For:\nX-Real-IP: 10.0.0.1"},
	{"a bad header beside the other", "default", visitor, "X-Forwarded-For: x\nX-Real-IP: 10.0.0.1"},
	{"a platform's header that nobody asked for", "default", visitor, "CF-Connecting-IP: 10.0.0.1"},
	{"a header of Google's", "default", visitor, "X-Appengine-Remote-Addr: 10.0.0.1"},
	{"a header of Fly's", "default", visitor, "Fly-Client-IP: 10.0.0.1"},
	{"a header of RFC 7239", "default", visitor, "Forwarded: for=10.0.0.1"},
	{"other headers of proxies", "default", visitor, "True-Client-IP: 10.0.0.1\nX-Client-IP: 10.0.0.1\nX-Cluster-Client-IP: 10.0.0.1\nX-Originating-IP: 10.0.0.1"},
	{"a name with an underscore", "default", visitor, "X_Forwarded_For: 10.0.0.1"},
	{"a header that names the peer", "default", visitor, "Remote-Addr: 10.0.0.1\nX-Remote-IP: 10.0.0.1"},

	{"a direct visitor claims to be forwarded", "proxies", visitor, "X-Forwarded-For: 10.0.0.1"},
	{"a direct visitor claims to come by the proxy", "proxies", visitor, "X-Forwarded-For: 10.0.0.1, 198.51.100.4"},
	{"a direct visitor, X-Real-IP", "proxies", visitor, "X-Real-IP: 10.0.0.1"},
	{"the proxy adds the visitor to what he forged", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, 203.0.113.7"},
	{"to a list of proxies", "proxies", proxy, "X-Forwarded-For: 198.51.100.4, 198.51.100.5, 203.0.113.7"},
	{"to nonsense", "proxies", proxy, "X-Forwarded-For: x, 203.0.113.7"},
	{"to commas", "proxies", proxy, "X-Forwarded-For: ,,, 203.0.113.7"},
	{"to nothing", "proxies", proxy, "X-Forwarded-For: , 203.0.113.7"},
	{"without a blank", "proxies", proxy, "X-Forwarded-For: 10.0.0.1,203.0.113.7"},
	{"behind a very long list", "proxies", proxy, "X-Forwarded-For: " + strings.Repeat("10.0.0.1, ", 1000) + "203.0.113.7"},
	{"in IPv6 form", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, ::ffff:203.0.113.7"},
	{"through a second proxy", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, 203.0.113.7, 198.51.100.5"},
	{"the proxy adds a line of its own", "proxies", proxy, "X-Forwarded-For: 10.0.0.1\nX-Forwarded-For: 203.0.113.7"},
	{"a line of its own behind two", "proxies", proxy, "X-Forwarded-For: 10.0.0.1\nX-Forwarded-For: 10.0.0.1\nX-Forwarded-For: 203.0.113.7"},
	{"a line of its own, the forged one names the proxy", "proxies", proxy, "X-Forwarded-For: 198.51.100.4\nX-Forwarded-For: 203.0.113.7"},
	{"a line of its own behind an empty one", "proxies", proxy, "X-Forwarded-For:\nX-Forwarded-For: 203.0.113.7"},
	{"the proxy adds a port (Azure)", "proxies", proxy, "X-Forwarded-For: 203.0.113.7:51234"},
	{"a port, behind what he forged", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, 203.0.113.7:51234"},
	{"a port, and X-Real-IP is passed on", "proxies", proxy, "X-Forwarded-For: 203.0.113.7:51234\nX-Real-IP: 10.0.0.1"},
	{"the proxy writes unknown", "proxies", proxy, "X-Forwarded-For: unknown"},
	{"unknown, behind what he forged", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, unknown"},
	{"unknown, and X-Real-IP is passed on", "proxies", proxy, "X-Forwarded-For: unknown\nX-Real-IP: 10.0.0.1"},
	{"a hidden name", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, _hidden"},
	{"IPv6 in brackets with a port", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, [2001:db9::7]:443"},
	{"IPv6 in brackets", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, [2001:db9::7]"},
	{"IPv6 with a zone", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, fe80::7%eth0"},
	{"a name instead of an address", "proxies", proxy, "X-Forwarded-For: 10.0.0.1, visitor.example"},
	{"an address with leading zeros", "proxies", proxy, "X-Forwarded-For: 010.0.0.1"},
	{"an address as one number", "proxies", proxy, "X-Forwarded-For: 167772161"},
	{"an address in hexadecimal", "proxies", proxy, "X-Forwarded-For: 0x0a.0.0.1"},
	{"an address of three parts", "proxies", proxy, "X-Forwarded-For: 10.0.1"},
	{"an address in quotes", "proxies", proxy, `X-Forwarded-For: "10.0.0.1"`},
	{"the proxy's own address, then nonsense", "proxies", proxy, "X-Forwarded-For: 198.51.100.4, x"},
	{"nonsense, then the proxy's own address", "proxies", proxy, "X-Forwarded-For: x, 198.51.100.4"},
	{"a trailing comma", "proxies", proxy, "X-Forwarded-For: 10.0.0.1,"},
	{"a trailing comma behind the proxy", "proxies", proxy, "X-Forwarded-For: 198.51.100.4,"},
	{"an empty header", "proxies", proxy, "X-Forwarded-For:"},
	{"an empty header, X-Real-IP is passed on", "proxies", proxy, "X-Forwarded-For:\nX-Real-IP: 10.0.0.1"},
	{"only the header of RFC 7239", "proxies", proxy, "Forwarded: for=203.0.113.7"},
	{"only the visitor's scheme", "proxies", proxy, "X-Forwarded-Proto: https"},
	{"only the visitor's host", "proxies", proxy, "X-Forwarded-Host: shop.example"},
	{"only a header that Gin does not read", "proxies", proxy, "X-Client-IP: 203.0.113.7"},
	{"another, of a CDN", "proxies", proxy, "CF-Connecting-IP: 203.0.113.7"},
	{"X-Real-IP in two lines", "proxies", proxy, "X-Real-IP: 10.0.0.1\nX-Real-IP: 203.0.113.7"},
	{"X-Real-IP with a port", "proxies", proxy, "X-Real-IP: 203.0.113.7:1"},
	{"X-Real-IP as nginx writes it for a unix socket", "proxies", proxy, "X-Real-IP: unix:"},
	{"a forged second header of nonsense", "proxies", proxy, "X-Forwarded-For: 203.0.113.7\nX-Real-IP: x"},
	{"a forged second header", "proxies", proxy, "X-Forwarded-For: 203.0.113.7\nX-Real-IP: 10.0.0.1"},

	{"no proxy trusted", "none", visitor, "X-Forwarded-For: 10.0.0.1"},
	{"no proxy trusted, both headers", "none", visitor, "X-Forwarded-For: 10.0.0.1\nX-Real-IP: 10.0.0.1"},
	{"no proxy trusted, in two lines", "none", visitor, "X-Forwarded-For: 10.0.0.1\nX-Forwarded-For: 10.0.0.1"},
	{"all proxies trusted, in two halves", "half", visitor, "X-Forwarded-For: 10.0.0.1"},
	{"all proxies of IPv6 trusted", "every-v6", visitor, "X-Forwarded-For: 10.0.0.1"},
	{"X-Forwarded-For where it is not read", "real-ip", visitor, "X-Forwarded-For: 10.0.0.1"},
	{"X-Forwarded-For passed on where it is not read", "real-ip", proxy, "X-Forwarded-For: 10.0.0.1\nX-Real-IP: 203.0.113.7"},
	{"X-Forwarded-For passed on, and no other", "real-ip", proxy, "X-Forwarded-For: 10.0.0.1"},
	{"the engine's own header", "own-header", visitor, "X-Visitor: 10.0.0.1"},
	{"the engine's own header, empty", "own-header", visitor, "X-Visitor:"},
	{"headers that are not read at all", "no-headers", visitor, "X-Forwarded-For: 10.0.0.1"},

	{"past the platform, another header", "platform", visitor, "X-Forwarded-For: 10.0.0.1"},
	{"the platform's header empty, another forged", "platform", visitor, "CF-Connecting-IP:\nX-Forwarded-For: 10.0.0.1"},
	{"the platform's header empty in one of two lines", "platform", visitor, "CF-Connecting-IP:\nCF-Connecting-IP: 203.0.113.7\nX-Forwarded-For: 10.0.0.1"},
	{"the platform adds a line", "platform", proxy, "CF-Connecting-IP: 10.0.0.1\nCF-Connecting-IP: 203.0.113.7"},
	{"the platform names him, another header is forged", "platform", proxy, "CF-Connecting-IP: 203.0.113.7\nX-Forwarded-For: 10.0.0.1"},
	{"the platform adds him to a list", "platform", proxy, "CF-Connecting-IP: 10.0.0.1, 203.0.113.7"},
	{"the platform writes unknown", "platform", proxy, "CF-Connecting-IP: unknown\nX-Forwarded-For: 10.0.0.1"},
	{"a platform of one's own, its header missing", "own-platform", visitor, "X-Forwarded-For: 10.0.0.1"},
	{"a platform of one's own, its header empty", "own-platform", proxy, "X-Real-IP:\nX-Forwarded-For: 10.0.0.1"},
	{"a platform of one's own, by the proxy", "own-platform", proxy, "X-Forwarded-For: 10.0.0.1, 203.0.113.7"},
}

// addressed gives the arena an engine of each kind.
func (a *arena) addressed() {
	mode := a.at(maintenance.On)
	for name, set := range engines {
		engine := gin.New()
		require.NoError(a.t, set(engine))
		engine.Use(ginmaint.New(ginmaint.Config{Mode: mode, Logger: quiet, IgnoreIPAddresses: listed}))
		engine.Any("/", a.closed)
		a.engines[name] = engine
	}
}

func requestWith(host, headers string) string {
	text := "GET / HTTP/1.1\r\nHost: " + host + "\r\nAccept: text/plain\r\n"
	if headers != "" {
		text += strings.ReplaceAll(headers, "\n", "\r\n") + "\r\n"
	}
	return text + "\r\n"
}

func TestAddresses(t *testing.T) {
	a := newArena(t)
	a.addressed()
	for _, f := range forgeries {
		a.stream(f.peer, []string{requestWith(f.engine, f.headers)}, func(_, status int, _ []byte) {
			assert.Equal(t, http.StatusServiceUnavailable, status, f.why)
		})
		a.mustHaveHeld(t)
	}
	named.Add(int64(len(forgeries)))
}

// TestGeneratedAddresses sends every header over the addresses that matter, up to
// three of them, and has the proxy add its part in each of the ways that proxies do.
func TestGeneratedAddresses(t *testing.T) {
	a := newArena(t)
	a.addressed()
	words := []string{"10.0.0.1", "198.51.100.4", "203.0.113.7", "2001:db8::1", "unknown", "10.0.0.1:80", "", "x"}
	var forged []string
	var extend func(list []string)
	extend = func(list []string) {
		forged = append(forged, strings.Join(list, ", "))
		if len(list) > 1 {
			forged = append(forged, strings.Join(list, "\nX-Forwarded-For: "))
		}
		if len(list) < 3 {
			for _, word := range words {
				extend(append(list[:len(list):len(list)], word))
			}
		}
	}
	for _, word := range words {
		extend([]string{word})
	}
	proxies := []func(forged string) string{
		func(f string) string { return f + ", 203.0.113.7" },
		func(f string) string { return f + "\nX-Forwarded-For: 203.0.113.7" },
		func(f string) string { return f + ", 203.0.113.7:51234" },
		func(f string) string { return f + ", [2001:db9::7]:443" },
		func(f string) string { return f + ", unknown" },
		func(f string) string { return f + ", 203.0.113.7, 198.51.100.5" },
	}
	send := func(peer string, requests []string) {
		a.mustHold(t, peer, requests, func(i int) string { return requests[i] })
		generated.Add(int64(len(requests)))
	}
	var direct, through []string
	for i, f := range forged {
		others := []string{"", "\nX-Real-IP: 10.0.0.1", "\nX-Real-IP:", "\nForwarded: for=10.0.0.1"}[i%4]
		for _, host := range []string{"default", "proxies", "none", "half", "platform", "own-header", "real-ip"} {
			direct = append(direct, requestWith(host, "X-Forwarded-For: "+f+others))
		}
		for _, adds := range proxies {
			through = append(through, requestWith("proxies", "X-Forwarded-For: "+adds(f)+others))
		}
	}
	send(visitor, direct)
	send(proxy, through)
	t.Logf("%d requests", len(direct)+len(through))
}

// TestTheListedPass: whoever belongs is let in; otherwise nobody would be.
func TestTheListedPass(t *testing.T) {
	a := newArena(t)
	a.addressed()
	for _, f := range []struct{ engine, peer, headers string }{
		{"proxies", proxy, ""},
		{"proxies", proxy, "X-Forwarded-For: 203.0.113.9"},
		{"proxies", proxy, "X-Forwarded-For: 203.0.113.7, 10.0.0.1"},
		{"proxies", proxy, "X-Forwarded-For: 2001:db8::7\nX-Forwarded-Proto: https"},
		{"proxies", proxy, "X-Real-IP: 192.168.7.12"},
		{"real-ip", proxy, "X-Real-IP: 10.0.0.1\nX-Forwarded-For: 203.0.113.7"},
		{"platform", visitor, "CF-Connecting-IP: 10.0.0.1"},
		{"own-platform", visitor, "X-Real-IP: 10.0.0.1"},
	} {
		a.stream(f.peer, []string{requestWith(f.engine, f.headers)}, func(_, status int, _ []byte) {
			assert.Equal(t, http.StatusOK, status, fmt.Sprint(f))
		})
		assert.Len(t, a.gotIn(), 1, fmt.Sprint(f))
	}
}
