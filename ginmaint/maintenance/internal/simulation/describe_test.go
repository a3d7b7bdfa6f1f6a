package simulation

import (
	"fmt"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (w *world) describeQuestion(q question) string {
	switch q.verb {
	case "save", "restore":
		return fmt.Sprintf("%s %s", q.verb, w.describeState(q.state))
	case "join", "renew":
		return fmt.Sprintf("%s: %s", q.verb, describeEntry(q.replica))
	case "remove unrenewed":
		return fmt.Sprintf("remove %s unless renewed since %d", q.replica.ID, q.replica.Renewals)
	case "remove":
		return "remove " + q.id
	}
	return q.verb
}

func (s *server) describe(verb string, a answer) string {
	if a.err != nil {
		return outcome(a.err)
	}
	switch verb {
	case "load", "renew", "save", "restore":
		return s.world.describeState(a.state)
	case "list":
		var b strings.Builder
		fmt.Fprintf(&b, "%s, %s, %v old", s.world.describeState(a.listing.State), a.listing.Incarnation, a.listing.Age)
		for _, r := range a.listing.Replicas {
			b.WriteString("; " + describeEntry(r))
		}
		return b.String()
	}
	return "done"
}

func (w *world) describeState(s maintenance.State) string {
	if s.Revision == 0 && s.ID == "" {
		return fmt.Sprintf("%s over nothing", s.Level)
	}
	name := s.ID
	if !w.oracle.knows(name) {
		name = "a new document"
	}
	text := fmt.Sprintf("%s (%s, revision %d", name, s.Level, s.Revision)
	if !s.Start.IsZero() {
		text += fmt.Sprintf(", from %v", s.Start.Sub(w.start))
	}
	if !s.End.IsZero() {
		text += fmt.Sprintf(", until %v", s.End.Sub(w.start))
	}
	return text + ")"
}

func describeEntry(r maintenance.Replica) string {
	if r.Idle {
		return fmt.Sprintf("%s (%s) knows %q at %s, renewal %d", r.ID, r.Incarnation, r.Document, r.Level, r.Renewals)
	}
	return fmt.Sprintf("%s (%s) obeys %q at %s, %d reads, %d writes, renewal %d", r.ID, r.Incarnation, r.Document, r.Level, r.Reads, r.Writes, r.Renewals)
}
