package main

import (
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// maintainedShop is a service whose pages a browser looks at, and how often it was asked.
type maintainedShop struct {
	t           *testing.T
	mode        *maintenance.Mode
	url         string
	gets, posts atomic.Int64
}

const openPage = `<!DOCTYPE html><html lang="en"><meta name="viewport" content="width=device-width"><title>Tea</title><main><h1>Open</h1>{{ template "maintenance.html" . }}
<form method="post" action="/orders"><label>Note <textarea name="note"></textarea></label><label>Amount <input name="amount"></label>
<label>Password <input type="password" name="password"></label><input type="hidden" name="_csrf" value="abc"><button>Order</button></form></main></html>`

func maintained(t *testing.T) *maintainedShop {
	t.Helper()
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore(), maintenance.Logger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mode.Close()) })
	s := &maintainedShop{t: t, mode: mode}
	set := template.Must(template.New("open.html").Parse(openPage))
	template.Must(set.ParseFS(templates.FS, "maintenance.html"))
	r := gin.New()
	r.SetHTMLTemplate(set)
	r.Use(func(c *gin.Context) {
		if c.Request.Method == http.MethodPost {
			s.posts.Add(1)
		} else {
			s.gets.Add(1)
		}
		if policy := c.Query("policy"); policy != "" {
			c.Header("Content-Security-Policy", policy)
		}
	}, ginmaint.New(ginmaint.Config{
		Mode: mode, Logger: slog.New(slog.DiscardHandler), RetryAfter: time.Second,
		Service: "The Tea Shop", StatusURL: "https://status.example.com", LoginURL: "/login", Location: time.FixedZone("NPT", 20700),
	}))
	open := func(c *gin.Context) { c.HTML(http.StatusOK, "open.html", ginmaint.H(c, nil)) }
	r.GET("/", open)
	r.GET("/orders", open)
	r.POST("/orders", open)
	r.GET("/form", ginmaint.ForceOff, open)
	r.GET("/frame", ginmaint.ForceOff, func(c *gin.Context) {
		c.Data(http.StatusOK, "text/html", []byte(`<!DOCTYPE html><iframe width="300" height="120" src="/"></iframe>`))
	})
	r.GET("/long", ginmaint.ForceOff, func(c *gin.Context) {
		_ = templates.Page().Execute(c.Writer, map[string]any{"maintenance_mode": true, "maintenance": maintenance.State{
			Level: maintenance.On, Message: strings.Repeat("W", 32<<10) + hostilePage + strings.Repeat("\u202e<b>", 8<<10),
		}})
	})
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

const hostilePage = "</p></main><script>window.hacked = 1</script><img src=x onerror=hacked=2> \u202e\u2066 {{ . }} https://a.example/\"onclick=\"hacked=3 "

func (s *maintainedShop) set(state maintenance.State) {
	s.t.Helper()
	_, err := s.mode.Set(s.t.Context(), state)
	require.NoError(s.t, err)
}

// watched runs before each page's own script: long waits are 500 times shorter, and
// listed, and so is what a policy has forbidden.
const watched = `window.planned = []; window.fired = 0; window.violations = []
	const wait = window.setTimeout
	window.setTimeout = (run, ms, ...more) => ms < 5000 ? wait(run, ms, ...more) : (planned.push(ms), wait(() => { fired++; run() }, ms / 500))
	document.addEventListener("securitypolicyviolation", e => violations.push(e.effectiveDirective + " " + e.blockedURI))`

// look sets the window's width, and the colours.
func (b *browser) look(width int, scheme string) {
	b.t.Helper()
	b.tool("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false})
	b.tool("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}})
}

// reads sets the language that the browser asks for.
func (b *browser) reads(language string) {
	b.t.Helper()
	b.tool("Network.enable", map[string]any{})
	b.tool("Network.setExtraHTTPHeaders", map[string]any{"headers": map[string]any{"Accept-Language": language}})
}

// order sends the form.
func (b *browser) order(s *maintainedShop) {
	b.t.Helper()
	b.open(s.url + "/form")
	b.write("textarea", "Two pounds\n<b>please</b>")
	b.write("[name=amount]", "2")
	b.write("[name=password]", "hunter2")
	b.click("button")
	b.until(`document.querySelector(".unsaved")`)
}

// TestTheVisitorsPageInABrowser: all in one, since a browser takes long to start.
func TestTheVisitorsPageInABrowser(t *testing.T) {
	t.Parallel()
	s := maintained(t)
	b := drive(t).browser(t)
	b.tool("Page.enable", map[string]any{})
	b.tool("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": watched})
	b.tool("Emulation.setTimezoneOverride", map[string]any{"timezoneId": "Asia/Tokyo"})
	b.look(1280, "light")
	on := maintenance.State{Level: maintenance.On, Message: "A larger <kettle>. See https://status.example.com/kettle."}
	later := time.Now().Add(100 * time.Minute)
	run := func(name string, test func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			b.t, s.t = t, t
			test(t)
		})
	}

	run("it comes back by itself", func(t *testing.T) {
		s.set(on)
		b.open(s.url)
		b.shows("h1", "We’ll be back soon")
		b.until("planned.length > 3")
		var waits []float64
		b.script("return planned.slice(0, 4)", &waits)
		for i, base := range []float64{10_000, 15_000, 22_500, 33_750} { // RetryAfter is shorter
			assert.GreaterOrEqual(t, waits[i], base)
			assert.LessOrEqual(t, waits[i], 1.5*base)
		}
		b.script(`Object.defineProperty(document, "hidden", {value: true, configurable: true}); window.then = fired`, nil)
		b.until("fired > then")
		asked := s.gets.Load()
		b.script("return window.then = fired", nil)
		assert.Equal(t, asked, s.gets.Load(), "nobody looks")
		require.NoError(t, s.mode.Off(t.Context()))
		b.script(`delete document.hidden; Date.now = (now => () => now() + 36e5)(Date.now.bind(Date)) // since the waits are shorter
			 document.dispatchEvent(new Event("visibilitychange"))`, nil)
		b.shows("h1", "Open")
	})

	run("it counts down in the visitor's zone", func(t *testing.T) {
		on := on
		on.End = later
		s.set(on)
		b.open(s.url)
		assert.Contains(t, b.text("#end"), "GMT+9")
		assert.Regexp(t, `^1 hr 3\d min$`, b.text("#left"))
		b.script(`window.fetch = () => new Promise(() => {}) // whose answers would set the clock right
			Date.now = (now => { const ahead = Date.parse(document.querySelector("#end").dateTime) - 4000 - now(); return () => now() + ahead })(Date.now.bind(Date))`, nil)
		b.until(`/^[1-4] sec$/.test(document.querySelector("#left").innerText)`)
		b.until(`document.querySelector("#left").innerText === "any moment now"`)
	})

	run("it gives back what was typed, and sends nothing again", func(t *testing.T) {
		for _, level := range []maintenance.Level{maintenance.ReadOnly, maintenance.On} {
			require.NoError(t, s.mode.Off(t.Context()))
			s.set(maintenance.State{Level: level})
			s.posts.Store(0)
			b.order(s)
			assert.Equal(t, "What you sent was not saved. Please send it again later.", b.text(".unsaved"))
			assert.Equal(t, "Two pounds\n<b>please</b>", b.value("#typed-0"))
			assert.Equal(t, "2", b.value("#typed-1"))
			var source string
			b.script("return document.documentElement.outerHTML", &source)
			assert.NotContains(t, source, "hunter2")
			assert.NotContains(t, source, "abc")
			b.until("planned.length > 2") // a GET is admitted while read-only
			assert.Empty(t, b.text("#back"))
			require.NoError(t, s.mode.Off(t.Context()))
			b.until(`!document.querySelector("#back").hidden`)
			assert.Equal(t, "The service is back. Back to the form", b.text("#back"))
			b.click("#form")
			b.shows("h1", "Open")
			assert.EqualValues(t, 1, s.posts.Load())
		}
	})

	run("in a small frame the message is first", func(t *testing.T) {
		s.set(on)
		b.open(s.url + "/frame")
		b.until(`frames[0].document.querySelector(".message")`)
		var seen struct {
			Mark          string
			Top, Overflow float64
		}
		b.script(`const d = frames[0].document
			return {mark: frames[0].getComputedStyle(d.querySelector(".mark")).display, top: d.querySelector(".message").getBoundingClientRect().top,
				overflow: d.scrollingElement.scrollWidth - d.scrollingElement.clientWidth}`, &seen)
		assert.Equal(t, "none", seen.Mark)
		assert.Less(t, seen.Top, 100.0)
		assert.LessOrEqual(t, seen.Overflow, 0.0)
	})

	run("no policy is violated", func(t *testing.T) {
		s.set(on)
		for _, policy := range []string{
			"", "default-src 'self'", templates.Policy(),
			"default-src 'none'; style-src " + strings.Join(templates.StyleHashes(), " ") + "; script-src " + strings.Join(templates.ScriptHashes(), " "),
		} {
			b.open(s.url + "?policy=" + url.QueryEscape(policy))
			scripted := policy == "" || strings.Contains(policy, "connect-src")
			if scripted {
				b.until("planned.length > 1")
			}
			var seen struct {
				Violations []string
				Scripts    int
				Shown      string
			}
			b.script(`return {violations, scripts: document.scripts.length, shown: document.querySelector("h1").innerText}`, &seen)
			assert.Empty(t, seen.Violations, policy)
			assert.Equal(t, scripted, seen.Scripts == 1, policy)
			assert.Equal(t, "We’ll be back soon", seen.Shown)
		}
	})

	run("hostile texts do nothing", func(t *testing.T) {
		b.look(360, "light")
		s.set(maintenance.State{Level: maintenance.On, Message: strings.Repeat("W", 1500) + hostilePage})
		for _, path := range []string{"/", "/long", "/form"} {
			b.open(s.url + path)
			var seen struct {
				Hacked   bool
				Overflow int
				Heading  string
			}
			b.script(`await new Promise(done => setTimeout(done, 50))
				const page = document.scrollingElement
				return {hacked: "hacked" in window, overflow: page.scrollWidth - page.clientWidth, heading: document.querySelector("h1").innerText}`, &seen)
			assert.False(t, seen.Hacked, path)
			assert.LessOrEqual(t, seen.Overflow, 0, path)
			assert.Contains(t, "We’ll be back soon, Open", seen.Heading, path)
		}
	})

	run("the announcement turns, and goes", func(t *testing.T) {
		require.NoError(t, s.mode.Off(t.Context()))
		start := time.Now().Add(90 * time.Minute)
		s.set(maintenance.State{Level: maintenance.ReadOnly, Start: start, End: start.Add(time.Hour), Message: "Soon: a larger kettle."})
		b.open(s.url + "/form")
		assert.Equal(t, "Maintenance is planned", b.text(".maintenance-notice strong"))
		assert.Regexp(t, `^Begins: .*GMT\+9 \(1 hr (29|30) min\)$`, b.text(".maintenance-notice p:nth-of-type(2)"))
		later := func(d string) { b.script(`Date.now = (now => () => now() + `+d+`)(Date.now.bind(Date))`, nil) }
		later("90 * 6e4")
		b.shows(".maintenance-notice strong", "Changes are paused for the moment")
		later("60 * 6e4")
		b.until(`document.querySelector(".maintenance-notice").hidden`)
	})

	run("axe finds nothing", func(t *testing.T) {
		axe := axeCore(t)
		on := on
		on.End = later
		for _, page := range []struct {
			name string
			open func()
		}{
			{"closed", func() { s.set(on); b.open(s.url) }},
			{"refused form", func() { s.set(on); b.order(s) }},
			{"announced", func() {
				require.NoError(t, s.mode.Off(t.Context()))
				s.set(maintenance.State{Level: maintenance.On, Start: later, End: later.Add(time.Hour), Message: "Soon."})
				b.open(s.url + "/form")
			}},
		} {
			for _, language := range []string{"en", "ar"} {
				b.reads(language)
				page.open()
				b.script(axe, nil)
				for width, scheme := range map[int]string{360: "light", 1280: "dark"} {
					b.look(width, scheme)
					var seen struct {
						Findings []string
						Overflow int
						Dir      string
					}
					// What depends on neither colours nor width is looked for once.
					b.script(`const again = {runOnly: ["color-contrast", "target-size", "scrollable-region-focusable"]}
						const found = await axe.run(document, window.looked ? again : {}), page = document.scrollingElement
						window.looked = true
						return {findings: found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html)), overflow: page.scrollWidth - page.clientWidth,
							dir: (document.querySelector(".maintenance-notice") ?? document.documentElement).dir}`, &seen)
					assert.Empty(t, seen.Findings, "%s, %s, %s, %d", page.name, language, scheme, width)
					assert.LessOrEqual(t, seen.Overflow, 0, "%s, %s, %d", page.name, language, width)
					assert.Equal(t, map[string]string{"en": "ltr", "ar": "rtl"}[language], seen.Dir)
				}
				b.shot("page, " + page.name + ", " + language)
			}
		}
		b.reads("en")
	})

	run("ten thousand come back one after the other", func(t *testing.T) {
		source, err := fs.ReadFile(templates.FS, "503.html")
		require.NoError(t, err)
		_, rest, found := strings.Cut(string(source), "  function wait(")
		require.True(t, found)
		function, _, _ := strings.Cut(rest, "\n  }\n")
		for name, end := range map[string]string{"at an end that is known": "36e5", "as soon as somebody switches off": "NaN"} {
			var seen struct{ Peak, Mean, Last float64 }
			b.script("function wait("+function+"\n}"+`
				const off = 36e5, end = `+end+`, back = new Map()
				let last = 0
				for (let i = 0; i < 1e4; i++) {
					let now = Math.random() < 0.5 ? 0 : Math.random() * off, tries = 0 // half of them when it closed
					while (now < off) {
						const waited = wait(now, end, end ? end - now : 6e4, tries++, Math.random)
						if (waited < 1e4) throw "too soon"
						now += waited
					}
					last = Math.max(last, now - off)
					const second = Math.floor((now - off) / 1000)
					back.set(second, (back.get(second) ?? 0) + 1)
				}
				return {peak: Math.max(...back.values()), mean: 1e4 / (last / 1000), last: last / 1000}`, &seen)
			t.Logf("%s: %.0f in a second at most, %.0f on average, the last after %.0f s", name, seen.Peak, seen.Mean, seen.Last)
			assert.Less(t, seen.Peak, 3*seen.Mean, name)
			assert.LessOrEqual(t, seen.Last, 270.0, name)
		}
	})

	run("without script it has both zones, and loads again by itself", func(t *testing.T) {
		b.tool("Emulation.setScriptExecutionDisabled", map[string]any{"value": true})
		on := on
		on.End = later
		s.set(on)
		b.open(s.url)
		assert.Equal(t, later.In(time.FixedZone("NPT", 20700)).Format("2006-01-02 15:04 NPT")+" ("+later.UTC().Format("2006-01-02 15:04 UTC)"), b.text("#end"))
		b.element(`noscript meta[http-equiv=refresh][content="60"]`)
		b.order(s)
		assert.Equal(t, "2", b.value("#typed-1"))
		assert.Empty(t, b.text("#back"))
	})
}

// axeCore returns the program that looks for what keeps people out, which .ci/install
// puts beside what else the tests need.
func axeCore(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(cache, "ginmaint-tests", "axe-core-4.10.3", "axe.min.js"))
	require.NoError(t, err, "run .ci/install, which gets it")
	return string(text)
}
