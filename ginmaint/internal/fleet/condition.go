package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Condition is what a list says of a replica. The later ones come last in it.
type Condition int

// The conditions.
const (
	Current Condition = iota // obeys the state
	Behind                   // does not yet
	Idle                     // has admitted nothing yet, so that no drain waits for it
	Silent                   // has not renewed its entry for longer than its lease
	Unknown                  // stands for replicas that a lost roster may have held
)

// ConditionOf judges a replica beside the present state, by the store's clock.
func ConditionOf(r maintenance.Replica, state maintenance.State) Condition {
	switch {
	case r.Unknown:
		return Unknown
	case r.Silent > r.Lease:
		return Silent
	case r.Idle:
		return Idle
	case r.Document == state.ID:
		return Current
	}
	return Behind
}

func (c Condition) String() string {
	return [...]string{"current", "behind", "idle", "silent", "unknown"}[c]
}

// Text says also for how long.
func (c Condition) Text(r maintenance.Replica) string {
	if c == Silent && !r.RenewedAt.IsZero() { // it is where the entry is damaged
		text := c.String() + " " + Roughly(r.Silent)
		if r.Idle {
			text += ", never served"
		}
		return text
	}
	return c.String()
}

// Heard tells whether a replica has renewed its entry as it should.
func Heard(r maintenance.Replica) bool { return ConditionOf(r, maintenance.State{}) < Silent }

// ByName sorts by name, with those last that no longer tell anything.
func ByName(replicas []maintenance.Replica) {
	slices.SortFunc(replicas, func(a, b maintenance.Replica) int {
		rank := func(r maintenance.Replica) Condition { return max(Idle, ConditionOf(r, maintenance.State{})) }
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
}

// Work is what a drain of everything would wait for there, and what waits for the end.
func Work(r maintenance.Replica) string {
	var parts []string
	if r.Reads+r.Writes > 0 {
		parts = append(parts, InFlight(r, maintenance.On))
	}
	if r.Held > 0 {
		parts = append(parts, fmt.Sprintf("%d held", r.Held))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// InFlight is the work of a replica that a level refuses.
func InFlight(r maintenance.Replica, l maintenance.Level) string {
	writes := Count(int(r.Writes), "write", "writes")
	if !l.Refuses(maintenance.Read) || r.Reads == 0 {
		return writes
	}
	reads := Count(int(r.Reads), "read", "reads")
	if r.Writes == 0 {
		return reads
	}
	return reads + " and " + writes
}
