package storetest

import (
	"fmt"
	"strconv"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// historyChecks: what maintenance.Historian adds.
var historyChecks = []check{
	{"history is empty before the first save", historyEmpty},
	{"history keeps what each save replaced", historyKeeps},
	{"history has nothing of a save that was refused", historyOfRefused},
	{"history keeps the last hundred", historyBounded},
	{"history of eight writers is complete", historyComplete},
}

// history returns the records of a store, the newest first.
func (p *probe) history(s maintenance.Store) []maintenance.Record {
	p.Helper()
	var records []maintenance.Record
	err := p.inTime("History", func() (err error) {
		ctx, cancel := p.bounded()
		defer cancel()
		records, err = s.(maintenance.Historian).History(ctx)
		return err
	})
	if err != nil {
		p.Fatalf("History: %v", err)
	}
	return records
}

func historyEmpty(p *probe) {
	if records := p.history(p.fresh()); len(records) > 0 {
		p.Errorf("History returned %d records", len(records))
	}
}

func historyKeeps(p *probe) {
	a, b := p.pair()
	var stored maintenance.State
	var want []maintenance.Record
	for round := range 4 {
		next := maintenance.State{}
		p.fill(&next, round, stateAssigned...)
		next.Revision = stored.Revision
		saved := p.save([]maintenance.Store{a, b}[round%2], next)
		want = append([]maintenance.Record{{Before: stored, After: saved}}, want...)
		stored = saved
	}
	p.sameHistory(p.history(a), want)
	p.sameHistory(p.history(b), want)
}

func (p *probe) sameHistory(got, want []maintenance.Record) {
	p.Helper()
	if len(got) != len(want) {
		p.Errorf("History returned %d records, want %d", len(got), len(want))
		return
	}
	for i := range got {
		p.same(fmt.Sprintf("record %d, before", i+1), got[i].Before, want[i].Before)
		p.same(fmt.Sprintf("record %d, after", i+1), got[i].After, want[i].After)
	}
}

func historyOfRefused(p *probe) {
	a, _ := p.pair()
	saved := p.save(a, maintenance.State{Level: maintenance.On})
	_, _ = p.trySave(a, maintenance.State{Level: maintenance.ReadOnly}) // over revision 0
	_, _ = p.trySave(a, maintenance.State{Level: maintenance.ReadOnly, Revision: saved.Revision + 1})
	p.sameHistory(p.history(a), []maintenance.Record{{After: saved}})
}

func historyBounded(p *probe) {
	s := p.fresh()
	var stored maintenance.State
	for i := range maintenance.MaxHistory + 3 {
		stored.Message = strconv.Itoa(i)
		stored = p.save(s, stored)
	}
	records := p.history(s)
	if len(records) != maintenance.MaxHistory {
		p.Errorf("History returned %d records, want %d", len(records), maintenance.MaxHistory)
		return
	}
	p.same("the newest record", records[0].After, stored)
	if last := records[len(records)-1]; last.After.Message != "3" {
		p.Errorf("the oldest record is of save %s, want 3", last.After.Message)
	}
}

// historyComplete has several writers save at once: each save has one record, which begins
// where the one before has ended.
func historyComplete(p *probe) {
	const each = 10
	name := newName()
	p.addUp(name, each)
	s := p.open(name)
	records := p.history(s)
	if len(records) != writers*each {
		p.Errorf("History returned %d records after %d saves", len(records), writers*each)
	}
	after := p.load(s)
	for i, r := range records {
		p.same(fmt.Sprintf("record %d, after", i+1), r.After, after)
		after = r.Before
	}
}
