package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// replicas returns the list in the order in which it is shown, in JSON never null.
func (s *session) replicas(ctx context.Context) ([]maintenance.Replica, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	listed, err := s.mode.Replicas(ctx)
	replicas := append([]maintenance.Replica{}, listed...)
	fleet.ByName(replicas)
	return replicas, s.unanswered(ctx, err)
}

// table is the list for people, line by line: what matters first, and the ID, which a
// narrow terminal may cut off, last.
func table(replicas []maintenance.Replica, state maintenance.State) []string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATE\tLEVEL\tIN FLIGHT\tID")
	short := fleet.Shortest(replicas, leastShort)
	var unlisted []string // what is to be said of those that have no entry
	for _, r := range replicas {
		name := clipped(line(r.Name))
		switch {
		case r.Unlisted:
			name, unlisted = "not listed", append(unlisted, "not listed: "+line(r.Name))
		case name == "":
			name = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", name, fleet.ConditionOf(r, state).Text(r), r.Level, fleet.Work(r), short(r.ID))
	}
	_ = w.Flush() // a strings.Builder takes everything
	return append(strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n"), unlisted...)
}

// underWay is what the list says below of the work that a drain waits for, by replica.
func underWay(replicas []maintenance.Replica) (lines []string) {
	for _, r := range replicas {
		for _, running := range r.Running {
			lines = append(lines, about(r, running.String()))
		}
	}
	return append(lines, byForce(replicas)...)
}

// byForce is what replicas have ended by force.
func byForce(replicas []maintenance.Replica) (lines []string) {
	for _, r := range replicas {
		for _, ended := range r.Ended {
			lines = append(lines, about(r, "ended by force: "+ended.String()))
		}
	}
	return lines
}

func about(r maintenance.Replica, text string) string {
	return fmt.Sprintf("%s: %s", clipped(line(cmp.Or(r.Name, r.ID))), line(text))
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
