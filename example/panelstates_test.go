package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// underSelf starts a service whose policy allows its own files alone, and whose visitors
// are superusers unless they ask for no role.
func underSelf(t *testing.T, store maintenance.Store) (*maintenance.Mode, string) {
	t.Helper()
	mode, err := maintenance.Open(t.Context(), store, maintenance.Name("shop-1"), maintenance.Logger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mode.Close()) })
	return mode, panelOf(t, mode)
}

func panelOf(t *testing.T, mode *maintenance.Mode) string {
	t.Helper()
	r := gin.New()
	r.Use(func(c *gin.Context) { c.Header("Content-Security-Policy", "default-src 'self'") }, ginmaint.New(ginmaint.Config{
		Mode: mode, Logger: slog.New(slog.DiscardHandler), LoginURL: "/login",
		Role: func(c *gin.Context) ginmaint.Role {
			if c.Query("role") == "none" {
				return ginmaint.Anonymous
			}
			return ginmaint.Superuser
		},
	}))
	ginmaint.Routes(r.Group("/maintenance-mode"))
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return server.URL + "/maintenance-mode/"
}

// leaving is a store that can be taken away.
type leaving struct {
	*maintenance.MemoryStore
	away atomic.Bool
}

func (s *leaving) Load(ctx context.Context) (maintenance.State, error) {
	if s.away.Load() {
		return maintenance.State{}, errors.New("no route to the store")
	}
	return s.MemoryStore.Load(ctx)
}

func (s *leaving) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	if s.away.Load() {
		return maintenance.State{}, errors.New("no route to the store")
	}
	return s.MemoryStore.Renew(ctx, r)
}

// tabTo presses the key Tab until what is meant has the focus.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	const stops = 60
	for range stops {
		var there bool
		b.script(`return document.activeElement.matches("`+selector+`")`, &there)
		if there {
			return
		}
		b.key("Tab", 9, "")
	}
	require.Fail(b.t, "no key leads there", selector)
}

// key presses a key of the keyboard, wherever the focus is.
func (b *browser) key(name string, code int, text string) {
	b.t.Helper()
	b.tool("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": name, "code": name, "windowsVirtualKeyCode": code, "text": text})
	b.tool("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "code": name, "windowsVirtualKeyCode": code})
}

// TestThePanelsStates looks at the panel in each of its states: for what keeps people
// out, at 400 % of a window of 1280 pixels, in the colours that a visitor forces, and for
// what a policy forbids. A drain goes by keyboard alone, and without script.
func TestThePanelsStates(t *testing.T) {
	t.Parallel()
	store := &leaving{MemoryStore: maintenance.NewMemoryStore()}
	mode, panel := underSelf(t, store)
	fixed, err := maintenance.Open(t.Context(), maintenance.Fixed(maintenance.On))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, fixed.Close()) })
	fixedPanel := panelOf(t, fixed)
	b := drive(t).browser(t)
	axe := axeCore(t)
	b.tool("Page.enable", map[string]any{})
	b.tool("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": watched})
	set := func(state maintenance.State) {
		t.Helper()
		_, err := mode.Set(t.Context(), state)
		require.NoError(t, err)
	}
	on := maintenance.State{Level: maintenance.On, End: time.Now().Add(time.Hour), Message: "A larger <kettle>. See https://status.example.com/kettle.", Reason: "disks"}
	later := maintenance.State{Level: maintenance.ReadOnly, Start: time.Now().Add(time.Hour), End: time.Now().Add(2 * time.Hour), Message: "Soon.", Hold: 15 * time.Second}
	ticket, admitted := mode.Enter(maintenance.Write)
	require.True(t, admitted)

	for _, state := range []struct {
		name, title string
		open        func()
	}{
		{"off", "Maintenance is off", func() { b.open(panel) }},
		{"denied", "You may not see this page", func() { b.open(panel + "?role=none") }},
		{"announced", "Maintenance is off", func() { set(later); b.open(panel) }},
		{"a question", "Close the service now?", func() { b.open(panel + "on/") }},
		{"draining", "Maintenance is on", func() {
			set(on)
			b.open(panel)
			b.tabTo("#drain-start button")
			b.key("Enter", 13, "\r")
			b.shows("#drain-says", "Draining: 0 of 1 replica drained.")
			b.until(`document.querySelector("#drain-rows").innerText.includes("busy with 1 write")`)
		}},
		{"drained", "Maintenance is on", func() {
			mode.TellEnded("POST /upload", 30*time.Second)
			ticket.Leave()
			b.until(`document.querySelector("#drain-says.proof")?.innerText.startsWith("Drained after ")`)
			assert.Equal(t, "shop-1: ended by force: POST /upload, for 30s", b.text("#drain-works li"))
		}},
		{"a pass", "The pass is made", func() {
			b.open(panel)
			b.write("#pass-name", "Customer of the release")
			b.write("#pass-path", "/shop")
			b.click("#passes > form button")
			b.until(`document.querySelector("#link")?.value.startsWith(location.origin + "/shop?maintenance-pass=")`)
			b.tabTo("#copy")
			b.key("Enter", 13, "\r")
			b.until(`document.querySelector("#copied").innerText !== ""`)
		}},
		{"passes", "Maintenance is on", func() {
			for i, name := range []string{"auditor", "brief", strings.Repeat("W", 64)} {
				_, _, err := mode.IssuePass(t.Context(), maintenance.Pass{Name: name, Until: time.Now().Add(time.Hour), Stays: i == 2})
				require.NoError(t, err)
			}
			require.NoError(t, mode.RevokePass(t.Context(), "brief", maintenance.Revocation{By: "ann"}))
			b.open(panel)
			b.click("#passes [value=auditor]")
			b.until(`!document.querySelector("#passes [value=auditor]")`)
			assert.Contains(t, b.text("#passes"), "revoked by ann")
			assert.NotContains(t, b.text("body"), "maintenance-pass=")
		}},
		{"a wrong pass", "Maintenance is on", func() {
			b.open(panel)
			b.write("#pass-name", "Customer of the release")
			b.write("#pass-path", "shop")
			b.click("#passes > form button")
			b.until(`document.querySelector("[role=alert]")`)
			assert.Equal(t, "shop", b.value("#pass-path"), "what was typed comes back")
		}},
		{"two operators", "Maintenance is on", func() {
			b.open(panel)
			b.write("#on-message", "Back at eleven.")
			set(maintenance.State{Level: maintenance.On, Message: "Back at twelve."})
			b.click("[aria-labelledby=on-title] [value=on]:is(button)")
			b.shows("[aria-labelledby=conflict-title] [data-name='Stored now']", "nothing")
		}},
		{"a wrong field", "Maintenance is on", func() {
			b.open(panel)
			b.write("#on-hold", "soon")
			b.click("[aria-labelledby=on-title] [value=on]:is(button)")
			b.until(`document.querySelector("[role=alert]")`)
		}},
		{"somebody at work", "Maintenance is on", func() {
			_, err := mode.Engage(t.Context(), maintenance.State{Level: maintenance.On, ChangedBy: "grace", Reason: "migrate the orders"})
			require.NoError(t, err)
			b.open(panel)
			b.until(`document.body.innerText.includes("Somebody works under this state.")`)
		}},
		{"the store away", "Maintenance is on", func() {
			store.away.Store(true)
			b.open(panel)
			b.until(`document.body.innerText.includes("The store can’t be reached.")`)
			store.away.Store(false)
		}},
		{"a fixed level", "Maintenance is on", func() { b.open(fixedPanel) }},
	} {
		t.Log(state.name)
		b.look(1280, "light")
		state.open()
		b.shows("h1", state.title)
		var seen struct {
			Violations, Findings []string
			Overflow             int
		}
		b.script(`return {violations: window.violations}`, &seen)
		assert.Empty(t, seen.Violations, state.name)
		b.script(axe, nil)
		look := func(rules string) {
			t.Helper()
			b.script(`const found = await axe.run({exclude: [["iframe"]]}, {`+rules+`}), page = document.scrollingElement
				return {findings: found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html)), overflow: page.scrollWidth - page.clientWidth}`, &seen)
			assert.Empty(t, seen.Findings, state.name)
			assert.LessOrEqual(t, seen.Overflow, 0, state.name)
		}
		look("")
		b.look(1280/4, "dark")
		look(`runOnly: ["color-contrast", "target-size", "scrollable-region-focusable"]`)

		b.tool("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "forced-colors", "value": "active"}}})
		var lost []string
		b.script(`return [...document.querySelectorAll("button, input:not([type=hidden], [type=checkbox]), select, textarea, .told, .dot, .card")].filter(e => {
			const s = getComputedStyle(e)
			return e.checkVisibility() && (parseFloat(s.borderLeftWidth) < 1 || s.borderLeftStyle === "none" || s.borderLeftColor === getComputedStyle(document.body).backgroundColor)
		}).map(e => e.outerHTML)`, &lost)
		assert.Empty(t, lost, "%s: has no edge in forced colours", state.name)
		b.shot("panel, " + state.name)
	}

	t.Log("without script")
	b.tool("Emulation.setScriptExecutionDisabled", map[string]any{"value": true})
	b.look(1280, "light")
	require.NoError(t, mode.Off(t.Context()))
	ticket, admitted = mode.Enter(maintenance.Write)
	require.True(t, admitted)
	set(on)
	b.open(panel)
	assert.Equal(t, "1 replica follows this state: 1 current.", b.text("#roll-summary"))
	b.click("#drain-start button")
	b.shows("#drain-stop button", "Stop waiting")
	assert.Equal(t, "Draining: 0 of 1 replica drained.", b.text("#drain-says"))
	b.click("#drain-stop button")
	require.Eventually(t, func() bool {
		b.open(panel)
		return b.text("#drain-stop button") == ""
	}, patience, 5*tick)
	assert.Contains(t, b.text("#drain-says"), "1 is waited for, of 1 replica.")
	assert.Equal(t, "ginmaint replicas --watch", b.text("#drain-commands code"))
	b.write("#pass-name", "without script")
	b.click("#passes > form button")
	b.shows("h1", "The pass is made")
	assert.Contains(t, b.value("#link"), "/?maintenance-pass=")
	b.open(panel)
	b.click(`#passes [value="without script"]`)
	b.until(`document.querySelector("#passes")?.innerText.includes("revoked by")`)
	b.write("#on-message", "Not yet saved.")
	b.click("[formtarget=preview][value=page]")
	b.within("iframe", func() { b.shows(".message", "Not yet saved.") })
	ticket.Leave()
}
