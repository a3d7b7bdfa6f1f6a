package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// phone sets the window to 320 pixels, which WCAG 1.4.10 asks a page to fit, and the
// colours.
func (b *browser) phone(scheme string) {
	b.t.Helper()
	b.tool("Emulation.setDeviceMetricsOverride", map[string]any{"width": 320, "height": 700, "deviceScaleFactor": 1, "mobile": false})
	b.tool("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}})
}

func TestPagesFitAPhone(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	superuser := newcomer(t, shop.url, "superuser")
	chrome := drive(t)
	guest, admin := chrome.browser(t), chrome.browser(t)
	admin.logIn(shop.url, "superuser")

	check := func(b *browser, path, says string) {
		t.Helper()
		for _, scheme := range []string{"light", "dark"} {
			b.phone(scheme)
			b.open(shop.url + path)
			assert.Equal(t, says, b.text("h1"))
			var seen struct {
				Window, Width, Scroll int
				Dark                  bool
				Out                   []string
			}
			b.script(`const page = document.scrollingElement, style = getComputedStyle(document.body)
				const brightness = colour => colour.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0)
				const right = element => element.getBoundingClientRect().right
				const out = [...document.querySelectorAll("section :is(input:not([type=hidden]), select, textarea, button)")]
					.filter(e => e.checkVisibility() && right(e) > right(e.closest("section")) - 10).map(e => e.id)
				return {out, window: innerWidth, width: page.clientWidth, scroll: page.scrollWidth,
					dark: brightness(style.backgroundColor) < brightness(style.color)}`, &seen)
			assert.Empty(t, seen.Out, "%s, %s: stands out of its card", path, scheme)
			assert.Equal(t, 320, seen.Window, "%s, %s", path, scheme)
			assert.LessOrEqual(t, seen.Scroll, seen.Width, "%s, %s is wider than the window", path, scheme)
			assert.Equal(t, scheme == "dark", seen.Dark, "%s, %s", path, scheme)
		}
	}
	check(guest, "/", "The Tea Shop")
	check(guest, "/login", "Log in")
	check(admin, "/", "The Tea Shop")
	check(admin, "/maintenance-mode/", "Maintenance is off")

	got := superuser.post("/maintenance-mode/on/", "start", "2999-12-31T22:00:00Z", "for", "30m")
	require.Equal(t, 200, got.status, got.body)
	check(guest, "/", "The Tea Shop")

	got = superuser.post("/maintenance-mode/on/", "for", "30m", "reason", "larger disks",
		"message", "A word of many letters: "+strings.Repeat("Maintenance", 20))
	require.Equal(t, 200, got.status, got.body)
	check(guest, "/", "We’ll be back soon")
	check(admin, "/", "The Tea Shop")
	check(admin, "/maintenance-mode/", "Maintenance is on")
	check(admin, "/maintenance-mode/on/", "Save the change?")
	check(admin, "/maintenance-mode/off/", "Open the service now?")
}
