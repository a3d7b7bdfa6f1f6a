package templates_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/net/html"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

const (
	backSoon = "We’ll be back soon"
	paused   = "Changes are paused for the moment"
	tryLater = "We are doing some maintenance right now. Please try again in a little while."
	readOn   = "You can go on reading."
)

var untilEnd = []string{"Expected until 2026-11-22 14:30 UTC", "Time left"}

func TestPageSaysWhatVisitorsNeed(t *testing.T) {
	announced := visitors(readOnly, full)
	announced["maintenance_mode"] = false
	window := append([]string{"Since 2026-11-22 13:00 UTC"}, untilEnd...)
	for _, test := range []struct {
		name       string
		data       any
		heading    string
		paragraphs []string
		times      []string
	}{
		{"no data", nil, backSoon, []string{tryLater}, nil},
		{"only the application's data", map[string]any{"shop": "Tea"}, backSoon, []string{tryLater}, nil},
		{"on", visitors(on, state{}), backSoon, []string{tryLater}, nil},
		{"on with an end", visitors(on, state{End: end}), backSoon, []string{tryLater}, untilEnd},
		{"on with a message", visitors(on, state{Message: "Moving."}), backSoon, []string{"Moving."}, nil},
		{"on with both", visitors(on, full), backSoon, []string{"Moving house. Back soon."}, window},
		{"read-only", visitors(readOnly, state{}), paused, []string{readOn}, nil},
		{"read-only with an end", visitors(readOnly, state{End: end}), paused, []string{readOn}, untilEnd},
		{"read-only with both", visitors(readOnly, full), paused, []string{"Moving house. Back soon.", readOn}, window},
		{"a window that is not in force", announced, backSoon, []string{tryLater}, nil},
		{"after a write", everything(), paused, []string{
			"What you sent was not saved. Please send it again later.", "See https://status.example.com/a?b=c&d.", readOn,
			"The service is back. Back to the form", "What you typed, to copy and keep:",
		}, []string{"Since 2026-11-22 14:00 CET (2026-11-22 13:00 UTC)", "Expected until 2026-11-22 15:30 CET (2026-11-22 14:30 UTC)", "Time left"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := render(t, templates.Page(), test.data)
			assert.Equal(t, test.heading, text(d.one(t, "h1")))
			assert.True(t, strings.HasPrefix(text(d.one(t, "title")), test.heading))
			said := func(elements []*html.Node) (all []string) {
				for _, n := range elements {
					all = append(all, text(n))
				}
				return all
			}
			assert.Equal(t, test.paragraphs, said(d.all("p")))
			var times []string
			for _, list := range d.all("dl") {
				times = append(times, said(within(list, "div"))...)
			}
			assert.Equal(t, test.times, times)
		})
	}
}

func TestPageNamesTheEndForMachines(t *testing.T) {
	d := render(t, templates.Page(), visitors(on, state{End: end}))
	assert.Equal(t, "2026-11-22T14:30:00Z", value(d.one(t, "time"), "datetime"))
	assert.Empty(t, render(t, templates.Page(), visitors(on, state{})).all("time"))
}

func TestPageGivesBackWhatWasTyped(t *testing.T) {
	d := render(t, templates.Page(), everything())
	var values []string
	for _, n := range d.all("textarea") {
		values = append(values, raw(n))
	}
	assert.Equal(t, []string{"\nTwo\nlines", "3"}, values)
}

// TestPageWithoutWhatAPolicyForbids: it carries neither, and comes back by itself all
// the same.
func TestPageWithoutWhatAPolicyForbids(t *testing.T) {
	plain := visitors(on, full)
	plain["maintenance_page"] = map[string]any{"unstyled": true, "unscripted": true, "pace": 60, "pace_plain": 120}
	d := render(t, templates.Page(), plain)
	assert.Empty(t, d.all("style", "script", "noscript"))
	assert.Equal(t, "120", value(only(t, d.with("http-equiv", "refresh")), "content"))
}

// TestTextsOfEachLanguage: each has all texts, fits the bound, and is laid out as it is
// written.
func TestTextsOfEachLanguage(t *testing.T) {
	all := templates.Texts()
	assert.GreaterOrEqual(t, len(all), 12)
	for language, texts := range all {
		t.Run(language, func(t *testing.T) {
			for name := range all["en"] {
				assert.NotEmpty(t, texts[name], name)
			}
			assert.Len(t, texts, len(all["en"]))
			for _, form := range []map[string]any{everything(), visitors(on, state{Message: strings.Repeat("m", 2048), End: end})} {
				page, _ := form["maintenance_page"].(map[string]any)
				form["maintenance_page"] = with(map[string]any{"lang": language, "text": texts, "pace": 60}, page)
				d := render(t, templates.Page(), form)
				assert.Less(t, len(d.source), 14<<10)
				assert.Equal(t, language+" "+texts["dir"], value(d.one(t, "html"), "lang")+" "+value(d.one(t, "html"), "dir"))
				if language != "en" {
					for _, english := range all["en"] {
						if len(english) > 3 {
							assert.NotContains(t, text(d.one(t, "body")), english)
						}
					}
				}
			}
		})
	}
	for _, rtl := range []string{"ar", "fa", "he"} {
		assert.Equal(t, "rtl", all[rtl]["dir"])
	}
	all["en"]["closed"] = "changed"
	assert.NotEqual(t, all, templates.Texts(), "the caller's own")
}

// TestTheEnglishOfThePage: without texts it says what the English ones do.
func TestTheEnglishOfThePage(t *testing.T) {
	bare := everything()
	own := everything()
	own["maintenance_page"].(map[string]any)["text"] = templates.Texts()["en"]
	assert.Equal(t, render(t, templates.Page(), own).source, render(t, templates.Page(), bare).source)
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
