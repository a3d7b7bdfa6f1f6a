package ginmaint

import (
	"net/http"
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
		"a doubled slash to somewhere":      {`^//static/`, "//static/a.css", false},
		"a dot segment in front":            {`^/static/`, "/./static/a.css", false},
		"a line break in the path":          {`(?m)^/static/`, "/admin%0A/static/", false},
		"a line break behind the end":       {`^/ping$`, "/ping%0A", false},
		"a path with letters beyond ASCII":  {`^/größe/`, "/gr%C3%B6%C3%9Fe/1", true},
		"a dot segment with a parameter":    {`^/static/`, "/static/..;x=1/admin", false}, // to servers of Java
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

func TestIgnoreURLsRefused(t *testing.T) {
	for name, entry := range map[string]string{
		"empty": "", "does not parse": "/static/(", "a parenthesis that closes ours": "/a)|(/b",
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := compileURLs([]string{"^/ok/", entry})
			require.Len(t, faults, 1)
			assert.ErrorContains(t, faults[0], "IgnoreURLs[1]")
		})
	}
}
