package ginmaint

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// paneled is a service with the endpoints at /maintenance-mode.
func paneled(t *testing.T, cfg Config) *service {
	t.Helper()
	if cfg.Role == nil {
		cfg.Role = roleOf
	}
	s := serving(t, cfg)
	Routes(s.Group("/maintenance-mode"))
	return s
}

var (
	browser = header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	program = header("Accept", "application/json")
)

func TestEndpointsAreForSuperusers(t *testing.T) {
	secret := maintenance.State{Level: maintenance.ReadOnly, Message: "message-of-state", Reason: "reason-of-state", ChangedBy: "ada-of-state"}
	m := inState(t, secret)
	s := paneled(t, Config{Mode: m, IgnoreAnonymous: true, IgnoreAuthenticated: true})
	before := m.State()
	for _, role := range []Role{Anonymous, Authenticated, Staff} {
		for _, accept := range []func(*http.Request){browser, program} {
			for _, method := range []string{"GET", "HEAD", "POST", "PATCH"} {
				for _, path := range []string{"/maintenance-mode/", "/maintenance-mode/on/", "/maintenance-mode/off"} {
					if (method == "POST") == (path == "/maintenance-mode/") && method != "GET" && method != "HEAD" {
						continue // there is no such route
					}
					answer := ask(s, method, path, as(role), accept)
					assert.Equal(t, http.StatusForbidden, answer.Code, "%s %s as %s", method, path, role)
					for _, told := range []string{"of-state", "read-only", before.ID} {
						assert.NotContains(t, answer.Body.String(), told)
					}
					if method == "GET" {
						assert.Contains(t, answer.Body.String(), "Only a superuser may see and switch maintenance mode.")
					}
					assert.Equal(t, "private, no-store", answer.Header().Get("Cache-Control"))
				}
			}
		}
	}
	assert.Equal(t, before, m.State(), "nothing was switched")
}

func TestStatus(t *testing.T) {
	m := inState(t, maintenance.State{Level: maintenance.On, Message: "<b>Back</b> soon", Reason: "ticket 7", ChangedBy: "ada"})
	s := paneled(t, Config{Mode: m})
	_, err := m.Drain(t.Context()) // then the list of replicas changes no more
	require.NoError(t, err)
	t.Run("JSON", func(t *testing.T) {
		answer := ask(s, "GET", "/maintenance-mode/", as(Superuser), program)
		assert.Equal(t, http.StatusOK, answer.Code)
		assert.Equal(t, "application/json; charset=utf-8", answer.Header().Get("Content-Type"))
		var status struct {
			Level maintenance.Level
			State maintenance.State
			Error *string
		}
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &status))
		assert.Equal(t, maintenance.On, status.Level)
		assert.Equal(t, m.State(), status.State)
		assert.Nil(t, status.Error)
	})
	t.Run("HTML", func(t *testing.T) {
		answer := ask(s, "GET", "/maintenance-mode/", as(Superuser), browser)
		assert.Equal(t, http.StatusOK, answer.Code)
		assert.Equal(t, "text/html; charset=utf-8", answer.Header().Get("Content-Type"))
		page := answer.Body.String()
		for _, shown := range []string{
			"Maintenance is on", "&lt;b&gt;Back&lt;/b&gt; soon", "ticket 7", "ada",
			`action="./off/"`, `action="./on/"`, `name="revision" value="1"`,
		} {
			assert.Contains(t, page, shown)
		}
		assert.NotContains(t, page, "<no value>")
	})
	t.Run("HTML is for those who name it", func(t *testing.T) {
		const html, js = "text/html; charset=utf-8", "application/json; charset=utf-8"
		for accept, want := range map[string]string{
			"*/*": js, "": js, "text/plain": js, "text/*": js, "application/*, image/png": js, "application/json, text/html;q=0.5": js, "text/html;q=0, */*": js,
			"TEXT/HTML": html, "application/xhtml+xml": html, "application/xhtml+xml, application/json;q=0.9": html, "*/*, text/html": html,
		} {
			answer := ask(s, "GET", "/maintenance-mode/", as(Superuser), header("Accept", accept))
			assert.Equal(t, want, answer.Header().Get("Content-Type"), accept)
		}
	})
	t.Run("HEAD as GET", func(t *testing.T) {
		require.Eventually(t, func() bool {
			return strings.Contains(ask(s, "GET", "/maintenance-mode/", as(Superuser), browser).Body.String(), `data-name="Level" dir="auto">on<`)
		}, patience, time.Millisecond, "the list stays as it is")
		for _, path := range []string{"/maintenance-mode", "/maintenance-mode/", "/maintenance-mode/on", "/maintenance-mode/off/"} {
			get := ask(s, "GET", path, as(Superuser), browser)
			head := ask(s, "HEAD", path, as(Superuser), browser)
			assert.Equal(t, get.Code, head.Code)
			assert.Equal(t, get.Header(), head.Header())
			assert.Equal(t, strconv.Itoa(get.Body.Len()), head.Header().Get("Content-Length"))
			assert.Empty(t, head.Body.String())
		}
	})
	t.Run("no page may frame it or keep it", func(t *testing.T) {
		h := ask(s, "GET", "/maintenance-mode/", as(Superuser), browser).Header()
		assert.Equal(t, "DENY", h.Get("X-Frame-Options"))
		assert.Equal(t, templates.PanelPolicy+"; frame-ancestors 'none'", h.Get("Content-Security-Policy"))
		assert.Equal(t, "private, no-store", h.Get("Cache-Control"))
		assert.Equal(t, "same-origin", h.Get("Referrer-Policy"), "no-referrer would make the origin of our own forms null")
	})
}

func TestGETAsksAndChangesNothing(t *testing.T) {
	m := at(t, maintenance.ReadOnly)
	s := paneled(t, Config{Mode: m})
	for form, c := range map[string]struct{ title, button string }{
		"on":  {"Close the service now?", `value="on">Close now</button>`},
		"off": {"Open the service now?", `value="off">Open now</button>`},
	} {
		for _, path := range []string{"/maintenance-mode/" + form, "/maintenance-mode/" + form + "/"} {
			page := ask(s, "GET", path+"?level=on&message=x", as(Superuser), browser).Body.String()
			assert.Contains(t, page, c.title)
			assert.Contains(t, page, `<button type="submit" name="now" `+c.button)
			assert.Regexp(t, `href="(\./|\.\./)"`, page)
		}
	}
	assert.EqualValues(t, 1, m.State().Revision, "nothing was saved")
}

func TestWhereTheEndpointsAre(t *testing.T) {
	for name, tc := range map[string]struct{ group, at string }{
		"as documented":        {"/maintenance-mode", "/maintenance-mode"},
		"with a slash":         {"/maintenance-mode/", "/maintenance-mode"},
		"at the root":          {"/", ""},
		"nested":               {"/admin/maintenance", "/admin/maintenance"},
		"a group called on":    {"/on", "/on"},
		"with a parameter":     {"/:tenant/mm", "/acme/mm"},
		"a parameter to quote": {"/:tenant/mm", "/a%3Fb%20c/mm"},
	} {
		t.Run(name, func(t *testing.T) {
			m := at(t, maintenance.Off)
			revision := m.State().Revision
			s := &service{Engine: gin.New()}
			s.Use(New(Config{Mode: m, Role: roleOf, Logger: quiet}))
			Routes(s.Group(tc.group))
			for _, path := range []string{"/", "/on", "/on/", "/off", "/off/"} {
				page := ask(s, "GET", tc.at+path, as(Superuser), browser)
				require.Equal(t, http.StatusOK, page.Code, path)
			}
			for _, path := range []string{"/on", "/off/"} {
				answer := ask(s, "POST", tc.at+path, as(Superuser), browser, sent("application/x-www-form-urlencoded", ""))
				assert.Equal(t, http.StatusSeeOther, answer.Code)
				there, err := url.Parse("http://x" + tc.at + path)
				require.NoError(t, err)
				there, err = there.Parse(answer.Header().Get("Location"))
				require.NoError(t, err)
				assert.Equal(t, "http://x"+tc.at+"/", there.String(), "from %s", path)
			}
			assert.Equal(t, revision+2, m.State().Revision, "on, and off again")
		})
	}
}

// TestNoPathLeadsElsewhere: the pages' links and the redirect are made of the
// path that was asked for, which may begin like another host.
func TestNoPathLeadsElsewhere(t *testing.T) {
	for name, target := range map[string]string{
		"a doubled slash":            "//evil.example/on",
		"a doubled slash and parent": "//evil.example%2f..%2fa/on",
		"a backslash":                "/%5Cevil.example/on",
		"a slash and a backslash":    "/%5C%5Cevil.example/on",
	} {
		for _, group := range []string{"/:tenant", "/:a/:b", "/a"} {
			t.Run(name+" in "+group, func(t *testing.T) {
				s := &service{Engine: gin.New()}
				s.RemoveExtraSlash = group == "/a"
				s.Use(New(Config{Mode: at(t, maintenance.Off), Role: roleOf, Logger: quiet}))
				Routes(s.Group(group))
				location := ask(s, "POST", target, as(Superuser), browser).Header().Get("Location")
				assert.NotRegexp(t, `^[/\\]`, location)
				page := ask(s, "GET", target, as(Superuser), browser).Body.String()
				assert.NotRegexp(t, `(action|href)="[/\\]`, page)
			})
		}
	}
}

func TestRoutesBeforeUsePanics(t *testing.T) {
	const says = "ginmaint: Routes finds no middleware of ginmaint.New among the handlers of its group. " +
		"Call r.Use(ginmaint.New(cfg)) before r.Group, which copies the handlers used so far. " +
		"Where a function of yours calls the middleware, Routes can't see it: " +
		"give it to the group as well, r.Group(\"/maintenance-mode\", middleware), or use it directly and move the condition to Config.Ignore"
	engine := gin.New()
	early := engine.Group("/maintenance-mode")
	assert.PanicsWithValue(t, says, func() { Routes(early) })
	engine.Use(New(Config{Mode: at(t, maintenance.Off), Logger: quiet}))
	assert.PanicsWithValue(t, says, func() { Routes(early) }, "the group was made before")
	assert.NotPanics(t, func() { Routes(engine.Group("/maintenance-mode")) })
	own := gin.New().Group("/maintenance-mode")
	own.Use(New(Config{Mode: at(t, maintenance.Off), Logger: quiet}))
	assert.NotPanics(t, func() { Routes(own) }, "a group may have a middleware of its own")
}

// TestAGateOfOnesOwn: a function that calls the middleware on a condition hides it
// from Routes, which says so; with the middleware in the group it works.
func TestAGateOfOnesOwn(t *testing.T) {
	m := at(t, maintenance.Off)
	gate := New(Config{Mode: m, Role: roleOf, Logger: quiet})
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		if c.GetHeader("X-Gate") != "off" {
			gate(c)
		}
	})
	assert.Panics(t, func() { Routes(s.Group("/maintenance-mode")) })
	Routes(s.Group("/maintenance-mode", gate))
	s.GET("/", s.handle)
	for _, change := range []func(*http.Request){header("X-Gate", "off"), header("X-Gate", "on")} {
		require.NoError(t, m.Off(t.Context()))
		assert.Equal(t, http.StatusForbidden, ask(s, "POST", "/maintenance-mode/on/", change).Code)
		assert.Equal(t, http.StatusOK, ask(s, "POST", "/maintenance-mode/on/", as(Superuser), change).Code)
		require.Equal(t, maintenance.On, m.Level())
	}
	assert.Equal(t, http.StatusOK, ask(s, "GET", "/", header("X-Gate", "off")).Code)
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, "GET", "/").Code)
}

func TestEndpointsWithoutTheirMiddlewareAreClosed(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.GET("/status", endpoint, showStatus, s.handle)
	assert.Equal(t, http.StatusForbidden, ask(s, "GET", "/status", as(Superuser)).Code)
	assert.Zero(t, s.runs.Load())
}

// TestEndpointsCheckByThemselves: the handlers of the endpoints run for a request
// that was allowed just before, and for no other, however they are reached.
func TestEndpointsCheckByThemselves(t *testing.T) {
	cases := map[string]func(*service) (method, target string, as Role){
		"behind a rewriting route": func(s *service) (string, string, Role) {
			s.Any("/de/*path", ForceOff, func(c *gin.Context) {
				c.Request.URL.Path = c.Param("path")
				s.HandleContext(c)
			})
			return "POST", "/de/maintenance-mode/on/", Anonymous
		},
		"mounted elsewhere": func(s *service) (string, string, Role) {
			for _, r := range s.Routes() {
				if r.Method == http.MethodPost && r.Path == "/maintenance-mode/on/" {
					s.POST("/copied", r.HandlerFunc)
				}
			}
			return "POST", "/copied", Superuser
		},
		"mounted behind another endpoint": func(s *service) (string, string, Role) {
			for _, r := range s.Routes() {
				if r.Method == http.MethodPost && r.Path == "/maintenance-mode/on/" {
					s.GET("/copied", endpoint, func(c *gin.Context) { c.Request.Method = "POST" }, r.HandlerFunc)
				}
			}
			return "GET", "/copied", Superuser
		},
		"mounted twice, for one permit": func(s *service) (string, string, Role) {
			for _, r := range s.Routes() {
				if r.Method == http.MethodPost && r.Path == "/maintenance-mode/on/" {
					s.POST("/copied", endpoint, func(c *gin.Context) {
						c.Request = httptest.NewRequest(http.MethodPost, "/copied", nil)
					}, r.HandlerFunc)
				}
			}
			return "POST", "/copied", Superuser
		},
		"by its inner handlers alone": func(s *service) (string, string, Role) {
			s.POST("/copied", allowed(switchTo(maintenance.On)))
			return "POST", "/copied", Superuser
		},
		"behind the check that another request passed": func(s *service) (string, string, Role) {
			s.POST("/copied", endpoint, allowed(func(*gin.Context) {}), allowed(switchTo(maintenance.On)))
			return "POST", "/copied", Superuser
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			m := at(t, maintenance.Off)
			s := paneled(t, Config{Mode: m})
			method, target, role := prepare(s)
			before := m.State()
			answer := ask(s, method, target, as(role))
			assert.Equal(t, before, m.State(), "%d: %s", answer.Code, answer.Body)
		})
	}
}

// TestHandlersThatRunAgain: Gin below 1.11 goes on with the inner chain after
// HandleContext. This does what it did.
func TestHandlersThatRunAgain(t *testing.T) {
	m := at(t, maintenance.Off)
	s := paneled(t, Config{Mode: m})
	var again gin.HandlerFunc
	for _, r := range s.Routes() {
		if r.Method == http.MethodPost && r.Path == "/maintenance-mode/on/" {
			again = r.HandlerFunc
		}
	}
	s.Any("/de/*path", ForceOff, func(c *gin.Context) {
		c.Request.URL.Path = c.Param("path")
		s.HandleContext(c)
		again(c)
	})
	before := m.State()
	answer := ask(s, "POST", "/de/maintenance-mode/on/")
	assert.Equal(t, http.StatusForbidden, answer.Code)
	assert.Equal(t, before, m.State())
	ask(s, "POST", "/de/maintenance-mode/on/", as(Superuser))
	assert.Equal(t, before.Revision+1, m.State().Revision, "switched once, not twice")
}

// TestBehindAStrippedPrefix follows the pages' own links as a browser does.
func TestBehindAStrippedPrefix(t *testing.T) {
	m := at(t, maintenance.Off)
	s := paneled(t, Config{Mode: m})
	stripped := http.StripPrefix("/shop", s.Engine)
	action := regexp.MustCompile(`<form method="post"(?: action="([^"]*)")?`)
	for _, start := range []string{"/shop/maintenance-mode", "/shop/maintenance-mode/", "/shop/maintenance-mode/on", "/shop/maintenance-mode/on/"} {
		t.Run(start, func(t *testing.T) {
			require.NoError(t, m.Off(t.Context()))
			at, err := url.Parse("http://shop.example" + start)
			require.NoError(t, err)
			get := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, at.String(), nil)
			as(Superuser)(r)
			browser(r)
			stripped.ServeHTTP(get, r)
			require.Equal(t, http.StatusOK, get.Code)
			forms := action.FindAllStringSubmatch(get.Body.String(), -1)
			closing := slices.IndexFunc(forms, func(form []string) bool { return strings.HasSuffix(form[1], "on/") })
			closing = max(closing, 0) // a question has one form, which posts to its own page
			there, err := at.Parse(forms[closing][1])
			require.NoError(t, err)
			post := httptest.NewRecorder()
			r = httptest.NewRequest(http.MethodPost, there.String(), nil)
			as(Superuser)(r)
			browser(r)
			stripped.ServeHTTP(post, r)
			require.Equal(t, http.StatusSeeOther, post.Code, there)
			assert.Equal(t, maintenance.On, m.Level())
			back, err := there.Parse(post.Header().Get("Location"))
			require.NoError(t, err)
			assert.Equal(t, "http://shop.example/shop/maintenance-mode/", back.String())
		})
	}
}

func TestTheApplicationsPolicyStays(t *testing.T) {
	s := &service{Engine: gin.New()}
	s.Use(func(c *gin.Context) {
		c.Header("Content-Security-Policy", "default-src 'self'")
		c.Header("Referrer-Policy", "no-referrer")
	}, New(Config{Mode: at(t, maintenance.Off), Role: roleOf, Logger: quiet}))
	Routes(s.Group("/maintenance-mode"))
	h := ask(s, http.MethodGet, "/maintenance-mode/", as(Superuser), browser).Header()
	assert.Equal(t, []string{"default-src 'self'", "frame-ancestors 'none'"}, h["Content-Security-Policy"])
	assert.Equal(t, []string{"same-origin"}, h["Referrer-Policy"])
}

func TestFormToken(t *testing.T) {
	m := at(t, maintenance.ReadOnly)
	s := paneled(t, Config{Mode: m, FormToken: func(*gin.Context) (string, string) { return "my.token", `"><b>secret` }})
	for path, forms := range map[string]int{"/maintenance-mode/": 5, "/maintenance-mode/on/": 1, "/maintenance-mode/off/": 1} {
		page := ask(s, http.MethodGet, path, as(Superuser), browser).Body.String()
		assert.Equal(t, forms, strings.Count(page, `<input type="hidden" name="my.token" value="&#34;&gt;&lt;b&gt;secret">`), path)
	}
	for _, field := range []string{"my.token", "gorilla.csrf.Token", "csrf_token", "_csrf"} {
		answer := ask(s, http.MethodPost, "/maintenance-mode/off/", as(Superuser), program, forms["form"](map[string]string{field: "x"}))
		assert.Equal(t, http.StatusOK, answer.Code, field)
	}
	answer := ask(s, http.MethodPost, "/maintenance-mode/off/", as(Superuser), program, forms["form"](map[string]string{"other.token": "x"}))
	assert.Equal(t, http.StatusBadRequest, answer.Code)
	page := ask(paneled(t, Config{Mode: m}), http.MethodGet, "/maintenance-mode/", as(Superuser), browser).Body.String()
	assert.NotContains(t, page, `name=""`)
}
