package templates_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

const (
	backSoon = "We’ll be back soon"
	paused   = "Changes are paused for the moment"
	tryLater = "We are doing some maintenance right now. Please try again in a little while."
	notSaved = "You can go on reading. What you just sent was not saved; please send it again later."
	untilEnd = "We expect this to last until Sunday, 22 November 2026, 14:30 UTC"
)

func TestPageSaysWhatVisitorsNeed(t *testing.T) {
	announced := visitors(readOnly, full)
	announced["maintenance_mode"] = false
	for _, test := range []struct {
		name       string
		data       any
		heading    string
		paragraphs []string
	}{
		{"no data", nil, backSoon, []string{tryLater}},
		{"only the application's data", map[string]any{"shop": "Tea"}, backSoon, []string{tryLater}},
		{"on", visitors(on, state{}), backSoon, []string{tryLater}},
		{"on with an end", visitors(on, state{End: end}), backSoon, []string{tryLater, untilEnd}},
		{"on with a message", visitors(on, state{Message: "Moving."}), backSoon, []string{"Moving."}},
		{"on with both", visitors(on, full), backSoon, []string{"Moving house. Back soon.", untilEnd}},
		{"read-only", visitors(readOnly, state{}), paused, []string{notSaved}},
		{"read-only with an end", visitors(readOnly, state{End: end}), paused, []string{notSaved, untilEnd}},
		{"read-only with both", visitors(readOnly, full), paused, []string{"Moving house. Back soon.", notSaved, untilEnd}},
		{"a window that is not in force", announced, backSoon, []string{tryLater}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := render(t, templates.Page(), test.data)
			assert.Equal(t, test.heading, text(d.one(t, "h1")))
			assert.Equal(t, test.heading, text(d.one(t, "title")))
			var said []string
			for _, p := range d.all("p") {
				said = append(said, text(p))
			}
			assert.Equal(t, test.paragraphs, said)
		})
	}
}

func TestPageNamesTheEndForMachines(t *testing.T) {
	d := render(t, templates.Page(), visitors(on, full))
	assert.Equal(t, "2026-11-22T14:30:00Z", value(d.one(t, "time"), "datetime"))
	assert.Empty(t, render(t, templates.Page(), visitors(on, state{})).all("time"))
}

func TestPageKeepsTheMessageAsTyped(t *testing.T) {
	for name, typed := range map[string]string{
		"line breaks": "Moving house.\n\nBack soon.",
		"hostile":     hostile,
		"Arabic":      "سنعود قريبا",
	} {
		for _, l := range []level{readOnly, on} {
			t.Run(name+", "+l.String(), func(t *testing.T) {
				d := render(t, templates.Page(), visitors(l, state{Message: typed}))
				shown := only(t, d.with("class", "message"))
				assert.Equal(t, typed, raw(shown))
				assert.Equal(t, "auto", value(shown, "dir"))
				assert.Contains(t, raw(d.one(t, "style")), ".message { white-space: pre-line; }")
			})
		}
	}
}

func TestPageTellsNoVisitorWhoSwitched(t *testing.T) {
	d := render(t, templates.Page(), visitors(on, full))
	assert.NotContains(t, d.source, full.ChangedBy)
	assert.NotContains(t, d.source, full.Reason)
}

func TestPageHidesItsMarkFromScreenReaders(t *testing.T) {
	assert.Equal(t, "true", value(render(t, templates.Page(), nil).one(t, "svg"), "aria-hidden"))
}
