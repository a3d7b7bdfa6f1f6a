package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// documentChecks: what is saved comes back, all of it and nothing else.
var documentChecks = []check{
	{"zero state before the first save", zeroState},
	{"every field kept", everyField},
	{"every level kept", everyLevel},
	{"times in UTC, whole to the microsecond", times},
	{"long and odd texts kept", texts},
	{"unknown members kept", unknownMembers},
}

func zeroState(p *probe) {
	s := p.fresh()
	for range 2 { // a load must not make what it did not find
		if state := p.load(s); state != (maintenance.State{}) {
			p.Errorf("Load before any save: got %s, want the zero State", brief(state))
		}
	}
}

func everyField(p *probe) {
	writer, reader := p.pair()
	var last maintenance.State
	for round := range 2 {
		var state maintenance.State
		p.fill(&state, round, stateAssigned...)
		state.Revision = last.Revision
		saved := p.save(writer, state)
		state.Revision, state.ID = saved.Revision, saved.ID
		p.same("what Save returned", saved, state)
		p.holds(reader, state)
		last = saved
	}
	plain := maintenance.State{Level: maintenance.ReadOnly, Revision: last.Revision}
	plain = p.save(writer, plain)
	p.holds(reader, maintenance.State{Level: maintenance.ReadOnly, Revision: plain.Revision, ID: plain.ID})
}

func everyLevel(p *probe) {
	writer, reader := p.pair()
	var last maintenance.State
	for _, level := range []maintenance.Level{maintenance.Off, maintenance.ReadOnly, maintenance.On, maintenance.Off} {
		last = p.save(writer, maintenance.State{Level: level, Revision: last.Revision})
		if got := p.load(reader).Level; got != level {
			p.Errorf("saved %v, loaded %v", level, got)
		}
	}
}

func times(p *probe) {
	east := time.FixedZone("east", 14*3600)
	for _, t := range []struct {
		name       string
		start, end time.Time
	}{
		{"another zone", time.Date(2031, 1, 1, 3, 0, 0, 1000, east), time.Date(2031, 1, 1, 3, 0, 0, 2000, east)},
		{"nanoseconds cut", time.Date(2031, 1, 1, 0, 0, 0, 1999, time.UTC), time.Date(2031, 1, 1, 0, 0, 0, 999999999, time.UTC)},
		{"first and last", time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)},
		{"only a start", time.Now(), time.Time{}},
		{"only an end", time.Time{}, time.Now()},
	} {
		writer, reader := p.pair()
		saved := p.save(writer, maintenance.State{Level: maintenance.On, Start: t.start, End: t.end})
		want := maintenance.State{
			Level: maintenance.On, Revision: saved.Revision, ID: saved.ID,
			Start: t.start.Truncate(time.Microsecond), End: t.end.Truncate(time.Microsecond),
		}
		p.same(t.name+": what Save returned", saved, want)
		p.same(t.name+": Load", p.load(reader), want)
	}
}

func texts(p *probe) {
	for _, t := range []struct{ name, text string }{
		{"quotes", strings.Repeat(`"\'`+"`", maintenance.MaxMessage/4)},
		{"multi-byte", strings.Repeat("€", maintenance.MaxMessage/3)},
		{"four bytes each", strings.Repeat("🚧", maintenance.MaxMessage/4)},
		{"blanks at the ends", "\n\t text \t\n"},
		{"markup", "<script>alert('&amp;')</script>"},
		{"placeholders", "$1 ? :name %s {0} {{.}} \\u0041 \\n"},
		{"separators", "a\u2028b\u2029c\ufeffd\ufffde"},
		{"blank", " "},
	} {
		writer, reader := p.pair()
		saved := p.save(writer, maintenance.State{Level: maintenance.On, Message: t.text})
		if saved.Message != t.text {
			p.Errorf("%s: Save returned %s", t.name, brief(saved.Message))
		}
		if got := p.load(reader).Message; got != t.text {
			p.Errorf("%s: Load returned %s, want %s", t.name, brief(got), brief(t.text))
		}
	}
}

// newer is a document of a later release, or of a person: with members of every
// JSON type, and one longer than a PostgreSQL notification carries.
var newer = fmt.Sprintf(`{
	"level": "read-only",
	"message": "as usual",
	"work": [{"id": "A", "level": "on", "before": {"level": "off"}, "by": "påul", "since": "2026-11-22T12:00:00.123456Z", "order": "0"}],
	"passes": [{"name": "påss", "sha256": "%[2]s", "path": "/shop", "until": "2026-11-23T12:00:00.123456Z", "stays": true, "since": "2026-11-22T12:00:00Z"}],
	"Level": "a member of its own, as names are exact",
	"team": "påyments \"A\"",
	"tickets": [12345678901234567890, 0.30, true, []],
	"steps": {"b": null, "a": {"": false, "a": {}}},
	"log": %[1]q
}`, strings.Repeat("x", 9000), strings.Repeat("0", 64))

func unknownMembers(p *probe) {
	writer, reader := p.pair()
	var state maintenance.State
	if err := state.UnmarshalJSON([]byte(newer)); err != nil {
		p.Fatalf("the suite's own document can't be read: %v", err)
	}
	saved := p.save(writer, state)
	state.Revision, state.ID = saved.Revision, saved.ID
	p.same("what Save returned", saved, state)
	p.holds(reader, state)

	again := p.load(reader)
	again.Level = maintenance.On
	saved = p.save(reader, again)
	state.Level, state.Revision, state.ID = maintenance.On, saved.Revision, saved.ID
	p.holds(writer, state)
}
