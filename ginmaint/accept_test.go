package ginmaint

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestNegotiate(t *testing.T) {
	cases := map[string]struct {
		lines []string
		want  Format
	}{
		"nothing said":                       {nil, JSON},
		"an empty line":                      {[]string{""}, JSON},
		"commas alone":                       {[]string{", ,,"}, JSON},
		"Chrome, a page":                     {[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"}, HTML},
		"Firefox, a page":                    {[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, HTML},
		"Safari, a page":                     {[]string{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}, HTML},
		"an image tag of Chrome":             {[]string{"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}, JSON},
		"images alone":                       {[]string{"image/*"}, Text},
		"a style sheet":                      {[]string{"text/css,*/*;q=0.1"}, JSON},
		"an event stream":                    {[]string{"text/event-stream"}, Text},
		"HTML among others":                  {[]string{"application/xml, text/html"}, HTML},
		"XHTML":                              {[]string{"application/xhtml+xml"}, HTML},
		"Java's HttpURLConnection":           {[]string{"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}, HTML},
		"HTML, liked less":                   {[]string{"text/html;q=0.5, */*"}, JSON},
		"anything, and HTML in another line": {[]string{"*/*", "text/html"}, HTML},
		"axios":                              {[]string{"application/json, text/plain, */*"}, JSON},
		"jQuery's getJSON":                   {[]string{"application/json, text/javascript, */*; q=0.01"}, JSON},
		"curl and fetch":                     {[]string{"*/*"}, JSON},
		"problem details":                    {[]string{"application/problem+json"}, JSON},
		"JSON of another kind":               {[]string{"application/vnd.api+json"}, JSON},
		"any application":                    {[]string{"application/*"}, JSON},
		"any text":                           {[]string{"text/*"}, Text},
		"plain text":                         {[]string{"text/plain"}, Text},
		"quality decides":                    {[]string{"text/html;q=0.5, application/json;q=0.9"}, JSON},
		"quality in capitals":                {[]string{"text/html;Q=0.5, application/json; q = 0.9"}, JSON},
		"the first of equals":                {[]string{"text/plain, application/json"}, Text},
		"specific before wide":               {[]string{"*/*, application/json"}, JSON},
		"not HTML":                           {[]string{"text/html;q=0, */*"}, JSON},
		"not HTML, said late":                {[]string{"*/*, text/html;q=0"}, JSON},
		"no JSON":                            {[]string{"application/json;q=0"}, Text},
		"nothing at all":                     {[]string{"*/*;q=0"}, Text},
		"q=0.000":                            {[]string{"text/html;q=0.000,text/plain;q=0.001"}, Text},
		"q that can't be read":               {[]string{"text/html;q=best, application/json;q=0.9"}, HTML},
		"q above one":                        {[]string{"text/html;q=0.5, application/json;q=7"}, JSON},
		"q above one is one":                 {[]string{"text/html;level=1, application/json;q=7"}, HTML},
		"q below zero":                       {[]string{"text/html;q=0.5, application/json;q=-1"}, JSON},
		"q is no number":                     {[]string{"text/html;q=0.5, application/json;q=NaN"}, JSON},
		"capitals":                           {[]string{"TEXT/HTML;q=0.1, Application/JSON"}, JSON},
		"several lines":                      {[]string{"text/html;q=0.5", "application/json"}, JSON},
		"no media range":                     {[]string{"\x00/;;;=,"}, Text},
		"the wide range alone":               {[]string{"*"}, JSON},
		"charset":                            {[]string{"application/json;charset=utf-8"}, JSON},
		"ranges past the bound":              {[]string{strings.Repeat("image/x,", maxRanges) + "application/json"}, Text},
		"the last range read":                {[]string{strings.Repeat("image/x,", maxRanges-1) + "application/json"}, JSON},
		"lines past the bound":               {append(slicesOf("image/x", maxRanges), "application/json"), Text},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, negotiate(tc.lines)) })
	}
}

func slicesOf(text string, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = text
	}
	return lines
}

// TestALongAcceptHeader: what is past the bound costs nothing, not even memory.
func TestALongAcceptHeader(t *testing.T) {
	long := []string{strings.Repeat("a/b,", 1<<18)}
	assert.Equal(t, Text, negotiate(long))
	assert.Zero(t, testing.AllocsPerRun(10, func() { negotiate(long) }))
}

// TestNegotiatePartsOfAPage: nobody reads what is sent instead of an image.
func TestNegotiatePartsOfAPage(t *testing.T) {
	other := []string{"document", "iframe", "frame", "embed", "object", "empty", "", "json", "nonsense", "Image"}
	part := []string{"audio", "audioworklet", "font", "image", "manifest", "paintworklet", "script", "serviceworker",
		"sharedworker", "style", "track", "video", "worker", "xslt"}
	s := serving(t, Config{Mode: inState(t, maintenance.State{Level: maintenance.On, End: time.Now().Add(time.Hour)})})
	for _, destination := range append(other, part...) {
		assert.Contains(t, ask(s, http.MethodGet, "/", browser, header("Sec-Fetch-Dest", destination)).Body.String(), builtIn, destination)
	}
	for _, destination := range other {
		assert.Contains(t, ask(s, http.MethodGet, "/", header("Sec-Fetch-Dest", destination)).Body.String(), "about:blank", destination)
	}
	for _, destination := range part {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			answer := ask(s, method, "/", header("Accept", "image/avif,image/*,*/*;q=0.8"), header("Sec-Fetch-Dest", destination))
			assert.Equal(t, http.StatusServiceUnavailable, answer.Code, destination)
			assert.Empty(t, answer.Body.String(), destination)
			assert.Equal(t, "0", answer.Header().Get("Content-Length"))
			assert.Empty(t, answer.Header().Values("Content-Type"))
			assert.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
			assert.Equal(t, "on", answer.Header().Get("Maintenance-Mode"))
			assertWait(t, 3600, answer.Header())
		}
	}
}

func TestFormatThatFallsBackToTheDefault(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), Format: func(c *gin.Context) Format {
		if strings.HasPrefix(c.Request.URL.Path, "/api/") {
			return JSON
		}
		return Negotiate(c)
	}})
	assert.Equal(t, "application/problem+json", ask(s, http.MethodGet, "/api/orders", browser).Header().Get("Content-Type"))
	assert.Equal(t, "text/html; charset=utf-8", ask(s, http.MethodGet, "/", browser).Header().Get("Content-Type"))
	assert.Equal(t, "application/problem+json", ask(s, http.MethodGet, "/").Header().Get("Content-Type"))
}

func TestFormat(t *testing.T) {
	cases := map[string]struct {
		format Format
		want   string
	}{
		"HTML":           {HTML, "text/html; charset=utf-8"},
		"JSON":           {JSON, "application/problem+json"},
		"text":           {Text, "text/plain; charset=utf-8"},
		"empty":          {Empty, ""},
		"does not exist": {99, "text/html; charset=utf-8"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := serving(t, Config{Mode: at(t, maintenance.On), Format: func(*gin.Context) Format { return tc.format }})
			answer := ask(s, http.MethodGet, "/", header("Accept", "image/png"))
			assert.Equal(t, tc.want, answer.Header().Get("Content-Type"))
			var vary []string // the function does not say by what it decides
			if strings.Contains(tc.want, "html") {
				vary = []string{"Accept-Language"}
			}
			assert.Equal(t, vary, answer.Header().Values("Vary"))
			assert.Equal(t, tc.format == Empty, answer.Body.Len() == 0)
		})
	}
}
