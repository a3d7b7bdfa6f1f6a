package templates_test

import (
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
		action string // "-": the form has none, and posts to the page's own URL
		button string
		fields [][2]string
	}
	for _, test := range []struct {
		name  string
		data  map[string]any
		forms []form
	}{
		{"off", panelData("off", state{Message: "old", Revision: 7}), []form{
			{"/m/on/", "Switch on", [][2]string{{"revision", "7"}, {"level", "on"}, {"for", ""}, {"hold", ""}, {"message", ""}, {"reason", ""}}},
		}},
		{"on", panelData("on", full), []form{
			{"/m/off/", "Switch off", [][2]string{{"revision", "41"}, {"reason", ""}}},
			{"/m/on/", "Save the change", [][2]string{{"revision", "41"}, {"level", "on"}, {"for", ""}, {"hold", "15s"}, {"message", full.Message}, {"reason", ""}}},
		}},
		{"read-only", panelData("read-only", state{Level: readOnly, Revision: 3}), []form{
			{"/m/off/", "Switch off", [][2]string{{"revision", "3"}, {"reason", ""}}},
			{"/m/on/", "Save the change", [][2]string{{"revision", "3"}, {"level", "read-only"}, {"for", ""}, {"hold", ""}, {"message", ""}, {"reason", ""}}},
		}},
		{"window not open", panelData("off", state{Level: on, Start: start, Revision: 3}), []form{
			{"/m/off/", "Switch off", [][2]string{{"revision", "3"}, {"reason", ""}}},
			{"/m/on/", "Save the change", [][2]string{{"revision", "3"}, {"level", "on"}, {"for", ""}, {"hold", ""}, {"message", ""}, {"reason", ""}}},
		}},
		{"no state", map[string]any{}, []form{
			{"-", "Switch off", [][2]string{{"reason", ""}}},
			{"-", "Switch on", [][2]string{{"level", "on"}, {"for", ""}, {"hold", ""}, {"message", ""}, {"reason", ""}}},
		}},
		{"asks to switch on", panelData("off", state{Revision: 7}, "form", "on"), []form{
			{"-", "Switch on", [][2]string{{"level", "on"}, {"revision", "7"}}},
		}},
		{"asks to switch off", panelData("on", full, "form", "off"), []form{
			{"-", "Switch off", [][2]string{{"revision", "41"}}},
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
				button := only(t, within(n, "button"))
				assert.Equal(t, "submit", value(button, "type"))
				shown = append(shown, form{action, text(button), posted(n)})
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

func TestPanelAsksWithOneButtonAndAWayBack(t *testing.T) {
	for _, ask := range []string{"on", "off"} {
		t.Run(ask, func(t *testing.T) {
			d := render(t, templates.Panel(), panelData("read-only", full, "form", ask))
			assert.Equal(t, "Switch maintenance "+ask+"?", text(d.one(t, "h1")))
			assert.Contains(t, text(d.all("p")[0]), "Maintenance is read-only now.")
			d.one(t, "form")
			d.one(t, "button")
			assert.Equal(t, "/m/", value(d.one(t, "a"), "href"))
			assert.Empty(t, d.all("dl"))
		})
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
