package ginmaint

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestIgnoreURLs(t *testing.T) {
	cases := map[string]struct {
		entry, target string
		passes        bool
	}{
		"the path itself":                   {`^/static/`, "/static/a.css", true},
		"anchored although it does not say": {`/static/`, "/static/a.css", true},
		"not in the middle":                 {`/static/`, "/x/static/a.css", false},
		"not in the query":                  {`/static/`, "/?x=/static/", false},
		"an alternative is anchored too":    {`/a/|/static/`, "/x/static/", false},
		"a longer name":                     {`^/admin(/|$)`, "/administrator", false},
		"the bare name":                     {`^/admin(/|$)`, "/admin", true},
		"with a trailing slash":             {`^/admin(/|$)`, "/admin/", true},
		"only with a trailing slash":        {`^/admin/`, "/admin", false},
		"exactly one path":                  {`^/ping$`, "/ping", true},
		"exactly, with a slash too many":    {`^/ping$`, "/ping/", false},
		"case counts":                       {`^/static/`, "/STATIC/a.css", false},
		"parent":                            {`^/static/`, "/static/../admin", false},
		"parent, encoded dots":              {`^/static/`, "/static/%2e%2e/admin", false},
		"parent, half of it encoded":        {`^/static/`, "/static/.%2E/admin", false},
		"parent, encoded slashes":           {`^/static/`, "/static%2F..%2Fadmin", false},
		"parent, encoded slash at the end":  {`^/static/`, "/static/..%2fadmin", false},
		"parent, backslashes":               {`^/static/`, "/static/..%5cadmin", false},
		"parent, backslashes alone":         {`^/static/`, `/static/a%5c..%5c..%5cadmin`, false},
		"parent that stays inside":          {`^/static/`, "/static/a/../b.css", false},
		"an encoded slash in the name":      {`^/static/`, "/static/a%2Fb.css", true},
		"an encoded start":                  {`^/static/`, "/%73tatic/a.css", false},
		"a doubled slash in front":          {`^/static/`, "//static/a.css", false},
		"a doubled slash inside":            {`^/static/`, "/static//a.css", true},
		"a doubled slash for a name":        {`^/files/[^/]*/public$`, "/files//public", false}, // is /files/public to those who clean it
		"a doubled slash to somewhere":      {`^//static/`, "//static/a.css", false},
		"a dot segment in front":            {`^/static/`, "/./static/a.css", false},
		"a line break in the path":          {`(?m)^/static/`, "/admin%0A/static/", false},
		"a line break behind the end":       {`^/ping$`, "/ping%0A", false},
		"a path with letters beyond ASCII":  {`^/größe/`, "/gr%C3%B6%C3%9Fe/1", true},
		"a dot segment with a parameter":    {`^/static/`, "/static/..;x=1/admin", false}, // to servers of Java
		"a dot segment with a blank":        {`^/static/`, "/static/..%20/admin", false},  // to Windows
		"a dot segment with a tab":          {`^/static/`, "/static/..%09/admin", false},
		"a dot segment, escaped twice":      {`^/static/`, "/static/%252e%252e/admin", false},
		"a dot segment, overlong":           {`^/static/`, "/static/%c0%ae./admin", false},
		"another path, escaped twice":       {`^/static%2fx$`, "/static%252fx", false},
		"a file that begins with a dot":     {`^/static/`, "/static/.hidden", true},
		"a file that ends with dots":        {`^/static/`, "/static/and-so-on..", true},
		"a semicolon in a name":             {`^/static/`, "/static/a;v=1/b.css", true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := &service{Engine: gin.New()}
			s.Use(New(Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreURLs: []string{tc.entry}}))
			s.NoRoute(s.handle)
			answer := ask(s, http.MethodGet, tc.target)
			assert.Equal(t, tc.passes, s.runs.Load() == 1)
			assert.Equal(t, !tc.passes, answer.Code == http.StatusServiceUnavailable)
		})
	}
}

func TestIgnoreURLsWithRawPath(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.UseRawPath = true
	s.Use(New(Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreURLs: []string{"^/files/"}}))
	s.GET("/files/:name", s.handle)
	s.GET("/:name", s.handle)
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/files/a%2Fb").Code)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/files%2Fa").Code, "another route")
}

// TestRoutedElsewhere: what Gin has routed counts, whatever has become of the
// request's path since.
func TestRoutedElsewhere(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		if path := c.GetHeader("X-Rewrite-URL"); path != "" {
			c.Request.URL.Path = path
		}
	}, New(Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreURLs: []string{"^/static/"}}))
	s.POST("/order", s.handle)
	s.GET("/static/*file", s.handle)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodPost, "/order", header("X-Rewrite-URL", "/static/x")).Code)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/static/x", header("X-Rewrite-URL", "/order")).Code)
	assert.Zero(t, s.runs.Load())
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/static/x").Code)
}

// TestAParameterThatHoldsTheName: an expression means the route that spells what
// it names, not one of another method that takes it for a parameter.
func TestAParameterThatHoldsTheName(t *testing.T) {
	cases := map[string]struct {
		entry, method, target string
		passes                bool
	}{
		"the route that spells it":                      {"^/static/", "GET", "/static/order", true},
		"another method's, by a parameter":              {"^/static/", "POST", "/static/order", false},
		"another method's, by two":                      {"^/static/", "PUT", "/static/order", false},
		"an alternative":                                {"^/(static|media)/", "POST", "/static/order", false},
		"an expression for the end":                     {`^/static/.*r$`, "POST", "/static/order", false},
		"a value of the parameter that no route spells": {"^/acme/", "POST", "/acme/order", true},
		"a value beside a route that spells another":    {"^/api/v1/", "GET", "/api/v1/users", true},
		"any value":   {"^/[^/]+/order$", "POST", "/acme/order", true},
		"a catch-all": {"^/files/public/", "GET", "/files/public/a", true},
		"a parameter behind what the expression names":   {"^/users/", "GET", "/users/7", true},
		"a parameter that the expression names more of":  {`^/users/\d+$`, "GET", "/users/7", true},
		"a parameter that the expression does not match": {`^/users/\d+$`, "GET", "/users/x", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := &service{Engine: gin.New()}
			s.Use(New(Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreURLs: []string{tc.entry}}))
			s.GET("/static/*file", s.handle)
			s.POST("/:shop/order", s.handle)
			s.PUT("/:shop/:what", s.handle)
			s.GET("/api/:version/users", s.handle)
			s.GET("/api/v1/health", s.handle)
			s.GET("/files/*path", s.handle)
			s.GET("/users/:id", s.handle)
			answer := ask(s, tc.method, tc.target)
			assert.Equal(t, tc.passes, answer.Code == http.StatusOK, answer.Code)
			assert.Equal(t, tc.passes, s.runs.Load() == 1)
		})
	}
}

func TestFillingARoute(t *testing.T) {
	for _, tc := range []struct {
		path   string
		params gin.Params
		want   string
	}{
		{"", nil, ""},
		{"/orders", nil, "/orders"},
		{"/:shop/order", gin.Params{{Key: "shop", Value: "a"}}, "/a/order"},
		{"/a_:b/:c/*d", gin.Params{{Key: "b", Value: "1"}, {Key: "c", Value: "2"}, {Key: "d", Value: "/3/4"}}, "/a_1/2/3/4"},
		{"/*all", gin.Params{{Key: "all", Value: "/"}}, "/"},
		{"/point:move", nil, "/point:move"}, // a colon that was escaped
		{"/point:move/:id", gin.Params{{Key: "id", Value: "7"}}, "/point:move/7"},
		{"/:shop", gin.Params{{Key: "shop", Value: "a"}, {Key: "added", Value: "b"}}, "/a"}, // by a middleware
	} {
		r := &route{path: tc.path}
		assert.Equal(t, tc.want, r.fill(tc.params), tc.path)
	}
}

// TestAVeryLongPath costs nothing, however many expressions there are: it is
// looked at by none.
func TestAVeryLongPath(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(New(Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreURLs: []string{"^/static/"}}))
	s.NoRoute(s.handle)
	long := func(n int) string { return "/static/" + strings.Repeat("a", n-len("/static/")) }
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, long(maxPath)).Code)
	for _, target := range []string{long(maxPath + 1), long(900_000), "/static/" + strings.Repeat("%61", maxPath/3)} {
		assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, target).Code)
	}
	asked, err := url.ParseRequestURI(long(900_000))
	require.NoError(t, err)
	var many urls
	for range 10 {
		many.expressions = append(many.expressions, &looking)
	}
	assert.Nil(t, many.matching(asked, &route{}, nil), "an expression that is looked at would panic")
}

// looking is no expression at all.
var looking regexp.Regexp

func TestIgnore(t *testing.T) {
	var asked []string
	cfg := Config{
		IgnoreURLs: []string{"^/static/"},
		Ignore: func(c *gin.Context) bool {
			asked = append(asked, c.Request.URL.Path)
			return c.GetHeader("Release-Check") == "yes"
		},
		Role: func(*gin.Context) Role { return Staff }, Logout: []Role{Staff},
	}
	for level, want := range map[maintenance.Level]int{maintenance.Off: http.StatusOK, maintenance.On: http.StatusServiceUnavailable} {
		t.Run(level.String(), func(t *testing.T) {
			asked, cfg.Mode = nil, at(t, level)
			s := serving(t, cfg)
			s.GET("/static/x", s.handle)
			s.GET("/closed", ForceOn, s.handle)
			assert.Equal(t, want, ask(s, http.MethodGet, "/").Code)
			passed := ask(s, http.MethodGet, "/", header("Release-Check", "yes"))
			assert.Equal(t, http.StatusOK, passed.Code)
			assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/static/x").Code)
			assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/closed", header("Release-Check", "yes")).Code)
			if level == maintenance.On {
				assert.Equal(t, []string{"/", "/"}, asked, "of those alone whom no list exempts")
				assert.Equal(t, "private, no-store", passed.Header().Get("Cache-Control"))
			} else {
				assert.Empty(t, asked)
			}
		})
	}
}
