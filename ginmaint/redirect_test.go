package ginmaint

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestRedirectURL(t *testing.T) {
	const redirected, answered, passed = http.StatusFound, http.StatusServiceUnavailable, http.StatusOK
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	cases := map[string]struct {
		url, method, target string
		ask                 func(*http.Request)
		want                int
	}{
		"a page":                               {"/maintenance", "GET", "/", nil, redirected},
		"a POST":                               {"/maintenance", "POST", "/", nil, redirected},
		"a program":                            {"/maintenance", "GET", "/", header("Accept", "application/json"), redirected},
		"the page itself passes":               {"/maintenance", "GET", "/maintenance", nil, passed},
		"the page itself with a query":         {"/maintenance", "GET", "/maintenance?from=/", nil, passed},
		"the page itself by HEAD":              {"/maintenance", "HEAD", "/maintenance", nil, passed},
		"a POST to the page":                   {"/maintenance", "POST", "/maintenance", nil, answered},
		"a DELETE of the page":                 {"/maintenance", "DELETE", "/maintenance", nil, answered},
		"OPTIONS of the page":                  {"/maintenance", "OPTIONS", "/maintenance", nil, answered},
		"a longer path":                        {"/maintenance", "GET", "/maintenance/x", nil, redirected},
		"a path that cleans to it":             {"/maintenance", "GET", "/x/../maintenance", nil, redirected},
		"the page with an escaped letter":      {"/maintenance", "GET", "/%6daintenance", nil, answered},
		"the page's path and a forged host":    {"https://status.example/maintenance", "GET", "/maintenance", host("status.example"), answered},
		"another host, the same path":          {"https://status.example/", "GET", "/", host("shop.example"), redirected},
		"this host, absolute":                  {"https://shop.example/maintenance", "GET", "/", host("shop.example"), redirected},
		"this host, absolute, the page itself": {"https://shop.example/maintenance", "GET", "/maintenance", host("shop.example"), answered},
		"this host without a path":             {"https://shop.example", "GET", "/", host("shop.example"), answered},
		"this host in capitals":                {"https://Shop.Example/maintenance", "GET", "/maintenance", host("shop.example"), answered},
		"this host with the scheme's port":     {"https://shop.example:443/maintenance", "GET", "/maintenance", host("shop.example"), answered},
		"the visitor names the scheme's port":  {"http://shop.example/maintenance", "GET", "/maintenance", host("shop.example:80"), answered},
		"another port":                         {"https://shop.example:8443/maintenance", "GET", "/maintenance", host("shop.example"), redirected},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{Mode: at(t, maintenance.On), RedirectURL: tc.url})
			s.Any("/maintenance", s.handle)
			change := tc.ask
			if change == nil {
				change = host("shop.example")
			}
			answer := ask(s, tc.method, tc.target, change)
			assert.Equal(t, tc.want, answer.Code)
			assert.Equal(t, tc.want == passed, s.runs.Load() == 1)
			if tc.want == redirected {
				assert.Equal(t, tc.url, answer.Header().Get("Location"))
				assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
				assertWait(t, 60, answer.Header())
			} else {
				assert.Empty(t, answer.Header().Get("Location"))
			}
		})
	}
}

// TestAPostThatClaimsToBeAGET: a middleware in front may have changed method or
// path on the visitor's word. What Gin has routed counts.
func TestAPostThatClaimsToBeAGET(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		if method := c.GetHeader("X-HTTP-Method-Override"); method != "" {
			c.Request.Method = method
		}
		if path := c.GetHeader("X-Rewrite-URL"); path != "" {
			c.Request.URL.Path = path
		}
	}, New(Config{Mode: at(t, maintenance.On), Logger: quiet, RedirectURL: "/status"}))
	s.Any("/status", s.handle)
	s.GET("/order", s.handle)
	ask(s, http.MethodPost, "/status", header("X-HTTP-Method-Override", "GET"))
	ask(s, http.MethodGet, "/order", header("X-Rewrite-URL", "/status"))
	assert.Zero(t, s.runs.Load())
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/status").Code)
}

// TestNoRedirectLoop follows the answers as a browser does, also where Gin
// itself redirects for a trailing slash.
func TestNoRedirectLoop(t *testing.T) {
	for name, tc := range map[string]struct{ url, route string }{
		"the same path":                  {"/maintenance", "/maintenance"},
		"a slash that the route lacks":   {"/maintenance/", "/maintenance"},
		"a slash that the URL lacks":     {"/maintenance", "/maintenance/"},
		"no such route":                  {"/elsewhere", "/maintenance"},
		"the start page":                 {"/", "/maintenance"},
		"a path with a query":            {"/maintenance?why=1", "/maintenance"},
		"a path with a letter to escape": {"/wartung für alle", "/wartung für alle"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{Mode: at(t, maintenance.On), RedirectURL: tc.url})
			s.GET(tc.route, s.handle)
			target, hops := "/start", 0
			for ; hops < 5; hops++ {
				answer := ask(s, http.MethodGet, target)
				if target = answer.Header().Get("Location"); target == "" {
					break
				}
			}
			assert.Less(t, hops, 5, "it goes in a circle")
		})
	}
}

// TestRedirectBehindAStrippedPrefix: the page is known by its mark, not by its path.
func TestRedirectBehindAStrippedPrefix(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), RedirectURL: "/shop/status"})
	s.GET("/status", ForceOff, s.handle)
	stripped := http.StripPrefix("/shop", s.Engine)
	location := ask(stripped, http.MethodGet, "/shop/").Header().Get("Location")
	require.Equal(t, "/shop/status", location)
	assert.Equal(t, http.StatusOK, ask(stripped, http.MethodGet, location).Code)
}

func TestLocationIsEscaped(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), RedirectURL: "/wartung für alle"})
	s.GET("/wartung für alle", s.handle)
	location := ask(s, http.MethodGet, "/").Header().Get("Location")
	assert.Equal(t, "/wartung%20f%C3%BCr%20alle", location)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, location).Code)
}

func TestRedirectURLRefused(t *testing.T) {
	for name, text := range map[string]string{
		"relative":                 "maintenance",
		"without a scheme":         "//evil.example/",
		"without a scheme, thrice": "///evil.example/",
		"a backslash":              `/\evil.example/`,
		"a script":                 "javascript:alert(1)",
		"no host":                  "https:///maintenance",
		"opaque":                   "https:shop.example",
		"a line break":             "/maintenance\r\nSet-Cookie: a=b",
		"mail":                     "mailto:ops@example.com",
	} {
		t.Run(name, func(t *testing.T) {
			err := Config{RedirectURL: text}.Validate()
			require.Error(t, err)
			assert.ErrorContains(t, err, "RedirectURL")
		})
	}
}
