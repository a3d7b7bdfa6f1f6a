package ginmaint

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestClientIP asks for a service that 10.0.0.0/8, 2001:db8::1 and fe80::1
// pass, in each way that an address may be claimed.
func TestClientIP(t *testing.T) {
	const passes, refused = http.StatusOK, http.StatusServiceUnavailable
	trust := func(proxies ...string) func(*gin.Engine) {
		return func(e *gin.Engine) {
			if err := e.SetTrustedProxies(proxies); err != nil {
				panic(err)
			}
		}
	}
	cases := map[string]struct {
		engine func(*gin.Engine)
		remote string
		ask    []func(*http.Request)
		want   int
	}{
		"default engine, listed peer":          {nil, "10.0.0.9:1", nil, passes},
		"default engine, peer of another kind": {nil, "203.0.113.7:1", nil, refused},
		"default engine, forged X-Forwarded-For": {
			nil, "203.0.113.7:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, refused},
		"default engine, forged X-Real-IP": {
			nil, "203.0.113.7:1", []func(*http.Request){header("X-Real-IP", "10.0.0.1")}, refused},
		"default engine, listed peer with a forwarding header": {
			nil, "10.0.0.9:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, refused},
		"default engine, an unrelated header": {
			nil, "10.0.0.9:1", []func(*http.Request){header("X-Other", "10.0.0.1")}, passes},
		"forged header of the engine's own": {
			func(e *gin.Engine) { e.RemoteIPHeaders = []string{"X-Visitor"} },
			"203.0.113.7:1", []func(*http.Request){header("X-Visitor", "10.0.0.1")}, refused},
		"headers not read at all": {
			func(e *gin.Engine) { e.ForwardedByClientIP = false },
			"10.0.0.9:1", []func(*http.Request){header("X-Forwarded-For", "203.0.113.1")}, passes},
		"no proxy trusted, listed peer, header ignored": {
			trust(), "10.0.0.9:1", []func(*http.Request){header("X-Forwarded-For", "203.0.113.1")}, passes},
		"no proxy trusted, forged header": {
			trust(), "203.0.113.7:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, refused},
		"a trusted proxy names a listed visitor": {
			trust("198.51.100.1"), "198.51.100.1:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, passes},
		"a trusted proxy appends the visitor to what he forged": {
			trust("198.51.100.1"), "198.51.100.1:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1, 203.0.113.7")}, refused},
		"a trusted proxy adds a line behind the one he forged": {
			trust("198.51.100.1"), "198.51.100.1:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1", "203.0.113.7")}, refused},
		"several lines, even where all of them are listed": {
			trust("198.51.100.1"), "198.51.100.1:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1", "10.0.0.2")}, refused},
		"several lines of another header": {
			trust("198.51.100.1"), "198.51.100.1:1",
			[]func(*http.Request){header("X-Forwarded-For", "10.0.0.1"), header("Accept", "text/html", "*/*")}, passes},
		"several lines, not from a proxy": {
			trust("198.51.100.1"), "10.0.0.9:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1", "10.0.0.2")}, passes},
		"another peer claims to be a proxy": {
			trust("198.51.100.1"), "198.51.100.2:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, refused},
		"all IPv4 proxies trusted": {
			trust("0.0.0.0/0"), "203.0.113.7:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, refused},
		"all IPv6 proxies trusted": {
			trust("::/0"), "[2001:db8::9]:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, refused},
		"the platform's header": {
			func(e *gin.Engine) { e.TrustedPlatform = gin.PlatformCloudflare },
			"203.0.113.7:1", []func(*http.Request){header("CF-Connecting-IP", "10.0.0.1")}, passes},
		"the platform's header is missing, another forged": {
			func(e *gin.Engine) { e.TrustedPlatform = gin.PlatformCloudflare },
			"203.0.113.7:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, refused},
		"IPv6 peer":               {trust(), "[2001:db8::1]:1", nil, passes},
		"IPv6 peer, written long": {trust(), "[2001:0db8:0:0::1]:1", nil, passes},
		"IPv6 peer with a zone":   {trust(), "[fe80::1%eth0]:1", nil, refused},
		"IPv4 in IPv6":            {trust(), "[::ffff:10.0.0.1]:1", nil, passes},
		"no remote address":       {trust(), "", nil, refused},
		"remote without a port":   {trust(), "10.0.0.1", nil, refused},
		"garbage for a remote":    {trust(), "10.0.0.1:1:1", nil, refused},
		"a header with garbage": {
			trust("198.51.100.1"), "198.51.100.1:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1\x00")}, refused},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"10.0.0.0/8", "2001:db8::1", "fe80::1"}})
			if tc.engine != nil {
				tc.engine(s.Engine)
			}
			answer := ask(s, http.MethodGet, "/", append(tc.ask, from(tc.remote))...)
			assert.Equal(t, tc.want, answer.Code)
			assert.Equal(t, tc.want == passes, s.runs.Load() == 1)
		})
	}
}

func TestForwardingHeadersAreLoggedOnceWithTheRemedy(t *testing.T) {
	var log journal
	s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"10.0.0.1"}, Logger: log.logger()})
	ask(s, http.MethodGet, "/", header("X-Forwarded-For", "203.0.113.50"))
	assert.Empty(t, log.String(), "an address that is not listed needs no warning")
	for range 3 {
		ask(s, http.MethodGet, "/", header("X-Forwarded-For", "10.0.0.1"))
	}
	assert.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	assert.Contains(t, log.String(), "SetTrustedProxies")
}

func TestClientIPFunction(t *testing.T) {
	cases := map[string]struct {
		says string
		want int
	}{
		"a listed address":       {"10.0.0.1", http.StatusOK},
		"IPv4 in IPv6":           {"::ffff:10.0.0.1", http.StatusOK},
		"another address":        {"203.0.113.7", http.StatusServiceUnavailable},
		"does not know":          {"", http.StatusServiceUnavailable},
		"garbage":                {"10.0.0.1, 10.0.0.1", http.StatusServiceUnavailable},
		"an address with a port": {"10.0.0.1:80", http.StatusServiceUnavailable},
		"an address with a zone": {"fe80::1%eth0", http.StatusServiceUnavailable},
		"a very long text":       {strings.Repeat("1", 1<<16), http.StatusServiceUnavailable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{
				Mode:              at(t, maintenance.On),
				IgnoreIPAddresses: []string{"10.0.0.1", "fe80::1"},
				ClientIP:          func(*gin.Context) string { return tc.says },
			})
			// The function answers for itself, whatever headers there are.
			assert.Equal(t, tc.want, ask(s, http.MethodGet, "/", header("X-Forwarded-For", "10.0.0.1")).Code)
		})
	}
}

func TestProbingForForgeryLeavesTheRequestAlone(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"10.0.0.1"}, IgnoreAnonymous: true})
	s.GET("/seen", func(c *gin.Context) {
		c.String(http.StatusOK, "%s %s", c.Request.RemoteAddr, c.Request.Header["X-Forwarded-For"])
	})
	answer := ask(s, http.MethodGet, "/seen", header("X-Forwarded-For", "10.0.0.1"))
	require.Equal(t, http.StatusOK, answer.Code)
	assert.Equal(t, "203.0.113.7:4711 [10.0.0.1]", answer.Body.String())
}
