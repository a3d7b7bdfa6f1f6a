package neighbours

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/cookie"
	"github.com/gin-gonic/gin"
	"github.com/gorilla/csrf"
	"github.com/justinas/nosurf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	gincsrf "github.com/utrack/gin-csrf"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

var (
	hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// TestCSRF: with a middleware against forged requests on the whole engine the
// panel's forms work, and a form without its token does not.
func TestCSRF(t *testing.T) {
	for name, c := range map[string]struct {
		around func(http.Handler) http.Handler
		front  []gin.HandlerFunc
		token  func(*gin.Context) (field, token string)
	}{
		"gin-csrf": {
			front: []gin.HandlerFunc{
				sessions.Sessions("session", cookie.NewStore([]byte("secret-of-a-test"))),
				gincsrf.Middleware(gincsrf.Options{Secret: "secret-of-a-test", ErrorFunc: func(c *gin.Context) { c.AbortWithStatus(http.StatusBadRequest) }}),
			},
			token: func(c *gin.Context) (string, string) { return "_csrf", gincsrf.GetToken(c) },
		},
		"gorilla/csrf": {
			around: func(h http.Handler) http.Handler {
				protect := csrf.Protect([]byte("0123456789abcdef0123456789abcdef"), csrf.Secure(false), csrf.Path("/"))
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { protect(h).ServeHTTP(w, csrf.PlaintextHTTPRequest(r)) })
			},
			token: func(c *gin.Context) (string, string) { return "gorilla.csrf.Token", csrf.Token(c.Request) },
		},
		"nosurf": {
			around: func(h http.Handler) http.Handler {
				protect := nosurf.New(h)
				protect.SetIsTLSFunc(func(*http.Request) bool { return false })
				return protect
			},
			token: func(c *gin.Context) (string, string) { return nosurf.FormFieldName, nosurf.Token(c.Request) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			mode := switchAt(t, maintenance.On)
			r := gin.New()
			r.Use(c.front...)
			r.Use(gate(mode, superuser, func(cfg *ginmaint.Config) { cfg.FormToken = c.token }))
			ginmaint.Routes(r.Group("/maintenance-mode"))
			var service http.Handler = r
			if c.around != nil {
				service = c.around(r)
			}
			server := serve(t, service)
			const path = "/maintenance-mode/off/"
			who := []string{"Accept", "text/html", "Test-Role", "superuser", "Referer", server.URL + path, "Origin", server.URL}
			answer, page := ask(t, server, "GET", path, who...)
			require.Equal(t, http.StatusOK, answer.StatusCode)
			form := ""
			for _, field := range hidden.FindAllStringSubmatch(page, -1) {
				form += "&" + html.UnescapeString(field[1]) + "=" + escape(html.UnescapeString(field[2]))
			}
			if len(answer.Cookies()) > 0 {
				who = append(who, "Cookie", answer.Cookies()[0].String())
			}
			who = append(who, "Content-Type", "application/x-www-form-urlencoded")
			forged, _ := post(t, server, "POST", path, "reason=x", who...)
			assert.GreaterOrEqual(t, forged.StatusCode, 400, "without the token")
			assert.Equal(t, maintenance.On, mode.Level())
			done, text := post(t, server, "POST", path, form[1:], who...)
			assert.Equal(t, http.StatusSeeOther, done.StatusCode, text)
			assert.Equal(t, maintenance.Off, mode.Level())
		})
	}
}

func escape(text string) string { return url.QueryEscape(text) }
