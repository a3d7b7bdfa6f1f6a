package storetest

import (
	"slices"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func rosterEmpty(p *probe) {
	a, b := p.rosters()
	for range 2 { // a look must not make what it did not find
		snapshot := p.snapshot(a)
		if len(snapshot.Replicas) != 0 || snapshot.Age != 0 || snapshot.State != (maintenance.State{}) {
			p.Errorf("Replicas before any join: got %s, want nothing", brief(snapshot))
		}
	}
	p.lists(b)
}

func rosterLists(p *probe) {
	a, b := p.rosters()
	first := p.join(a, newReplica())
	p.lists(b, first) // before anything else happens: Join has committed it
	second := p.join(b, newReplica())
	p.lists(a, sorted(first, second)...)
	if first.Incarnation != second.Incarnation {
		p.Errorf("two joins returned the incarnations %q and %q", first.Incarnation, second.Incarnation)
	}
	if age := p.snapshot(a).Age; age < 0 {
		p.Errorf("the roster is %v old", age)
	}
	p.remove(a, first.ID)
	p.lists(b, second)
	p.remove(a, second.ID) // by another than it joined through: somebody forgets it
	p.lists(b)
}

func rosterKeeps(p *probe) {
	a, b := p.rosters()
	replica := newReplica()
	p.fill(&replica, 0, append(replicaAssigned, "ID")...)
	joined := p.join(a, replica)
	for _, fault := range differences(joined, replica, replicaAssigned...) {
		p.Errorf("what Join returned: %s", fault)
	}
	p.lists(b, replica)
	p.fill(&joined, 1, append(replicaAssigned, "ID")...)
	p.renew(a, joined)
	p.lists(b, joined)
	plain := maintenance.Replica{ID: replica.ID, Incarnation: joined.Incarnation}
	p.renew(a, plain)
	p.lists(b, plain)
}

func rosterSorted(p *probe) {
	a, b := p.rosters()
	var all []maintenance.Replica
	for range 12 {
		all = append(all, p.join(a, newReplica()))
	}
	p.lists(b, sorted(all...)...)
}

func joinAgain(p *probe) {
	a, b := p.rosters()
	first := p.join(a, newReplica())
	first.Name, first.Renewals = "again", 7
	second := p.join(a, first)
	p.lists(b, first)
	if second.Incarnation != first.Incarnation {
		p.Errorf("joining again changed the incarnation from %q to %q", first.Incarnation, second.Incarnation)
	}
	p.remove(b, first.ID)
	p.join(a, first) // forgotten, and back: the roster itself was not lost
	p.lists(b, first)
	p.renew(a, first)
}

func renewReturns(p *probe) {
	a, b := p.pair()
	roster := a.(maintenance.Roster)
	joined := p.join(roster, newReplica())
	p.same("Renew before any save", p.renew(roster, joined), maintenance.State{})
	var last maintenance.State
	for round := range 2 {
		var state maintenance.State
		if err := state.UnmarshalJSON([]byte(newer)); err != nil {
			p.Fatalf("the suite's own document can't be read: %v", err)
		}
		p.fill(&state, round, stateAssigned...)
		state.Revision = last.Revision
		last = p.save(b, state)
		joined.Renewals++
		p.same("what Renew returned", p.renew(roster, joined), last)
		p.same("the document of Replicas", p.snapshot(roster).State, last)
	}
}

func renewNeverCreates(p *probe) {
	a, b := p.rosters()
	stranger := newReplica()
	_, err := p.tryRenew(a, stranger)
	p.refused("Renew where nobody ever joined", err)
	p.lists(b)

	joined := p.join(a, newReplica())
	stranger.Incarnation = joined.Incarnation
	_, err = p.tryRenew(a, stranger)
	p.refused("Renew of who did not join", err)
	p.lists(b, joined)
}

func renewRemoved(p *probe) {
	a, b := p.rosters()
	stays, goes := p.join(a, newReplica()), p.join(a, newReplica())
	p.remove(b, goes.ID)
	_, err := p.tryRenew(a, goes)
	p.refused("Renew after Remove", err)
	p.lists(b, stays)
	p.remove(b, stays.ID)
	_, err = p.tryRenew(a, stays)
	p.refused("Renew after Remove of the last one", err)
	p.lists(b)
}

func renewElsewhere(p *probe) {
	a, b := p.rosters()
	joined := p.join(a, newReplica())
	for _, incarnation := range []string{"", "another", joined.Incarnation + "x", strings.Repeat("x", 300)} {
		report := joined
		report.Incarnation, report.Renewals = incarnation, joined.Renewals+1
		_, err := p.tryRenew(a, report)
		p.refused("Renew to the incarnation "+brief(incarnation), err)
	}
	p.lists(b, joined)
}

func removeUnlisted(p *probe) {
	a, b := p.rosters()
	p.refused("Remove where nobody ever joined", p.tryRemove(a, newReplica().ID))
	joined := p.join(a, newReplica())
	p.refused("Remove of who did not join", p.tryRemove(b, newReplica().ID))
	p.lists(b, joined)
	p.remove(b, joined.ID)
	p.refused("Remove once more", p.tryRemove(b, joined.ID))
}

func removeUnrenewed(p *probe) {
	a, b := p.rosters()
	replica := newReplica()
	replica.Name = `"renewals":7,`
	p.refused("RemoveUnrenewed where nobody ever joined", p.tryRemoveUnrenewed(a, replica))
	joined := p.join(a, replica)
	seen := joined
	joined.Renewals++
	p.renew(a, joined)
	p.refused("RemoveUnrenewed of who has renewed since", p.tryRemoveUnrenewed(b, seen))
	p.lists(b, joined)
	seen = joined
	for what, edit := range map[string]func(*maintenance.Replica){
		"another ID":           func(r *maintenance.Replica) { r.ID = newReplica().ID },
		"other renewals":       func(r *maintenance.Replica) { r.Renewals = 7 },
		"another incarnation":  func(r *maintenance.Replica) { r.Incarnation += "x" },
		"no incarnation":       func(r *maintenance.Replica) { r.Incarnation = "" },
		"ten times the number": func(r *maintenance.Replica) { r.Renewals *= 10 },
	} {
		other := seen
		edit(&other)
		p.refused("RemoveUnrenewed with "+what, p.tryRemoveUnrenewed(b, other))
	}
	p.lists(b, joined)
	if err := p.tryRemoveUnrenewed(b, seen); err != nil {
		p.Errorf("RemoveUnrenewed of the entry as it is: %v", err)
	}
	p.lists(b)
	_, err := p.tryRenew(a, joined)
	p.refused("Renew after RemoveUnrenewed", err)
	p.refused("RemoveUnrenewed once more", p.tryRemoveUnrenewed(b, seen))
}

func sorted(replicas ...maintenance.Replica) []maintenance.Replica {
	return slices.SortedFunc(slices.Values(replicas), func(a, b maintenance.Replica) int {
		return strings.Compare(a.ID, b.ID)
	})
}
