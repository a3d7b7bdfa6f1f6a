package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestThePanelOfAFleet: what an operator does with three replicas, in one browser: looks
// at a message before it is saved, drains and sees what holds that, is overtaken by
// another operator, and is attacked by another site.
func TestThePanelOfAFleet(t *testing.T) {
	t.Parallel()
	env := map[string]string{"GINMAINT_STORE": fileURL(stateFile(t)), "SESSION_SECRET": "one for all replicas"}
	shops := []*example{launch(t, env), launch(t, env), launch(t, env)}
	for _, shop := range shops {
		shop.url = address(t, shop.lines)
	}
	shop, panel := shops[0], shops[0].url+"/maintenance-mode/"
	observer := newcomer(t, shop.url, "superuser")
	b := drive(t).browser(t)
	b.logIn(shop.url, "superuser")

	t.Log("the list is live")
	b.open(panel)
	b.shows("#roll-summary", "3 replicas follow this state: 3 current.")
	b.until(`document.querySelector("#news").hidden`) // nobody has changed anything
	b.shot("off")

	t.Log("a look at what is typed, before it is saved")
	untouched := observer.revision()
	const message = "Back at <ten>.\u202e"
	b.write("#on-message", message)
	b.click("[formtarget=preview][value=page]")
	b.within("iframe", func() { b.shows(".message", message) })
	b.click("[formtarget=preview][value=json]")
	b.within("iframe", func() {
		b.until(`document.body.innerText.includes("\"maintenance\":\"on\"")`)
	})
	assert.Equal(t, message, b.value("#on-message"), "it stays in the form")
	assert.Equal(t, untouched, observer.revision())

	t.Log("a drain, what holds it, and its proof")
	ctx, finish := context.WithCancel(t.Context())
	defer finish()
	slow, err := http.NewRequestWithContext(ctx, http.MethodGet, shops[1].url+"/slow?for=1m", nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(slow) // returns with the headers: it has begun
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	observer.switchTo(maintenance.On, "message", message, "reason", hostile)
	b.until(`!document.querySelector("#news").hidden && document.querySelector("#news-text").innerText.includes("Maintenance is on now.")`)
	b.click("#news a")
	b.shows("h1", "Maintenance is on")
	b.write("#drain-expect", "3")
	b.click("#drain-start button")
	b.shows("#drain-says", "Draining: 2 of 3 replicas drained.")
	b.until(`document.querySelector("#drain-rows").innerText.includes("busy with 1 read")`)
	b.until(`document.querySelector("#drain-works").innerText.includes("GET /slow")`)
	b.shot("draining")
	finish()
	b.until(`document.querySelector("#drain-says").innerText.startsWith("Drained after ")`)
	b.until(`document.querySelectorAll("#drain-rows .done").length === 3`)
	b.shot("drained")

	t.Log("two operators")
	b.open(panel)
	b.write("#on-message", "Back at eleven.")
	observer.switchTo(maintenance.On, "message", "Back at twelve.")
	b.click("[aria-labelledby=on-title] [value=on]:is(button)")
	b.shows("[aria-labelledby=conflict-title] tbody tr [data-name='You typed']", "Back at eleven.")
	b.shows("[aria-labelledby=conflict-title] tbody tr [data-name='Stored now']", "Back at twelve.")
	b.shot("conflict")

	t.Log("a form and an image on another site")
	stands := observer.revision()
	for _, attack := range []string{
		`<form method="post" action="%soff/"></form><script>document.forms[0].submit()</script>`,
		`<img src="%soff/?level=off" onerror="document.title = 'asked'">`,
		`<form method="post" action="%sdrain/"></form><script>document.forms[0].submit()</script>`,
	} {
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, attack, panel)
		}))
		b.open(site.URL)
		b.until(`document.title === "asked" || document.querySelector("h1")?.innerText === "You may not see this page"`)
		site.Close()
	}
	assert.Equal(t, stands, observer.revision())
	assert.NotContains(t, observer.getAs("/maintenance-mode/drain/", "application/json").body, `"running":true`)

	t.Log("the session ends elsewhere: nothing is told any more")
	b.open(panel)
	b.shows("h1", "Maintenance is on")
	b.script(`await fetch("/logout", {method: "POST"}); dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))`, nil)
	b.shows("#roll-summary", "You are not logged in as a superuser any more. Load the page again.")
}

const hostile = "disks \u202e</script><script>document.title = 'pwned'</script>"

// TestThePanelWhereNoEventsArrive: behind a proxy that keeps a stream back, the page asks.
func TestThePanelWhereNoEventsArrive(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	observer := newcomer(t, shop.url, "superuser")
	b := drive(t).browser(t)
	b.logIn(shop.url, "superuser")
	b.tool("Network.enable", map[string]any{})
	b.tool("Network.setBlockedURLs", map[string]any{"urls": []string{"*/events/"}})
	b.open(shop.url + "/maintenance-mode/")
	b.shows("#roll-summary", "1 replica follows this state: 1 current.")
	observer.switchTo(maintenance.ReadOnly)
	b.until(`document.querySelector("#news-text").innerText.includes("Maintenance is read-only now.")`)
}

// within runs f in a frame of the page.
func (b *browser) within(frame string, f func()) {
	b.t.Helper()
	var found map[string]string
	b.call(http.MethodPost, "/element", map[string]any{"using": "css selector", "value": frame}, &found)
	b.call(http.MethodPost, "/frame", map[string]any{"id": found}, nil)
	f()
	b.call(http.MethodPost, "/frame", map[string]any{"id": nil}, nil)
}

// shot keeps a picture of the page in the folder that SCREENSHOTS names, to be looked at.
func (b *browser) shot(name string) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{360, 1280} {
			b.look(width, scheme)
			var picture struct{ Data string }
			b.call(http.MethodPost, "/goog/cdp/execute", map[string]any{"cmd": "Page.captureScreenshot", "params": map[string]any{"captureBeyondViewport": true}}, &picture)
			image, err := base64.StdEncoding.DecodeString(picture.Data)
			require.NoError(b.t, err)
			require.NoError(b.t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), image, 0o600))
		}
	}
	b.tool("Emulation.clearDeviceMetricsOverride", map[string]any{})
}

// A large order is what a drain waits for, and who logs in meanwhile is told why the shop
// stays closed.
func TestTheStoryOfTheExample(t *testing.T) {
	t.Parallel()
	shop := newShop()
	shop.packing = time.Millisecond
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, mode.Close()) })
	server := httptest.NewServer(routes(mode, shop, []byte("secret")))
	t.Cleanup(server.Close)
	guest := newVisitor(t, server.URL)
	assert.Equal(t, http.StatusSeeOther, guest.post("/orders/large").status)
	assert.Contains(t, guest.get("/").body, "100 ordered")
	_, err = mode.Set(t.Context(), maintenance.State{Level: maintenance.On, Message: "Back <soon>."})
	require.NoError(t, err)
	page := guest.get("/").body
	assert.Contains(t, page, "The Tea Shop", "the shop's own page")
	assert.Contains(t, page, "Back &lt;soon&gt;.")
	user := newcomer(t, server.URL, "user")
	assert.Contains(t, user.get("/").body, `href="/login"`)
	assert.Contains(t, user.get("/login").body, "You are logged in as user. The shop is closed for maintenance, and lets only staff in.")
	assert.Equal(t, http.StatusSeeOther, user.post("/logout").status)
	assert.NotContains(t, user.get("/login").body, "You are logged in")
	assert.Contains(t, newcomer(t, server.URL, "superuser").get("/").body, `href="/maintenance-mode/preview/"`)
}
