package main

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// underPolicies starts a service under maintenance that sends whatever policy its
// visitor asks for, and whose visitors are superusers.
func underPolicies(t *testing.T) *httptest.Server {
	t.Helper()
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mode.Close()) })
	_, err = mode.Set(t.Context(), maintenance.State{
		Level: maintenance.On, End: time.Date(2999, 12, 31, 22, 0, 0, 0, time.UTC), Message: "We move to a larger kettle.", Reason: "tea",
	})
	require.NoError(t, err)
	r := gin.New()
	r.Use(func(c *gin.Context) {
		c.Header("Referrer-Policy", "no-referrer") // the strictest
		if policy := c.Query("policy"); policy != "" {
			c.Header("Content-Security-Policy", policy)
		}
	}, ginmaint.New(ginmaint.Config{
		Mode: mode, Role: func(*gin.Context) ginmaint.Role { return ginmaint.Superuser }, Logger: slog.New(slog.DiscardHandler),
	}))
	ginmaint.Routes(r.Group("/maintenance-mode"))
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return server
}

// TestPagesUnderAPolicy: with their styles or without, the pages are to be read and
// used, from top to bottom, also on a phone.
func TestPagesUnderAPolicy(t *testing.T) {
	t.Parallel()
	server := underPolicies(t)
	b := drive(t).browser(t)
	for name, c := range map[string]struct {
		policy string
		styled bool // the page of visitors
		panel  bool
	}{
		"none":                          {"", true, true},
		"all from the service itself":   {"default-src 'self'", false, true},
		"nothing at all":                {"default-src 'none'", false, false},
		"the styles, by their hashes":   {"default-src 'none'; style-src " + strings.Join(templates.StyleHashes(), " "), true, false},
		"what the panel needs":          {templates.PanelPolicy, false, true},
		"another style, by its hash":    {"default-src 'none'; style-src 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='", false, false},
		"inline styles, as many a site": {"default-src 'self'; style-src 'self' 'unsafe-inline'", true, true},
	} {
		for path, reads := range map[string]string{
			"/":                    "svg, h1, .message, .until",
			"/maintenance-mode/":   "h1, dl, #off-title, #off-reason, #on-title, #on-level, #on-start, #on-hold, #on-message, #on-reason, [aria-labelledby=on-title] form > .act button:first-of-type",
			"/maintenance-mode/on": "h1, h1 + p, .act button:first-of-type",
		} {
			t.Run(name+", "+path, func(t *testing.T) {
				b.phone("light")
				b.open(server.URL + path + "?policy=" + url.QueryEscape(c.policy))
				var seen struct {
					Icon, Tops      []float64
					Hidden, Overlap []string
					Width, Scroll   int
					Background      string
				}
				b.t = t
				b.script(`const all = selector => [...document.querySelectorAll(selector)]
					const box = element => element.getBoundingClientRect()
					const name = element => element.tagName + "#" + element.id
					const used = all("label, input:not([type=hidden]), select, textarea, button, a").filter(e => !e.closest("[hidden], details:not([open])"))
					const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1
					return {
						icon: all("svg").flatMap(e => [box(e).width, box(e).height]),
						tops: all("`+reads+`").map(e => box(e).top),
						hidden: all("`+reads+`").concat(used).filter(e => !e.checkVisibility() || box(e).height < 5).map(name),
						overlap: used.flatMap((a, i) => used.slice(i + 1).filter(b => !apart(box(a), box(b))).map(b => name(a) + " and " + name(b))),
						width: document.scrollingElement.clientWidth, scroll: document.scrollingElement.scrollWidth,
						background: getComputedStyle(document.body).backgroundColor,
					}`, &seen)
				if path == "/" {
					assert.Equal(t, []float64{48, 48}, seen.Icon)
				}
				assert.Len(t, seen.Tops, strings.Count(reads, ",")+1)
				assert.IsIncreasing(t, seen.Tops)
				assert.Empty(t, seen.Hidden)
				assert.Empty(t, seen.Overlap)
				if path != "/maintenance-mode/" || c.panel { // the list of replicas has five columns
					assert.LessOrEqual(t, seen.Scroll, seen.Width, "wider than the window")
				}
				styled := c.styled
				if path != "/" {
					styled = c.panel
				}
				assert.Equal(t, styled, seen.Background == "rgb(247, 246, 243)", seen.Background)
			})
		}
	}
}

// Under no-referrer a browser would send the panel's own forms from the origin null,
// and over plain HTTP it does not say beside that where they come from.
func TestThePanelsFormsUnderAnyReferrerPolicy(t *testing.T) {
	t.Parallel()
	server := underPolicies(t)
	b := drive(t).browser(t)
	for _, host := range []string{"127.0.0.1", "shop.test"} {
		panel := strings.Replace(server.URL, "127.0.0.1", host, 1) + "/maintenance-mode/"
		b.open(panel)
		b.shows("h1", "Maintenance is on")
		b.click("[aria-labelledby=off-title] [value=off]")
		b.shows("h1", "Maintenance is off")
		b.open(panel + "on/")
		b.click("[value=on]:is(button)")
		b.shows("h1", "Maintenance is on")
	}
}

// An answer that a browser draws no page from gets no page.
func TestABrowserGetsNoPageForAnImage(t *testing.T) {
	t.Parallel()
	server := underPolicies(t)
	b := drive(t).browser(t)
	b.open(server.URL)
	var got struct {
		Navigation, Fetch string
		Image             int
	}
	b.script(`const answer = await fetch("/data")
		const image = new Image()
		await new Promise(done => { image.onerror = done; image.src = "/logo.png" })
		return {navigation: document.contentType, fetch: answer.headers.get("Content-Type"),
			image: performance.getEntriesByName(image.src)[0].decodedBodySize}`, &got)
	assert.Equal(t, "text/html", got.Navigation)
	assert.Equal(t, "application/problem+json", got.Fetch)
	assert.Zero(t, got.Image)
}
