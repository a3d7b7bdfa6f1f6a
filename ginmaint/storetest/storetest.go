package storetest

import (
	"slices"
	"testing"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Harness is how the suite reaches the store that it checks.
type Harness struct {
	// Open returns a new Store value on the switch with this name. Within one
	// run of the test binary, values opened under the same name see the same
	// document, and those under different names nothing of each other. The
	// suite uses names that it has not used before, of 16 lower-case letters
	// and digits. What Open starts it stops in t.Cleanup, and where it fails
	// it calls t.Fatal. Required.
	Open func(t *testing.T, name string) maintenance.Store

	// Interrupt breaks every connection of the stores opened so far, and keeps
	// what they stored. New connections may be refused for a moment afterwards,
	// for less than ten seconds. nil: the engine has no connections, and the
	// checks that need them are left out.
	Interrupt func(t *testing.T)
}

// Run checks the store that h opens, each rule of the contract in a subtest of
// its own. It checks Restorer, Historian and Roster where the Store has
// their methods.
func Run(t *testing.T, h Harness) {
	t.Helper()
	for _, c := range checksFor(h.Open(t, newName()), h.Interrupt != nil) {
		t.Run(c.name, func(t *testing.T) {
			p := &probe{
				tester:   t,
				open:     func(name string) maintenance.Store { return h.Open(t, name) },
				patience: patience,
			}
			if h.Interrupt != nil {
				p.interrupt = func() { h.Interrupt(t) }
			}
			c.run(p)
		})
	}
}

// rosterChecks: what maintenance.Roster adds.
var rosterChecks = []check{
	{"roster is empty before the first join", rosterEmpty},
	{"roster lists who joined until they are removed", rosterLists},
	{"roster keeps every field", rosterKeeps},
	{"roster is sorted by ID", rosterSorted},
	{"joining again replaces", joinAgain},
	{"renew returns the document", renewReturns},
	{"renew never creates", renewNeverCreates},
	{"renew is refused once removed", renewRemoved},
	{"renew under another incarnation is refused", renewElsewhere},
	{"removing who is not listed", removeUnlisted},
	{"removing who has renewed since", removeUnrenewed},
	{"two rosters side by side", rostersSideBySide},
	{"fifty replicas renew at once", fifty},
	{"document and roster in one snapshot", oneSnapshot},
}

// checksFor returns the checks that this store must pass.
func checksFor(store maintenance.Store, interrupts bool) []check {
	_, restores := store.(maintenance.Restorer)
	_, lists := store.(maintenance.Roster)
	checks := slices.Concat(documentChecks, saveChecks, contextChecks, watchChecks)
	if interrupts {
		checks = append(checks, interruptChecks...)
	}
	if restores {
		checks = append(checks, restoreChecks...)
	}
	if _, ok := store.(maintenance.Historian); ok {
		checks = append(checks, historyChecks...)
	}
	if lists {
		checks = slices.Concat(checks, rosterChecks, wakeChecks)
		if interrupts {
			checks = append(checks, rosterInterruptChecks...)
		}
	}
	return append(checks, besideChecks...)
}
