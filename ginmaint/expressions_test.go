package ginmaint

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExpressionsThatAreMeant: what somebody may well write is taken.
func TestExpressionsThatAreMeant(t *testing.T) {
	for _, entry := range []string{
		"^/static/", "/static/", "/api/v1/", "^/healthz$", "/healthz$", "^/$", `^/ping\z`, "^/admin(/|$)", "^/admin(?:/.*)?$",
		"^/(static|media)/", "^/static/|^/media/", "^/(healthz|readyz)$", "^/static/.*", `^/static/.*\.css`, `^/static/.*\.(css|js)$`,
		`.*\.css$`, "^/favicon.ico", `^/favicon\.ico`, "^/robots.txt$", "^/favicon.*", "^/img/[^/]+", `^/users/\d+/avatar$`, "^/tenants/acme/",
		"(?i)^/static/", "^/größe/", "^/[a-z]{2}/static/", "^/[^/]+/public/", `^/admin\b`, "^/.well-known/", "^/assets/app-", "^/a/?$",
		"(?m)^/static/", "^/[^/]+$", "/static//", `^/v\d+/`, "^/api/v(1|2)/",
	} {
		t.Run(entry, func(t *testing.T) {
			_, faults := compileURLs([]string{entry})
			assert.Empty(t, faults)
		})
	}
}

// TestExpressionsThatCannotBeMeant: each fault is named, with what to write.
func TestExpressionsThatCannotBeMeant(t *testing.T) {
	cases := map[string]string{
		"":                       "write the path's start, such as ^/static/",
		"/":                      "it matches every path",
		"^/":                     "it matches every path",
		"^":                      "it matches every path",
		".*":                     "it matches every path",
		"^/.*":                   "it matches every path",
		"/?":                     "it matches every path",
		"^(/.*)?$":               "it matches every path",
		"^/static/|":             "it matches every path",
		"^/|^/static/":           "it matches every path",
		"/*":                     "it matches every path",
		"admin":                  "never matches, since a path begins with a slash: write ^/admin/ for what lies under it, ^/admin(/|$)",
		"static/":                "write ^/static/",
		"^static/":               "write ^/static/",
		"(static|media)/":        "write ^/(static|media)/",
		`\.css$`:                 "never matches",
		"[a-z]+/":                "never matches",
		"^$":                     "never matches",
		"/admin":                 "write ^/admin/ for what lies under it, ^/admin(/|$) for it as well, or ^/admin.*",
		"^/admin":                "write ^/admin/ for what lies under it",
		"^/admin/?":              "write ^/admin/ for what lies under it",
		"^/admin/*":              "write ^/admin/ for what lies under it",
		"(?i)^/admin":            "write (?i)^/admin/ for what lies under it",
		"^/api/v1":               "write ^/api/v1/",
		`^/api/v\d+`:             `write ^/api/v\d+/`,
		"^/(admin|office)":       "end each alternative with / or (/|$)",
		"^/static/|^/admin":      "end each alternative",
		"^/[^/]+/admin":          "also matches longer names",
		"^/.*/admin":             "also matches longer names",
		"^/x.y/admin":            "also matches longer names",
		"/static/(":              "not a regular expression, write one such as ^/static/",
		"*":                      "not a regular expression",
		"/a)|(/b":                "not a regular expression",
		" /static/":              "there is a blank at its start or end, write /static/",
		"/static/\n":             "there is a blank",
		"https://shop.example/x": "neither scheme nor host",
		`^/search\?q=.*`:         "the query is not part of the path",
		"/search?q=1":            "the query is not part of the path",
	}
	for entry, says := range cases {
		t.Run(entry, func(t *testing.T) {
			_, faults := compileURLs([]string{"^/ok/", entry})
			require.Len(t, faults, 1)
			assert.ErrorContains(t, faults[0], "IgnoreURLs[1]")
			assert.ErrorContains(t, faults[0], says)
		})
	}
}

// TestTheRemedyIsTaken: what is proposed for an expression is no fault itself.
func TestTheRemedyIsTaken(t *testing.T) {
	for _, entry := range []string{"^/admin/", "^/admin(/|$)", "^/admin.*", "^/static/", "^/(static|media)/", "^/$", "(?i)^/admin/", `^/api/v\d+(/|$)`} {
		_, faults := compileURLs([]string{entry})
		assert.Empty(t, faults, entry)
	}
}
