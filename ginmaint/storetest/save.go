package storetest

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// saveChecks: who may replace the document, and with what.
var saveChecks = []check{
	{"revision grows by one", revisionGrows},
	{"new ID with each save", newID},
	{"conflict on another revision", conflict},
	{"state that is not valid refused", invalidRefused},
	{"no update of eight writers lost", noLostUpdate},
}

func revisionGrows(p *probe) {
	a, b := p.pair()
	var last maintenance.State
	for i, s := range []maintenance.Store{a, b, b, a, a} {
		saved := p.save(s, last)
		if saved.Revision != uint64(i+1) {
			p.Errorf("save %d returned the revision %d", i+1, saved.Revision)
		}
		if got := p.load(a).Revision; got != saved.Revision {
			p.Errorf("Save returned the revision %d, Load returned %d", saved.Revision, got)
		}
		last = saved
	}
}

func newID(p *probe) {
	a, b := p.pair()
	other := p.fresh()
	seen := map[string]string{"": "no ID at all", "mine": "the ID that it was given"}
	remember := func(who, id string) {
		if whose, ok := seen[id]; ok {
			p.Errorf("%s got %q: %s", who, id, whose)
		}
		seen[id] = "the ID of " + who
	}
	// The same content each time: an ID made from content would come again.
	state := maintenance.State{Level: maintenance.On, ID: "mine"}
	remember("another switch", p.save(other, state).ID)
	for i, s := range []maintenance.Store{a, b, a} {
		saved := p.save(s, state)
		remember("save "+strconv.Itoa(i+1), saved.ID)
		if got := p.load(b).ID; got != saved.ID {
			p.Errorf("save %d returned the ID %q, Load returned %q", i+1, saved.ID, got)
		}
		state.Revision = saved.Revision
	}
}

func conflict(p *probe) {
	a, b := p.pair()
	refuses := func(what string, revision uint64, stored maintenance.State) {
		p.Helper()
		_, err := p.trySave(b, maintenance.State{Level: maintenance.ReadOnly, Message: "late", Revision: revision})
		if !errors.Is(err, maintenance.ErrConflict) {
			p.Errorf("%s: Save returned %v, want ErrConflict", what, err)
		}
		p.same(what+": Load after the conflict", p.load(a), stored)
	}
	refuses("over a document where there is none", 1, maintenance.State{})
	first := p.save(a, maintenance.State{Level: maintenance.On})
	refuses("over nothing where there is a document", 0, first)
	refuses("over a later revision", 2, first)
	second := p.save(a, first)
	refuses("over an earlier revision", 1, second)
	refuses("over nothing where two were saved", 0, second)
	p.save(b, second) // and the present one still passes
}

func invalidRefused(p *probe) {
	now := time.Now()
	faulty := []struct {
		name  string
		state maintenance.State
	}{
		{"no such level", maintenance.State{Level: 99}},
		{"end before start", maintenance.State{Start: now, End: now.Add(-time.Second)}},
		{"year 10000", maintenance.State{End: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{"message too long", maintenance.State{Message: strings.Repeat("x", maintenance.MaxMessage+1)}},
		{"control character", maintenance.State{Message: "a\x00b"}},
		{"not UTF-8", maintenance.State{ChangedBy: "\xff"}},
	}
	a, b := p.pair()
	var stored maintenance.State
	for range 2 { // over nothing, then over a document
		for _, f := range faulty {
			f.state.Revision = stored.Revision
			if _, err := p.trySave(a, f.state); err == nil {
				p.Errorf("%s: Save returned no error", f.name)
			}
			p.same(f.name+": Load after the refusal", p.load(b), stored)
		}
		stored = p.save(a, maintenance.State{Level: maintenance.ReadOnly, Revision: p.load(a).Revision})
	}
}
