package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// replicas returns the list in the order in which it is shown, in JSON never null.
func (s *session) replicas(ctx context.Context) ([]maintenance.Replica, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	listed, err := s.mode.Replicas(ctx)
	replicas := append([]maintenance.Replica{}, listed...)
	byName(replicas)
	return replicas, s.unanswered(ctx, err)
}

// table is the list for people, line by line: what matters first, and the ID, which a
// narrow terminal may cut off, last.
func table(replicas []maintenance.Replica, state maintenance.State) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATE\tLEVEL\tIN FLIGHT\tID")
	short := shortest(replicas)
	var unlisted []string // what is to be said of those that have no entry
	for _, r := range replicas {
		name := clipped(line(r.Name))
		switch {
		case r.Unlisted:
			name, unlisted = "not listed", append(unlisted, "not listed: "+line(r.Name))
		case name == "":
			name = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", name, conditionOf(r, state).text(r), r.Level, work(r), short(r.ID))
	}
	_ = w.Flush() // a strings.Builder takes everything
	return append(strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"), unlisted...)
}

// underWay is what the list says below of the work that a drain waits for, by replica.
func underWay(replicas []maintenance.Replica) (lines []string) {
	for _, r := range replicas {
		for _, running := range r.Running {
			lines = append(lines, fmt.Sprintf("%s: %s", clipped(line(cmp.Or(r.Name, r.ID))), line(running.String())))
		}
	}
	return lines
}

// naming tells the work that runs there longest, without what changes at every look.
func naming(r maintenance.Replica) string {
	if len(r.Running) == 0 {
		return ""
	}
	return ": " + line(r.Running[0].Work)
}

// clipped leaves out the middle of a name that would move the other columns off a
// narrow terminal: the end may tell two processes of a host apart.
func clipped(name string) string {
	const most = 22
	runes := []rune(name)
	if len(runes) <= most {
		return name
	}
	return string(runes[:most/2]) + "…" + string(runes[len(runes)-most/2+1:])
}

// leastShort is how many characters of an ID are shown and taken at least.
const leastShort = 4

// shortest returns how to write the IDs of these as short as they stay apart.
func shortest(replicas []maintenance.Replica) func(id string) string {
	short := func(id string, n int) string { return id[:min(n, len(id))] }
	n := leastShort
	for _, a := range replicas {
		for _, b := range replicas {
			for a.ID != b.ID && short(a.ID, n) == short(b.ID, n) && n < max(len(a.ID), len(b.ID)) {
				n++
			}
		}
	}
	return func(id string) string { return line(short(id, n)) }
}

// condition is what a list says of a replica. The later ones come last in it.
type condition int

const (
	current condition = iota // obeys the state
	behind                   // does not yet
	silent                   // has not renewed its entry for longer than its lease
	unknown                  // stands for replicas that a lost roster may have held
)

// conditionOf judges a replica beside the present state, by the store's clock.
func conditionOf(r maintenance.Replica, state maintenance.State) condition {
	switch {
	case r.Unknown:
		return unknown
	case r.Silent > r.Lease:
		return silent
	case r.Document == state.ID:
		return current
	}
	return behind
}

func (c condition) String() string {
	return [...]string{"current", "behind", "silent", "unknown"}[c]
}

// text says also for how long.
func (c condition) text(r maintenance.Replica) string {
	if c == silent && !r.RenewedAt.IsZero() { // it is where the entry is damaged
		return c.String() + " " + roughly(r.Silent)
	}
	return c.String()
}

// heard tells whether a replica has renewed its entry as it should.
func heard(r maintenance.Replica) bool { return conditionOf(r, maintenance.State{}) < silent }

// byName sorts by name, with those last that no longer tell anything.
func byName(replicas []maintenance.Replica) {
	slices.SortFunc(replicas, func(a, b maintenance.Replica) int {
		rank := func(r maintenance.Replica) condition { return max(behind, conditionOf(r, maintenance.State{})) }
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
}

// work is what a drain of everything would wait for there, and what waits for the end.
func work(r maintenance.Replica) string {
	var parts []string
	if r.Reads+r.Writes > 0 {
		parts = append(parts, inFlight(r, maintenance.On))
	}
	if r.Held > 0 {
		parts = append(parts, fmt.Sprintf("%d held", r.Held))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// roughly writes a length of time in its largest unit, as a list shows it.
func roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
