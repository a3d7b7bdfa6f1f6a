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
		"the platform's header is empty, another forged": {
			func(e *gin.Engine) { e.TrustedPlatform = gin.PlatformCloudflare },
			"203.0.113.7:1", []func(*http.Request){header("CF-Connecting-IP", ""), header("X-Forwarded-For", "10.0.0.1")}, refused},
		"the platform's header is empty, none else": {
			func(e *gin.Engine) { e.TrustedPlatform = gin.PlatformCloudflare },
			"10.0.0.9:1", []func(*http.Request){header("CF-Connecting-IP", "")}, refused},
		"the platform's header is empty before it is set": {
			func(e *gin.Engine) { e.TrustedPlatform = gin.PlatformCloudflare },
			"203.0.113.7:1", []func(*http.Request){header("CF-Connecting-IP", "", "198.51.100.9"), header("X-Forwarded-For", "10.0.0.1")}, refused},
		"the platform's header in two lines": {
			func(e *gin.Engine) { e.TrustedPlatform = gin.PlatformCloudflare },
			"203.0.113.7:1", []func(*http.Request){header("CF-Connecting-IP", "10.0.0.1", "203.0.113.7")}, refused},
		"the platform's header, and another forged": {
			func(e *gin.Engine) { e.TrustedPlatform = gin.PlatformCloudflare },
			"198.51.100.1:1", []func(*http.Request){header("CF-Connecting-IP", "203.0.113.7"), header("X-Forwarded-For", "10.0.0.1")}, refused},
		"a platform of one's own, its header missing": {
			func(e *gin.Engine) { e.TrustedPlatform = "X-Real-IP" },
			"203.0.113.7:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1")}, refused},
		"a platform of one's own": {
			func(e *gin.Engine) { e.TrustedPlatform = "X-Real-IP" },
			"203.0.113.7:1", []func(*http.Request){header("X-Real-IP", "10.0.0.1")}, passes},
		"listed proxies, no header":                    {trust("10.0.0.0/8"), "10.0.1.4:1", nil, passes},
		"listed proxies, a visitor named":              {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "203.0.113.9")}, refused},
		"listed proxies, a listed visitor named":       {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "10.7.7.7")}, passes},
		"listed proxies, the proxy itself is named":    {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "10.0.1.4")}, passes},
		"listed proxies, it comes by another":          {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "10.0.1.4, 10.0.1.5")}, passes},
		"listed proxies, address and port (Azure)":     {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "203.0.113.9:51234")}, refused},
		"listed proxies, unknown":                      {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "unknown")}, refused},
		"listed proxies, IPv6 in brackets with a port": {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "[2001:db8::7]:443")}, refused},
		"listed proxies, IPv6 in brackets":             {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "[2001:db8::7]")}, refused},
		"listed proxies, a bad last element":           {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "203.0.113.9, 10.0.0.1:80")}, refused},
		"listed proxies, a bad element in the middle":  {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1, x, 10.0.1.5")}, refused},
		"listed proxies, a bad first element":          {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "x, 10.0.1.4")}, refused},
		"listed proxies, a bad end behind the proxy":   {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "10.0.1.4, x")}, refused},
		"listed proxies, an empty header":              {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "")}, refused},
		"listed proxies, a comma":                      {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", ",")}, refused},
		"listed proxies, an address and a comma":       {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1,")}, refused},
		"listed proxies, a zone":                       {trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "fe80::1%eth0")}, refused},
		"listed proxies, Azure's header and a forged one": {
			trust("10.0.0.0/8"), "10.0.1.4:1",
			[]func(*http.Request){header("X-Forwarded-For", "203.0.113.9:51234"), header("X-Real-IP", "10.0.0.1")}, refused},
		"listed proxies, an empty header and a forged one": {
			trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", ""), header("X-Real-IP", "10.0.0.1")}, refused},
		"listed proxies, the header of RFC 7239 alone": {
			trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("Forwarded", "for=203.0.113.9")}, refused},
		"listed proxies, no address at all": {
			trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-Proto", "https")}, refused},
		"listed proxies, both headers": {
			trust("10.0.0.0/8"), "10.0.1.4:1", []func(*http.Request){header("X-Forwarded-For", "10.0.0.1"), header("X-Forwarded-Proto", "https")}, passes},
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

// TestWhatIsSaidOfForwardingHeaders: once each, and what to do.
func TestWhatIsSaidOfForwardingHeaders(t *testing.T) {
	cases := map[string]struct {
		proxies []string // nil: all, as Gin has it
		peer    string
		ask     func(*http.Request)
		want    int
		says    string
	}{
		"all proxies are trusted": {nil, "203.0.113.7:1", header("X-Forwarded-For", "10.0.0.1"), http.StatusServiceUnavailable, "SetTrustedProxies"},
		"no address in the header": {
			[]string{"10.0.0.0/8"}, "10.0.1.4:1", header("X-Forwarded-For", "203.0.113.9:51234"), http.StatusServiceUnavailable, "without a port"},
		"several lines": {
			[]string{"10.0.0.0/8"}, "10.0.1.4:1", header("X-Forwarded-For", "10.0.0.1", "10.0.0.2"), http.StatusServiceUnavailable, "several lines"},
		"a local proxy that is not trusted": {
			[]string{}, "127.0.0.1:1", header("X-Forwarded-For", "203.0.113.9"), http.StatusOK, "no trusted proxy"},
		"a local proxy that names nobody": {
			[]string{}, "127.0.0.1:1", header("Forwarded", "for=203.0.113.9"), http.StatusOK, "no trusted proxy"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var log journal
			s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"10.0.0.0/8", "127.0.0.1"}, Logger: log.logger()})
			if tc.proxies != nil {
				require.NoError(t, s.SetTrustedProxies(tc.proxies))
			}
			ask(s, http.MethodGet, "/", header("X-Forwarded-For", "203.0.113.50"))
			ask(s, http.MethodGet, "/", from("127.0.0.1:1"))
			assert.Empty(t, log.String(), "an address that is not listed needs no warning, nor does a request without such a header")
			for range 3 {
				assert.Equal(t, tc.want, ask(s, http.MethodGet, "/", from(tc.peer), tc.ask).Code)
			}
			assert.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
			assert.Contains(t, log.String(), tc.says)
			assert.NotContains(t, log.String(), "203.0.113.9", "what a visitor sends")
		})
	}
	t.Run("an empty header of the platform", func(t *testing.T) {
		var log journal
		s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: []string{"10.0.0.1"}, Logger: log.logger()})
		s.TrustedPlatform = gin.PlatformFlyIO
		for range 3 {
			ask(s, http.MethodGet, "/", header("Fly-Client-IP", ""), header("X-Forwarded-For", "10.0.0.1"))
		}
		assert.Equal(t, 1, strings.Count(log.String(), "TrustedPlatform"), log.String())
	})
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
