package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// logIn returns once the browser has the session: a page that is opened while a form is
// on its way takes the form back.
func (b *browser) logIn(url, name string) {
	b.t.Helper()
	b.sendLogin(url, name, password)
	b.shows(".user span", name)
}

func (b *browser) sendLogin(url, name, password string) {
	b.t.Helper()
	b.open(url + "/login")
	b.write("#username", name)
	b.write("#password", password)
	b.click("main button")
}

// logOut returns once the session has ended.
func (b *browser) logOut(url string) {
	b.t.Helper()
	b.open(url)
	b.click(".user button")
	b.until(`!document.querySelector(".user")`)
}

// windows opens a second window of the same browser, and returns functions that
// go to the first and to the second.
func (b *browser) windows() (first, second func()) {
	b.t.Helper()
	var here string
	var made struct{ Handle string }
	b.call(http.MethodGet, "/window", nil, &here)
	b.call(http.MethodPost, "/window/new", map[string]any{"type": "tab"}, &made)
	to := func(handle string) func() {
		return func() { b.call(http.MethodPost, "/window", map[string]any{"handle": handle}, nil) }
	}
	return to(here), to(made.Handle)
}

func TestInABrowser(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	panel := shop.url + "/maintenance-mode/"
	chrome := drive(t)
	admin, visitor := chrome.browser(t), chrome.browser(t)
	observer := newcomer(t, shop.url, "superuser")
	state := observer.revision

	t.Log("log in by the form")
	admin.sendLogin(shop.url, "superuser", "wrong")
	admin.shows("[role=alert]", "The name or the password is wrong.")
	admin.logIn(shop.url, "superuser")
	admin.click(".user a")
	admin.shows("h1", "Maintenance is off")

	t.Log("looking at on/ changes nothing")
	untouched := state()
	admin.open(panel + "on/")
	admin.shows("h1", "Close the service now?")
	assert.Equal(t, "Close now", admin.text("button"))
	assert.Equal(t, untouched, state())
	visitor.open(shop.url)
	visitor.shows("h1", "The Tea Shop")

	t.Log("switch on with a message")
	const message = "We move to a larger <kettle>.\nBack at ten."
	admin.open(panel)
	admin.write("#on-message", message)
	admin.click("[aria-labelledby=on-title] [value=on]:is(button)")
	admin.shows("h1", "Maintenance is on")
	visitor.open(shop.url)
	visitor.shows("h1", "We’ll be back soon")
	visitor.shows(".message", message)
	admin.open(shop.url)
	admin.shows("[role=status]", "Maintenance is on: staff pass, visitors see a 503 page. See it as a visitor")

	t.Log("two tabs, and the form of the older one")
	older, newer := admin.windows()
	older()
	admin.open(panel)
	newer()
	admin.open(panel)
	admin.write("#on-message", "Back at eleven.")
	admin.click("[aria-labelledby=on-title] [value=on]:is(button)")
	admin.shows("dd[dir=auto]", "Back at eleven.")
	older()
	admin.write("#on-message", "Back at twelve.")
	admin.click("[aria-labelledby=on-title] [value=on]:is(button)")
	admin.shows("h1", "Maintenance is on")
	admin.shows(".beside", "Stored now: Back at eleven.")
	assert.Regexp(t, `^Somebody else changed the state first \(superuser, .* UTC\)\. Look at it, and decide again\.$`, admin.text("[role=alert]"))
	assert.Equal(t, "Back at twelve.", admin.value("#on-message"), "what was typed is still there")
	visitor.open(shop.url)
	visitor.shows(".message", "Back at eleven.")

	t.Log("a page of another origin that posts by itself")
	before := state()
	admin.open(trap(t, panel+"off/"))
	admin.shows("main p", "The request came from a page of another site and was refused.")
	assert.Equal(t, before, state())

	t.Log("switch off by the button")
	admin.open(panel)
	admin.click("[aria-labelledby=off-title] [value=off]")
	admin.shows("h1", "Maintenance is off")
	visitor.open(shop.url)
	visitor.shows("h1", "The Tea Shop")
}

// trap serves a page that posts to a URL as soon as it is looked at. It lies on
// another port of the same host, so the browser sends the session's cookie
// along: SameSite does not help there.
func trap(t *testing.T, target string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<form method="post" action="%s"></form><script>document.forms[0].submit()</script>`, target)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestPagesWithoutJavaScript(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	b := drive(t).browser(t)
	b.tool("Emulation.setScriptExecutionDisabled", map[string]any{"value": true})
	b.open(`data:text/html,<h1>off</h1><script>document.querySelector("h1").innerText = "on"</script>`)
	require.Equal(t, "off", b.text("h1"), "no page may run a script")

	b.logIn(shop.url, "superuser")
	b.open(shop.url + "/maintenance-mode/on/")
	b.click("button")
	b.shows("h1", "Maintenance is on")
	b.logOut(shop.url)
	b.shows("h1", "We’ll be back soon")
	assert.Equal(t, "We are doing some maintenance right now. Please try again in a little while.", b.text("main p"))
}
