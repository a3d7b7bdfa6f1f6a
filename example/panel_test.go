package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// enter is the key, as WebDriver calls it.
const enter = "\ue007"

// status is what the endpoints tell a program.
func (v *visitor) status() string {
	v.t.Helper()
	return v.getAs("/maintenance-mode/", "application/json").body
}

// TestThePanelInABrowser: a browser's own fields and keys, which the tests of the
// handlers can only take for granted.
func TestThePanelInABrowser(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	panel := shop.url + "/maintenance-mode/"
	chrome := drive(t)
	admin := chrome.browser(t)
	observer := newcomer(t, shop.url, "superuser")
	admin.logIn(shop.url, "superuser")

	t.Log("a typo in the message of a window to come")
	begin := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second).Add(250 * time.Millisecond)
	window := begin.Format(time.RFC3339Nano)
	got := observer.post("/maintenance-mode/on/", "start", window, "for", "2h", "message", "Back at tem.", "hold", "15s", "reason", "disks")
	require.Equal(t, http.StatusOK, got.status, got.body)
	admin.open(panel)
	assert.Equal(t, begin.Format("2006-01-02T15:04"), admin.value("#on-start")[:16])
	admin.write("#on-message", "Back at ten.")
	admin.click("[aria-labelledby=on-title] button[value=off]")
	admin.shows("dd[dir=auto]", "Back at ten.")
	for _, kept := range []string{`"level":"off"`, `"start":"` + window, `"hold":"15s"`, `"reason":"disks"`, `"message":"Back at ten."`} {
		assert.Contains(t, observer.status(), kept)
	}

	t.Log("Enter in a text field asks")
	untouched := observer.revision()
	admin.press("#on-hold", enter)
	admin.shows("h1", "Save the change?")
	assert.Contains(t, admin.text("main p"), "The service is closed from ")
	admin.open(panel)
	admin.press("#off-reason", "over"+enter)
	admin.shows("h1", "Drop the window?")
	assert.Contains(t, admin.text("main ul"), "the message “Back at ten.”")
	admin.click("[value=edit]")
	admin.shows("h1", "Maintenance is off")
	assert.Equal(t, "over", admin.value("#off-reason"), "what was typed comes back")
	assert.Equal(t, untouched, observer.revision())

	t.Log("on, over the window: it asks, and says what goes")
	admin.open(panel + "on/")
	admin.shows("h1", "Close the service now?")
	assert.Contains(t, admin.text("main ul"), "the start, ")
	admin.click("[value=on]:is(button)")
	admin.shows("h1", "Maintenance is on")
	assert.Contains(t, observer.status(), `"message":"Back at ten."`)

	t.Log("by the keyboard alone")
	admin.open(panel)
	assert.Equal(t, []string{
		"back", "drain-timeout", "drain-expect", "killed", "drain", "off-reason", "review", "off", "on-level", "on-for", "on-start", "on-end", "on-hold", "on-message", "on-reason", "review", "on", "page", "json", "page", "preview", "pass-name", "pass-for", "pass-path", "pass-stays", "passes",
	}, admin.focusOrder())
	admin.press("[aria-labelledby=off-title] [value=off]", enter)
	admin.shows("h1", "Maintenance is off")

	t.Log("the session ends")
	admin.logOut(shop.url)
	admin.open(panel)
	admin.shows("h1", "You may not see this page")
	admin.click("main a")
	admin.shows("h1", "Log in")
}

// revision is the number that the status has.
func (v *visitor) revision() uint64 {
	v.t.Helper()
	var told struct{ State struct{ Revision uint64 } }
	require.NoError(v.t, json.Unmarshal([]byte(v.status()), &told))
	return told.State.Revision
}

// focusOrder presses the key Tab from the top of the page to its end, and returns what
// has the focus in turn. A field for a date has several stops, and is named once.
func (b *browser) focusOrder() (order []string) {
	b.t.Helper()
	const stops = 100
	for range stops {
		var at string
		b.script(`const e = document.activeElement; return e === document.body ? "" : e.id || e.value || e.name || e.closest("nav") && "back" || e.tagName === "SUMMARY" && "killed" || e.closest("#drain") && "drain" || e.closest("#passes") && "passes" || e.href`, &at)
		if len(order) > 1 && at == order[0] {
			break // it is at the top again; a frame that loads has no focus meanwhile
		}
		if at != "" && (len(order) == 0 || order[len(order)-1] != at) {
			order = append(order, at)
		}
		b.key("Tab", 9, "")
	}
	return order
}
