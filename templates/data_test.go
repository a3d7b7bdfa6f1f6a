package templates_test

import (
	"html/template"
	"testing"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// level and state have the shape of what the middleware hands over: a number
// with a text form, and a struct with more fields than the pages use.
type level uint8

const (
	off level = iota
	readOnly
	on
)

func (l level) String() string { return [...]string{"off", "read-only", "on"}[l] }

type state struct {
	Level      level
	Start, End time.Time
	Message    string
	Reason     string
	Hold       time.Duration
	ChangedBy  string
	ChangedAt  time.Time
	Revision   uint64
	ID         string
}

// A zone so far from UTC that a time shown as it came has another date.
var (
	zone    = time.FixedZone("UTC+11", 11*3600)
	start   = time.Date(2026, 11, 23, 0, 0, 0, 0, zone)
	end     = time.Date(2026, 11, 23, 1, 30, 0, 0, zone)
	changed = time.Date(2026, 11, 22, 23, 59, 7, 0, zone)
)

const hostile = `"'></textarea></title></style><script>alert(1)</script><img src=x onerror=alert(2)>{{ .state }}`

var (
	full = state{
		Level: on, Start: start, End: end, Message: "Moving house.\nBack soon.", Reason: "new database",
		ChangedBy: "maria", ChangedAt: changed, Hold: 15 * time.Second, Revision: 41, ID: "x",
	}
	attacked = state{Level: on, Message: hostile, Reason: hostile, ChangedBy: hostile, ChangedAt: changed, Revision: 41}
	urls     = map[string]any{"on_url": "/m/on/", "off_url": "/m/off/", "status_url": "/m/"}
)

// panelData returns the entries of every panel, and these.
func panelData(inForce string, s state, more ...string) map[string]any {
	data := map[string]any{"level": inForce, "state": s, "standing": s.Level != off, "fields": map[string]string{"level": "on"}}
	if s.Level != off {
		data["fields"] = map[string]string{
			"level": s.Level.String(), "start": picked(s.Start), "end": picked(s.End), "message": s.Message, "reason": s.Reason,
		}
		if s.Hold > 0 {
			data["fields"].(map[string]string)["hold"] = s.Hold.String()
		}
	}
	for name, v := range urls {
		data[name] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		data[more[i]] = more[i+1]
	}
	return data
}

// picked is a time as a browser's field for it has it.
func picked(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04")
}

// asking adds what a question is given.
func asking(data map[string]any, hidden ...[2]string) map[string]any {
	fields := []struct{ Name, Value string }{}
	for _, h := range hidden {
		fields = append(fields, struct{ Name, Value string }{h[0], h[1]})
	}
	data["form"] = "ask"
	data["question"] = map[string]any{
		"title": "Close the service now?", "sentence": "The service is closed from now on, until somebody changes that.",
		"dropped": []string{"the hold of 15s"}, "button": "Close now", "now": "on", "fields": fields,
	}
	return data
}

// with adds entries to the data of a page.
func with(data map[string]any, more map[string]any) map[string]any {
	for name, v := range more {
		data[name] = v
	}
	return data
}

// worker is somebody at work, as the panel is given it.
type worker struct {
	By, Reason string
	Since      time.Time
}

// field and word are as the page is given them.
type field struct {
	Name, Value string
	Rows        int
}

type word struct{ Text, URL string }

// everything is the data of the page after a form was refused.
func everything() map[string]any {
	return with(visitors(readOnly, full), map[string]any{"maintenance_page": map[string]any{
		"service": "The Tea Shop", "login_url": "/login", "link": map[string]any{"url": "mailto:help@example.com", "label": "help@example.com"},
		"sent": true, "pace": 60, "pace_plain": 120, "zone": time.FixedZone("CET", 3600),
		"fields": []field{{"note", "\nTwo\nlines", 2}, {"amount", "3", 1}},
		"words":  []word{{"See ", ""}, {"https://status.example.com/a?b=c&d", "https://status.example.com/a?b=c&d"}, {".", ""}},
	}})
}

func visitors(l level, s state) map[string]any {
	s.Level = l
	return map[string]any{"maintenance_mode": true, "maintenance": s}
}

type named struct {
	name string
	page *template.Template
	data any
}

// withFleet adds what the panel is given of the replicas and of a drain; name is that of
// one, and stands in each text.
func withFleet(data map[string]any, name string) map[string]any {
	works := []string{"POST /orders " + name}
	return with(data, map[string]any{
		"drain_url": "/m/drain/", "preview_url": "/m/preview/", "events_url": "/m/events/", "replicas_url": "/m/replicas/",
		"style_url": "/m/panel.css", "script_url": "/m/panel.js", "home_url": "/m/../",
		"roll": map[string]any{"Summary": "2 replicas follow this state.", "Replicas": []map[string]any{
			{"Label": name, "Condition": "current", "Says": "current", "Level": "on", "InFlight": "1 write", "ID": "ABCDEFGHIJ", "Works": works},
			{"Label": name, "Condition": "silent", "Says": "silent 3m " + name, "Level": name, "InFlight": "-", "ID": name, "Works": nil},
		}},
		"drain": map[string]any{"Running": false, "Stands": false, "Says": "Not drained. " + name, "Commands": []string{"ginmaint " + name},
			"Rows": []map[string]any{{"Name": name, "Status": "busy", "Detail": name, "Done": false, "Works": works, "Ended": works}}},
		"drain_fields": map[string]string{"timeout": "5m", "expect": name, "allow_lost": name},
		"passes_url":   "/m/passes/",
		"passes": []map[string]any{
			{"Name": name, "Until": "Thu, 26 Nov 2026, 14:00:00 UTC, stays", "Opens": "/shop " + name, "By": name, "Valid": true},
			{"Name": name, "Until": "revoked by " + name, "Opens": "the whole service", "By": name, "Valid": false},
		},
		"pass_fields": map[string]string{"name": name, "for": "4h", "path": name, "stays": "yes"},
		"history":     []map[string]any{{"When": "Thu, 26 Nov 2026, 14:00:00 UTC", "What": "off → on, by " + name}},
	})
}

// issuedPass is the data of the page with a link.
func issuedPass(text string) map[string]any {
	return with(panelData("on", full, "form", "pass", "script_url", "/m/panel.js", "style_url", "/m/panel.css"), map[string]any{
		"pass": map[string]any{"name": text, "link": text, "opens": text, "until": text, "stays": true},
	})
}

// everyPage is each page in each of its forms.
func everyPage() []named {
	page, panel := templates.Page(), templates.Panel()
	var noEntries map[string]any
	return []named{
		{"page, no data", page, nil},
		{"page, nil map", page, noEntries},
		{"page, empty map", page, map[string]any{}},
		{"page, only the application's data", page, map[string]any{"maintenance_mode": true, "shop": "Tea"}},
		{"page, on", page, visitors(on, full)},
		{"page, on without details", page, visitors(on, state{})},
		{"page, read-only", page, visitors(readOnly, full)},
		{"page, read-only without details", page, visitors(readOnly, state{})},
		{"page, state by pointer", page, map[string]any{"maintenance_mode": true, "maintenance": &full}},
		{"page, hostile", page, visitors(on, attacked)},
		{"page, all that it may show", page, everything()},
		{"page, hostile, all that it may show", page, with(visitors(on, attacked), map[string]any{"maintenance_page": map[string]any{
			"service": hostile, "login_url": "javascript:alert(1)", "link": map[string]any{"url": "javascript:alert(1)", "label": hostile},
			"sent": true, "pace": hostile, "fields": []field{{hostile, hostile, 1}}, "words": []word{{hostile, ""}, {hostile, "javascript:alert(1)"}},
		}})},
		{"panel, no data", panel, nil},
		{"panel, nil map", panel, noEntries},
		{"panel, empty map", panel, map[string]any{}},
		{"panel, never switched", panel, panelData("off", state{})},
		{"panel, off", panel, panelData("off", state{Level: off, ChangedAt: changed, Revision: 7})},
		{"panel, on", panel, panelData("on", full)},
		{"panel, read-only", panel, panelData("read-only", state{Level: readOnly, Revision: 3})},
		{"panel, window not open", panel, panelData("off", full)},
		{"panel, asks", panel, asking(panelData("on", full), [2]string{"level", "on"})},
		{"panel, asks without details", panel, panelData("on", full, "form", "ask")},
		{"panel, asks under somebody's work", panel, asking(with(panelData("on", full), map[string]any{"working": []worker{{"grace", "migrate", changed}}}))},
		{"panel, under somebody's work", panel, with(panelData("on", full), map[string]any{"working": []worker{{"grace", "migrate", changed}, {"", "", changed}}})},
		{"panel, fixed", panel, with(panelData("on", full), map[string]any{"fixed": true})},
		{"panel, the store away", panel, with(panelData("on", full), map[string]any{"away": map[string]any{"confirmed": changed, "age": "3m12s"}})},
		{"panel, the store never there", panel, with(panelData("on", state{}), map[string]any{"lapsed": true, "away": map[string]any{"confirmed": time.Time{}}})},
		{"panel, typed beside stored", panel, with(panelData("on", full, "error", "no"), map[string]any{"stored": map[string]string{
			"level": "read-only", "start": "nothing", "end": "nothing", "hold": "1s", "message": hostile, "reason": "nothing",
		}})},
		{"panel, denied", panel, map[string]any{"form": "denied", "denied": "Only a superuser.", "login_url": "/login"}},
		{"panel, denied without details", panel, map[string]any{"form": "denied"}},
		{"panel, denied, hostile", panel, map[string]any{"form": "denied", "denied": hostile, "login_url": "javascript:alert(1)"}},
		{"panel, error", panel, panelData("on", full, "error", "no")},
		{"panel, the fleet", panel, withFleet(panelData("on", full), "web-1")},
		{"panel, the fleet is hostile", panel, withFleet(panelData("on", attacked, "error", hostile), hostile)},
		{"panel, no list, no drain", panel, with(withFleet(panelData("on", full), ""), map[string]any{"roll": nil, "drain": nil, "history": nil})},
		{"panel, a pass", panel, issuedPass("https://shop.example/?maintenance-pass=ABC")},
		{"panel, a pass is hostile", panel, issuedPass(hostile)},
		{"panel, a pass without details", panel, panelData("on", full, "form", "pass")},
		{"panel, hostile", panel, panelData("on", attacked, "error", hostile)},
		{"panel, hostile question", panel, asking(panelData(hostile, attacked, "error", hostile, "status_url", "javascript:alert(1)"), [2]string{hostile, hostile})},
		{"panel, hostile addresses", panel, panelData("on", full, "on_url", "javascript:alert(1)", "off_url", hostile)},
	}
}

func eachPage(t *testing.T, check func(t *testing.T, d document)) {
	for _, p := range everyPage() {
		t.Run(p.name, func(t *testing.T) { check(t, render(t, p.page, p.data)) })
	}
}
