package templates_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// facts returns the list of the state, in the order shown.
func facts(d document) (list [][2]string) {
	for _, n := range d.all("dt", "dd") {
		if n.Data == "dt" {
			list = append(list, [2]string{text(n)})
		} else {
			list[len(list)-1][1] = text(n)
		}
	}
	return list
}

func TestPanelShowsTheState(t *testing.T) {
	const changedText = "Sun, 22 Nov 2026, 12:59:07 UTC"
	for _, test := range []struct {
		name    string
		inForce string
		state   state
		heading string
		below   string
		facts   [][2]string
	}{
		{
			"never switched", "off", state{}, "Maintenance is off", "Everyone gets in.",
			[][2]string{{"Switched to", "off"}, {"Revision", "none, never switched"}},
		},
		{
			"off", "off", state{ChangedAt: changed, ChangedBy: "maria", Reason: "done", Revision: 42}, "Maintenance is off", "Everyone gets in.",
			[][2]string{{"Switched to", "off"}, {"Changed", changedText}, {"Changed by", "maria"}, {"Reason", "done"}, {"Revision", "42"}},
		},
		{
			"on until changed", "on", state{Level: on, ChangedAt: changed, Revision: 1}, "Maintenance is on",
			"Requests are refused, but for those that are exempt.",
			[][2]string{{"Switched to", "on"}, {"Start", "at once"}, {"End", "until changed"}, {"Changed", changedText}, {"Revision", "1"}},
		},
		{
			"read-only", "read-only", state{Level: readOnly, End: end, Revision: 2}, "Maintenance is read-only",
			"Reading goes on. Requests that write are refused, but for those that are exempt.",
			[][2]string{{"Switched to", "read-only"}, {"Start", "at once"}, {"End", "Sun, 22 Nov 2026, 14:30:00 UTC"}, {"Revision", "2"}},
		},
		{
			"window not open", "off", full, "Maintenance is off",
			"Everyone gets in. It is switched to on, for a window that is not open now.",
			[][2]string{
				{"Switched to", "on"}, {"Start", "Sun, 22 Nov 2026, 13:00:00 UTC"}, {"End", "Sun, 22 Nov 2026, 14:30:00 UTC"},
				{"Hold", "15s"}, {"Message", "Moving house. Back soon."}, {"Changed", changedText}, {"Changed by", "maria"}, {"Reason", "new database"}, {"Revision", "41"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := render(t, templates.Panel(), panelData(test.inForce, test.state))
			assert.Equal(t, test.heading, text(d.one(t, "h1")))
			assert.Equal(t, test.heading, text(d.one(t, "title")))
			assert.Equal(t, test.below, text(d.all("p")[0]))
			assert.Equal(t, test.facts, facts(d))
		})
	}
}

func TestPanelNamesTimesForMachines(t *testing.T) {
	var times []string
	for _, n := range render(t, templates.Panel(), panelData("on", full)).all("time") {
		times = append(times, value(n, "datetime"))
	}
	assert.Equal(t, []string{"2026-11-22T13:00:00Z", "2026-11-22T14:30:00Z", "2026-11-22T12:59:07Z"}, times)
}

func TestPanelKeepsTextsAsTyped(t *testing.T) {
	for name, typed := range map[string]string{"hostile": hostile, "line breaks": "a\n\nb", "begins with a line break": "\na"} {
		t.Run(name, func(t *testing.T) {
			s := state{Level: on, Message: typed, Reason: typed, ChangedBy: typed}
			d := render(t, templates.Panel(), panelData("on", s, "error", typed))
			var shown []string
			for _, n := range d.with("dir", "auto") {
				shown = append(shown, raw(n))
			}
			assert.Equal(t, []string{typed, typed, typed, typed, typed}, shown, "what went wrong, message, who, why, and the message to edit")
			assert.Equal(t, typed, raw(only(t, d.with("role", "alert"))))
		})
	}
}

func TestPanelTellsErrorsFirst(t *testing.T) {
	d := render(t, templates.Panel(), panelData("on", full, "error", "Somebody else was first."))
	assert.Equal(t, "Error: Maintenance is on", text(d.one(t, "title")), "a screen reader begins with the title")
	assert.Equal(t, "Somebody else was first.", text(only(t, d.with("role", "alert"))))
}

func TestPanelNamesTheLevelBesideItsColour(t *testing.T) {
	dot := only(t, render(t, templates.Panel(), panelData("read-only", full)).with("class", "dot dot-limited"))
	assert.Equal(t, "true", value(dot, "aria-hidden"))
}

func TestPanelTellsWhatStandsInTheWay(t *testing.T) {
	for name, c := range map[string]struct {
		more map[string]any
		says string
	}{
		"the store is away": {
			map[string]any{"away": map[string]any{"confirmed": changed, "age": "3m12s"}},
			"The store can’t be reached. This page shows what this process knew last, 3m12s ago (Sun, 22 Nov 2026, 12:59:07 UTC); " +
				"somebody may have changed it since. Nothing can be saved until the store answers.",
		},
		"somebody works": {
			map[string]any{"working": []worker{{"grace", "migrate", changed}}},
			"Somebody works under this state. To open the service before that ends, you have to say so. grace, since Sun, 22 Nov 2026, 12:59:07 UTC: migrate",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := render(t, templates.Panel(), with(panelData("on", full), c.more))
			assert.Equal(t, c.says, text(only(t, d.with("role", "status"))))
		})
	}
}

func TestPanelHasNoFormsForAFixedLevel(t *testing.T) {
	d := render(t, templates.Panel(), with(panelData("on", full), map[string]any{"fixed": true}))
	assert.Empty(t, d.all("form", "button", "input"))
	assert.NotEmpty(t, d.all("dl"))
}

func TestPanelShowsNothingOfTheStateToWhoMayNot(t *testing.T) {
	d := render(t, templates.Panel(), with(panelData("on", full), map[string]any{"form": "denied", "denied": "Only a superuser.", "login_url": "/login"}))
	assert.Equal(t, "You may not see this page Only a superuser. Log in", text(d.one(t, "main")))
	assert.Equal(t, "/login", value(d.one(t, "a"), "href"))
	assert.Equal(t, "You may not see this page", text(d.one(t, "title")))
}
