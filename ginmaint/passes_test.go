package ginmaint

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// issued makes a pass that is good for an hour, and returns its token.
func issued(t testing.TB, mode *maintenance.Mode, name, path string) string {
	t.Helper()
	_, token, err := mode.IssuePass(t.Context(), maintenance.Pass{Name: name, Path: path, Until: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	return token
}

// redeemed opens the link, and returns the cookie that it gave.
func redeemed(t testing.TB, h http.Handler, target string, with ...func(*http.Request)) *http.Cookie {
	t.Helper()
	w := ask(h, http.MethodGet, target, with...)
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	cookies := w.Result().Cookies()
	require.Len(t, cookies, 1)
	return cookies[0]
}

func bearing(c *http.Cookie) func(*http.Request) { return func(r *http.Request) { r.AddCookie(c) } }

func overTLS(r *http.Request) { r.TLS = &tls.ConnectionState{} }

func TestPass(t *testing.T) {
	mode := at(t, maintenance.On)
	log := new(journal)
	s := serving(t, Config{Mode: mode, Logger: log.logger()})
	token := issued(t, mode, "customer", "")

	w := ask(s, http.MethodGet, "/?a=1&maintenance-pass="+token+"&b=%20")
	assert.Equal(t, http.StatusSeeOther, w.Code)
	assert.Equal(t, "./?a=1&b=%20", w.Header().Get("Location"))
	assert.Equal(t, "private, no-store", w.Header().Get("Cache-Control"))
	assert.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
	assert.Zero(t, s.runs.Load(), "the handler has to wait for the address without the token")
	cookie := w.Result().Cookies()[0]
	assert.Equal(t, passCookie, cookie.Name)
	assert.True(t, cookie.HttpOnly)
	assert.False(t, cookie.Secure)
	assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	assert.Equal(t, "/", cookie.Path)
	assert.WithinDuration(t, time.Now().Add(time.Hour), cookie.Expires, time.Minute)
	assert.Equal(t, 1, strings.Count(log.String(), "a pass was redeemed"))
	assert.Contains(t, log.String(), "pass=customer")
	assert.NotContains(t, log.String(), token)

	w = ask(s, http.MethodPost, "/", bearing(cookie))
	assert.Equal(t, "handled", w.Body.String())
	assertPrivate(t, w.Header())
	redeemed(t, s, "/?maintenance-pass="+token, bearing(cookie))
	assert.Equal(t, 1, strings.Count(log.String(), "a pass was redeemed"), "it had been before")

	require.NoError(t, mode.RevokePass(t.Context(), "customer", maintenance.Revocation{}))
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/", bearing(cookie)).Code)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/?maintenance-pass="+token).Code)
}

func TestPassOverTLS(t *testing.T) {
	mode := at(t, maintenance.On)
	s := serving(t, Config{Mode: mode})
	link := "/?maintenance-pass=" + issued(t, mode, "customer", "")
	for name, with := range map[string]func(*http.Request){
		"TLS": overTLS, "behind a proxy": header("X-Forwarded-Proto", "https"),
	} {
		t.Run(name, func(t *testing.T) {
			cookie := redeemed(t, s, link, with)
			assert.Equal(t, "__Host-maintenance-pass", cookie.Name)
			assert.True(t, cookie.Secure)
			assert.Empty(t, cookie.Domain)
			assert.Equal(t, http.StatusOK, ask(s, http.MethodGet, "/", bearing(cookie)).Code)
		})
	}
}

// While reads go on, the link is redeemed all the same: its bearer wants to write.
func TestPassWhileReadOnly(t *testing.T) {
	mode := at(t, maintenance.ReadOnly)
	s := serving(t, Config{Mode: mode})
	cookie := redeemed(t, s, "/?maintenance-pass="+issued(t, mode, "customer", ""))
	assert.Zero(t, s.runs.Load())
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodPost, "/").Code)
	assert.Equal(t, "handled", ask(s, http.MethodPost, "/", bearing(cookie)).Body.String())
}

// A link may lead to a page that everybody sees, such as the shell of a single-page
// application: its bearer wants what that asks for.
func TestPassThatLeadsToAPageForceOff(t *testing.T) {
	mode := at(t, maintenance.On)
	s := serving(t, Config{Mode: mode})
	s.GET("/home", ForceOff, s.handle)
	s.NoRoute(ForceOff, s.handle)
	token := issued(t, mode, "customer", "")
	for _, path := range []string{"/home", "/anything/else"} {
		cookie := redeemed(t, s, path+"?maintenance-pass="+token)
		assert.Equal(t, "handled", ask(s, http.MethodPost, "/", bearing(cookie)).Body.String(), path)
		assert.Equal(t, "handled", ask(s, http.MethodGet, path+"?maintenance-pass=wrong").Body.String(), path)
	}
	require.NoError(t, mode.Off(t.Context()))
	assert.Equal(t, "handled", ask(s, http.MethodGet, "/home?maintenance-pass="+token).Body.String())
}

// Whoever has no token, or an old one, meets what everybody meets.
func TestNoPass(t *testing.T) {
	mode := at(t, maintenance.On)
	s := serving(t, Config{Mode: mode})
	s.GET("/forced", ForceOn, s.handle)
	token := issued(t, mode, "customer", "")
	_, brief, err := mode.IssuePass(t.Context(), maintenance.Pass{Name: "brief", Until: time.Now().Add(time.Millisecond)})
	require.NoError(t, err)
	time.Sleep(2 * time.Millisecond) // until it has expired
	digest := mode.State().Passes()[0].SHA256
	for name, w := range map[string]*httptest.ResponseRecorder{
		"empty":            ask(s, http.MethodGet, "/?maintenance-pass="),
		"another":          ask(s, http.MethodGet, "/?maintenance-pass="+token+"A"),
		"its digest":       ask(s, http.MethodGet, "/?maintenance-pass="+digest),
		"a long one":       ask(s, http.MethodGet, "/?maintenance-pass="+strings.Repeat("A", 1<<16)),
		"expired":          ask(s, http.MethodGet, "/?maintenance-pass="+brief),
		"expired, cookie":  ask(s, http.MethodGet, "/", bearing(&http.Cookie{Name: passCookie, Value: brief})),
		"digest in cookie": ask(s, http.MethodGet, "/", bearing(&http.Cookie{Name: passCookie, Value: digest})),
		"a write":          ask(s, http.MethodPost, "/?maintenance-pass="+token),
		"a forced route":   ask(s, http.MethodGet, "/forced", bearing(&http.Cookie{Name: passCookie, Value: token})),
	} {
		assert.Equal(t, http.StatusServiceUnavailable, w.Code, name)
		assert.Empty(t, w.Header().Values("Set-Cookie"), name)
	}
	assert.Zero(t, s.runs.Load())

	require.NoError(t, mode.Off(t.Context()))
	w := ask(s, http.MethodGet, "/?maintenance-pass="+token)
	assert.Equal(t, "handled", w.Body.String(), "while maintenance is off nobody looks at it")
	require.NoError(t, mode.On(t.Context()))
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/?maintenance-pass="+token).Code, "it went with its maintenance")
}

func TestPassForAPath(t *testing.T) {
	mode := at(t, maintenance.On)
	s := serving(t, Config{Mode: mode})
	s.UseRawPath = true
	for _, path := range []string{"/shop", "/shop/*rest", "/shopping", "/:other/x"} {
		s.GET(path, s.handle)
	}
	token := issued(t, mode, "customer", "/shop")
	cookie := redeemed(t, s, "/shop/?maintenance-pass="+token)
	for path, want := range map[string]int{
		"/shop":                http.StatusOK,
		"/shop/":               http.StatusOK,
		"/shop/a/b":            http.StatusOK,
		"/":                    http.StatusServiceUnavailable,
		"/shopping":            http.StatusServiceUnavailable,
		"/shop/../":            http.StatusServiceUnavailable,
		"/shop/%2e%2e/admin":   http.StatusServiceUnavailable,
		"/shop/..;/admin":      http.StatusServiceUnavailable,
		"/shop%2f..%2fadmin/x": http.StatusServiceUnavailable,
	} {
		assert.Equal(t, want, ask(s, http.MethodGet, path, bearing(cookie)).Code, path)
	}
	w := ask(s, http.MethodGet, "/?maintenance-pass="+token)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Empty(t, w.Header().Values("Set-Cookie"))
}

// The redirect stays on this service, whatever the path looks like.
func TestPassRedirect(t *testing.T) {
	mode := at(t, maintenance.On)
	s := serving(t, Config{Mode: mode})
	s.NoRoute(func(c *gin.Context) { s.handle(c) })
	query := "?maintenance-pass=" + issued(t, mode, "customer", "")
	for target, want := range map[string]string{
		"//evil.example/" + query:       "./",
		"/a/b" + query + "&c=d":         "./b?c=d",
		"/a/http:b" + query:             "./http:b",
		"/a/%2f%2fevil.example" + query: "./%2f%2fevil.example",
		"/a?x&maintenance%2Dpass=" + query[len("?maintenance-pass="):]: "./a?x",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://shop.example"+target, nil)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if strings.Contains(target, "%2Dpass") {
			assert.Equal(t, http.StatusServiceUnavailable, w.Code, "a parameter spelt in another way is none")
			continue
		}
		assert.Equal(t, http.StatusSeeOther, w.Code, target)
		assert.Equal(t, want, w.Header().Get("Location"), target)
	}
}
