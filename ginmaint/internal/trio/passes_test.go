package trio

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// bound is how soon each replica has to know: within a poll, which is a second.
const bound = 2 * time.Second

// service is what one replica serves.
func service(m *maintenance.Mode) http.Handler {
	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: m, Logger: slog.New(slog.DiscardHandler)}))
	r.GET("/", func(c *gin.Context) { c.Status(http.StatusOK) })
	return r
}

// get returns the answer to a link with this token, or to a bearer of this cookie.
func get(s http.Handler, token, cookie string) *httptest.ResponseRecorder {
	target := "/"
	if token != "" {
		target += "?" + maintenance.PassParameter + "=" + url.QueryEscape(token)
	}
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if cookie != "" {
		r.Header.Set("Cookie", maintenance.PassParameter+"="+cookie)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// TestPassesOfThreeReplicas: one that is redeemed by one replica opens all, and one that
// is revoked, expired or over opens none. What the store holds opens none either.
func TestPassesOfThreeReplicas(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		modes, services := make([]*maintenance.Mode, 3), make([]http.Handler, 3)
		for i := range modes {
			modes[i] = replica(t, p)
			services[i] = service(modes[i])
		}
		require.NoError(t, modes[0].On(t.Context()))
		all := func(token string, status int, why string) {
			t.Helper()
			for i, s := range services {
				assert.Eventually(t, func() bool { return get(s, "", token).Code == status }, bound, time.Millisecond, "replica %d: %s", i, why)
			}
		}
		issue := func(name string, length time.Duration, stays bool) string {
			_, token, err := modes[0].IssuePass(t.Context(), maintenance.Pass{Name: name, Until: time.Now().Add(length), Stays: stays})
			require.NoError(t, err)
			return token
		}
		tokens := map[string]string{"customer": issue("customer", time.Hour, false), "goes": issue("goes", time.Hour, false), "stays": issue("stays", time.Hour, true)}
		brief := issue("brief", bound, false)
		all(brief, http.StatusOK, "it is valid")
		var w *httptest.ResponseRecorder
		require.Eventually(t, func() bool { w = get(services[1], tokens["customer"], ""); return w.Code == http.StatusSeeOther }, bound, time.Millisecond)
		cookies := w.Result().Cookies()
		require.Len(t, cookies, 1)
		all(cookies[0].Value, http.StatusOK, "redeemed by another")

		dump := p.dump(t)
		assert.Contains(t, dump, "customer", "the dump holds the passes")
		tried := make(map[string]bool)
		for _, text := range append(regexp.MustCompile(`[A-Za-z0-9]+`).FindAllString(dump, -1), regexp.MustCompile(`[^\s"\\,{}();]+`).FindAllString(dump, -1)...) {
			tried[text] = true
		}
		assert.Greater(t, len(tried), 10)
		for name, token := range tokens {
			assert.NotContains(t, strings.ToUpper(dump), token, name)
		}
		for text := range tried {
			assert.Equal(t, http.StatusServiceUnavailable, get(services[0], text, "").Code, text)
			assert.Equal(t, http.StatusServiceUnavailable, get(services[0], "", text).Code, text)
		}

		require.NoError(t, modes[2].RevokePass(t.Context(), "customer", maintenance.Revocation{}))
		all(tokens["customer"], http.StatusServiceUnavailable, "it is revoked")
		all(tokens["goes"], http.StatusOK, "the others are not")
		all(brief, http.StatusServiceUnavailable, "it has expired")
		require.NoError(t, modes[1].Off(t.Context()))
		require.NoError(t, modes[1].On(t.Context()))
		all(tokens["goes"], http.StatusServiceUnavailable, "it went with the maintenance")
		all(tokens["stays"], http.StatusOK, "it stays")
	})
}
