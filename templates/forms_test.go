package templates_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// posted returns what a browser sends for a form that nobody touched, in the
// order of its fields.
func posted(form *html.Node) (fields [][2]string) {
	for _, n := range within(form, "input", "select", "textarea") {
		field := [2]string{value(n, "name"), value(n, "value")}
		switch n.Data {
		case "textarea":
			field[1] = raw(n)
		case "select":
			options := within(n, "option")
			field[1] = value(options[0], "value")
			for _, o := range options {
				if _, ok := attr(o, "selected"); ok {
					field[1] = value(o, "value")
				}
			}
		}
		fields = append(fields, field)
	}
	return fields
}

func TestPanelForms(t *testing.T) {
	type form struct {
		action  string // "-": the form has none, and posts to the page's own URL
		buttons string // what they say, and promise; the first is that of the key Enter
		fields  [][2]string
	}
	const review = "Review first: review"
	open := func(revision string) form {
		return form{"/m/off/", review + ", Open now: off", [][2]string{{"revision", revision}, {"reason", ""}}}
	}
	change := func(revision, level, start, end, hold, message, reason string) [][2]string {
		return [][2]string{
			{"revision", revision}, {"level", level}, {"for", ""}, {"start", start}, {"end", end}, {"hold", hold}, {"message", message}, {"reason", reason},
		}
	}
	for _, test := range []struct {
		name  string
		data  map[string]any
		forms []form
	}{
		{"off", panelData("off", state{Message: "old", Revision: 7}), []form{
			{"/m/on/", review + ", Close now: on", change("7", "on", "", "", "", "", "")},
		}},
		{"on", panelData("on", full), []form{
			open("41"),
			{"/m/on/", review + ", Save the change: on", change("41", "on", "2026-11-22T13:00", "2026-11-22T14:30", "15s", full.Message, full.Reason)},
		}},
		{"read-only", panelData("read-only", state{Level: readOnly, Revision: 3}), []form{
			open("3"),
			{"/m/on/", review + ", Save the change: read-only", change("3", "read-only", "", "", "", "", "")},
		}},
		{"window not open", panelData("off", state{Level: on, Start: start, Revision: 3}), []form{
			{"/m/off/", review + ", Drop the window: off", [][2]string{{"revision", "3"}, {"reason", ""}}},
			{"/m/on/", review + ", Save the change: off", change("3", "on", "2026-11-22T13:00", "", "", "", "")},
		}},
		{"under somebody's work", with(panelData("on", state{Level: on, Revision: 3}), map[string]any{"working": []worker{{}}}), []form{
			{"/m/off/", review + ", Open now: off", [][2]string{{"revision", "3"}, {"reason", ""}, {"force", "yes"}}},
			{"/m/on/", review + ", Save the change: on", append(change("3", "on", "", "", "", "", ""), [2]string{"force", "yes"})},
		}},
		{"no state", map[string]any{}, []form{
			{"-", review + ", Close now: on", change("", "on", "", "", "", "", "")[1:]},
		}},
		{"asks", asking(panelData("off", state{Revision: 7}), [2]string{"level", "on"}, [2]string{"message", "x"}), []form{
			{"-", "Close now: on, Back to the form: edit", [][2]string{{"level", "on"}, {"message", "x"}, {"revision", "7"}}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var shown []form
			for _, n := range render(t, templates.Panel(), test.data).all("form") {
				assert.Equal(t, "post", value(n, "method"))
				assert.Equal(t, "off", value(n, "autocomplete"), "a reload must not bring an older choice back")
				action, ok := attr(n, "action")
				if !ok {
					action = "-"
				}
				var buttons []string
				for _, b := range within(n, "button") {
					assert.Equal(t, "submit", value(b, "type"))
					assert.Equal(t, "now", value(b, "name"))
					buttons = append(buttons, text(b)+": "+value(b, "value"))
				}
				shown = append(shown, form{action, strings.Join(buttons, ", "), posted(n)})
			}
			assert.Equal(t, test.forms, shown)
		})
	}
}

func TestPanelOffersLevelsAndDurations(t *testing.T) {
	d := render(t, templates.Panel(), panelData("off", state{}))
	offered := map[string][]string{}
	for _, n := range d.all("select") {
		for _, o := range within(n, "option") {
			offered[value(n, "name")] = append(offered[value(n, "name")], value(o, "value"))
		}
	}
	assert.Equal(t, []string{"on", "read-only"}, offered["level"])
	require.Equal(t, []string{"", "15m", "30m", "1h", "2h", "4h"}, offered["for"])
	for _, duration := range offered["for"][1:] {
		_, err := time.ParseDuration(duration)
		assert.NoError(t, err)
	}
}

func TestPanelAsks(t *testing.T) {
	d := render(t, templates.Panel(), asking(panelData("read-only", full)))
	assert.Equal(t, "Close the service now?", text(d.one(t, "h1")))
	assert.Equal(t, "The service is closed from now on, until somebody changes that. Maintenance is read-only now.", text(d.all("p")[0]))
	assert.Equal(t, "This drops:", text(d.all("p")[1]))
	assert.Equal(t, "the hold of 15s", text(d.one(t, "li")))
	d.one(t, "form")
	assert.Equal(t, "/m/", value(d.one(t, "a"), "href"))
	assert.Empty(t, d.all("dl"))
	for _, n := range d.all("input", "textarea", "select") {
		assert.Equal(t, "hidden", value(n, "type"), "no text field, where Enter would do it")
	}
}

func TestEveryFieldHasALabel(t *testing.T) {
	eachPage(t, func(t *testing.T, d document) {
		ids, labels := map[string]string{}, map[string]string{}
		for _, n := range d.all() {
			if id, ok := attr(n, "id"); ok {
				assert.NotContains(t, ids, id, "an id stands once")
				ids[id] = n.Data
			}
		}
		for _, n := range d.all("label") {
			labels[value(n, "for")] = text(n)
			assert.Contains(t, []string{"input", "select", "textarea"}, ids[value(n, "for")], text(n))
		}
		for _, n := range d.all("input", "select", "textarea") {
			if value(n, "type") != "hidden" {
				assert.NotEmpty(t, labels[value(n, "id")], "field %s", value(n, "name"))
			}
		}
		for _, n := range d.all() {
			for _, reference := range []string{"aria-describedby", "aria-labelledby"} {
				if id, ok := attr(n, reference); ok {
					require.Contains(t, ids, id)
				}
			}
		}
	})
}
