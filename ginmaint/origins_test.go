package ginmaint

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestPostsOfOtherOrigins(t *testing.T) {
	cases := map[string]struct {
		headers map[string]string
		passes  bool
	}{
		"curl":                          {nil, true},
		"this origin":                   {map[string]string{"Origin": "https://shop.example", "Sec-Fetch-Site": "same-origin"}, true},
		"this origin, an older browser": {map[string]string{"Origin": "https://shop.example"}, true},
		"typed by the user":             {map[string]string{"Sec-Fetch-Site": "none"}, true},
		"another origin":                {map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, false},
		"another origin, older browser": {map[string]string{"Origin": "https://evil.example"}, false},
		"another site, no origin":       {map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"a sister host":                 {map[string]string{"Origin": "https://blog.shop.example", "Sec-Fetch-Site": "same-site"}, false},
		"another port":                  {map[string]string{"Origin": "https://shop.example:8443"}, false},
		"an opaque origin":              {map[string]string{"Origin": "null"}, false},
		"a trusted origin":              {map[string]string{"Origin": "https://admin.example", "Sec-Fetch-Site": "cross-site"}, true},
		"a trusted one without TLS":     {map[string]string{"Origin": "http://admin.example", "Sec-Fetch-Site": "cross-site"}, false},
		"like a trusted one":            {map[string]string{"Origin": "https://admin.example.evil.example"}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var log journal
			m := at(t, maintenance.On)
			s := paneled(t, Config{Mode: m, TrustedOrigins: []string{"https://admin.example"}, Logger: log.logger()})
			with := []func(*http.Request){as(Superuser), browser, func(r *http.Request) { r.Host = "shop.example" }}
			for name, value := range tc.headers {
				with = append(with, header(name, value))
			}
			answer := ask(s, http.MethodPost, "/maintenance-mode/off/", with...)
			if tc.passes {
				assert.Equal(t, http.StatusSeeOther, answer.Code)
				assert.Equal(t, maintenance.Off, m.Level())
				assert.Empty(t, log.String())
			} else {
				assert.Equal(t, http.StatusForbidden, answer.Code)
				assert.Equal(t, maintenance.On, m.Level())
				assert.Contains(t, log.String(), "TrustedOrigins")
			}
			shown := ask(s, http.MethodGet, "/maintenance-mode/off/", with...)
			assert.Equal(t, http.StatusOK, shown.Code, "a link may lead here")
		})
	}
}

// TestOriginsAreNormalised: browsers send the scheme and host in lower case, and
// no port that belongs to the scheme.
func TestOriginsAreNormalised(t *testing.T) {
	cases := map[string]struct {
		entry, origin string
		passes        bool
	}{
		"capitals":                     {"HTTPS://Admin.Example", "https://admin.example", true},
		"the port of https":            {"https://admin.example:443", "https://admin.example", true},
		"the port of http":             {"http://admin.example:80", "http://admin.example", true},
		"a colon without a port":       {"https://admin.example:", "https://admin.example", true},
		"a port with a zero in front":  {"https://admin.example:0443", "https://admin.example", true},
		"a question mark":              {"https://admin.example?", "https://admin.example", true},
		"an address, written long":     {"https://[2001:DB8:0:0::1]:8443", "https://[2001:db8::1]:8443", true},
		"an address of IPv4":           {"https://10.0.0.1", "https://10.0.0.1", true},
		"another port":                 {"https://admin.example:8443", "https://admin.example:8443", true},
		"another port is not left out": {"https://admin.example:8443", "https://admin.example", false},
		"http's port with https":       {"https://admin.example:80", "https://admin.example", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := at(t, maintenance.On)
			s := paneled(t, Config{Mode: m, TrustedOrigins: []string{tc.entry}})
			ask(s, http.MethodPost, "/maintenance-mode/off/", as(Superuser), header("Origin", tc.origin), header("Sec-Fetch-Site", "cross-site"))
			assert.Equal(t, tc.passes, m.Level() == maintenance.Off)
		})
	}
}
