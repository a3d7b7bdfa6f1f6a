package ginmaint

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// wrong has each field wrong that can be.
var wrong = Config{
	IgnoreIPAddresses: []string{"10.0.0.1", "10.0.0.*", "10.0.0.5/8", "fe80::1%eth0"},
	IgnoreURLs:        []string{"^/static/", "", "("},
	Logout:            []Role{Staff, Anonymous, 9},
	RedirectURL:       "//evil.example",
	StatusCode:        204,
	RetryAfter:        -time.Second,
	TrustedOrigins:    []string{"https://admin.example.com", "admin.example.com"},
}

const allFaults = `ginmaint: the Config is wrong: ` +
	`IgnoreIPAddresses[1] "10.0.0.*": an unescaped dot matches any character, write the prefix 10.0.0.0/24, or \. for a dot
IgnoreIPAddresses[2] "10.0.0.5/8": the address has bits set behind the prefix, write 10.0.0.0/8 or 10.0.0.5
IgnoreIPAddresses[3] "fe80::1%eth0": a zone can't be matched, write fe80::1
IgnoreURLs[1] "": an empty expression matches every path, write the path's start, such as ^/static/
IgnoreURLs[2] "(": not a regular expression, write one such as ^/static/: error parsing regexp: missing closing ): ` + "`(`" + `
Logout[1]: anonymous has no session to clear, write one of the other roles
Logout[2]: Role(9) has no session to clear, write one of the other roles
RedirectURL "//evil.example": write a path such as /maintenance, or an http(s) URL with a host
StatusCode 204: write one from 200 to 599 that has a body, such as 503
RetryAfter -1s: a wait is not negative
TrustedOrigins[1] "admin.example.com": write scheme and host, such as https://admin.example.com: `

func TestValidateNamesEveryWrongField(t *testing.T) {
	err := wrong.Validate()
	require.Error(t, err)
	require.GreaterOrEqual(t, len(err.Error()), len(allFaults))
	assert.Equal(t, allFaults, err.Error()[:len(allFaults)]) // behind it, net/http says why
	assert.PanicsWithError(t, err.Error(), func() { New(wrong) })
}

func TestValidate(t *testing.T) {
	cases := map[string]struct {
		cfg   Config
		fault string // "" for none
	}{
		"the zero value":               {Config{}, ""},
		"an early status":              {Config{StatusCode: 103}, "StatusCode 103"},
		"not modified":                 {Config{StatusCode: 304}, "StatusCode 304"},
		"a negative status":            {Config{StatusCode: -1}, "StatusCode -1"},
		"a late status":                {Config{StatusCode: 600}, "StatusCode 600"},
		"the first status":             {Config{StatusCode: 200}, ""},
		"the last status":              {Config{StatusCode: 599}, ""},
		"an origin's path":             {Config{TrustedOrigins: []string{"https://admin.example.com/x"}}, "TrustedOrigins[0]"},
		"a path":                       {Config{RedirectURL: "/maintenance"}, ""},
		"a URL":                        {Config{RedirectURL: "https://status.example"}, ""},
		"any origin":                   {Config{TrustedOrigins: []string{"*"}}, "TrustedOrigins[0]"},
		"a star for a host":            {Config{TrustedOrigins: []string{"https://*.example"}}, "a star stands for no host"},
		"a port that is none":          {Config{TrustedOrigins: []string{"https://admin.example.com:70000"}}, "a port is a number up to 65535"},
		"an origin's user":             {Config{TrustedOrigins: []string{"https://ada@admin.example.com"}}, "an origin has no user"},
		"letters beyond ASCII":         {Config{TrustedOrigins: []string{"https://bücher.example"}}, "xn--"},
		"a path with dots":             {Config{RedirectURL: "/x/../maintenance"}, `RedirectURL "/x/../maintenance": browsers and proxies change such a path`},
		"a path with a slash too many": {Config{RedirectURL: "/x//maintenance"}, "browsers and proxies change such a path"},
		"a path with escapes":          {Config{RedirectURL: "/x/%252e%252e/y"}, "browsers and proxies change such a path"},
		"an origin":                    {Config{TrustedOrigins: []string{"https://admin.example.com:8443"}}, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := tc.cfg.Validate()
			if tc.fault == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tc.fault)
			}
		})
	}
}

// TestNewTakesACopy: what is done to the Config afterwards changes nothing.
func TestNewTakesACopy(t *testing.T) {
	cfg := Config{Mode: at(t, maintenance.On), Logger: quiet, IgnoreURLs: []string{"^/$"}}
	s := &service{Engine: gin.New()}
	s.Use(New(cfg))
	s.GET("/", s.handle)
	cfg.IgnoreURLs[0], cfg.StatusCode = "^/x$", 200
	assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/").Code)
	assert.EqualValues(t, 1, s.runs.Load())
}

func TestNewPanicsWithTheErrorOfOpen(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "maintenance_mode.json", `{"level":"onn"}`)
	defer func() {
		err, ok := recover().(error)
		require.True(t, ok)
		assert.ErrorContains(t, err, "ginmaint: ")
		assert.ErrorContains(t, err, "maintenance_mode.json")
		assert.NotNil(t, errors.Unwrap(err))
	}()
	New(Config{Logger: quiet})
}
