package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// table is the list for people.
func table(replicas []maintenance.Replica, document maintenance.State) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tLEVEL\tSTATE\tIN FLIGHT\tREPORTED")
	for _, r := range replicas {
		name := line(r.Name)
		if name == "" {
			name = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", line(r.ID), name, r.Level, follows(r, document), flight(r), reported(r))
	}
	_ = w.Flush() // a strings.Builder takes everything
	return strings.TrimSuffix(b.String(), "\n")
}

// follows tells whether a replica has taken over the document.
func follows(r maintenance.Replica, document maintenance.State) string {
	switch {
	case r.Unknown:
		return "lost with the roster"
	case r.Document == document.ID:
		return "current"
	}
	return "behind"
}

func reported(r maintenance.Replica) string {
	if r.RenewedAt.IsZero() {
		return "-"
	}
	return r.RenewedAt.Local().Format("2006-01-02 15:04:05")
}

// flight is the work from before the present level.
func flight(r maintenance.Replica) string {
	if r.Reads == 0 && r.Writes == 0 {
		return "-"
	}
	return inFlight(r, maintenance.On)
}

// watchReplicas shows the list again and again.
func (s *session) watchReplicas(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var last []string
	for first := true; ; first = false {
		replicas, err := s.replicas(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		last = s.changes(replicas, last, first)
		if s.fault != nil {
			return nil // end says so
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// changes shows a list where it differs from the one before, and returns it in
// the form in which it is compared: without what changes with every heartbeat.
func (s *session) changes(replicas []maintenance.Replica, last []string, first bool) []string {
	present := make([]string, 0, len(replicas))
	for _, r := range replicas {
		present = append(present, entry(r, s.mode.State()))
	}
	switch {
	case s.json:
		if first || !slices.Equal(present, last) {
			s.print(append([]maintenance.Replica{}, replicas...))
		}
	case s.quiet:
	case s.live && terminal(s.out):
		if hidden := len(replicas) - mostRows; hidden > 0 {
			s.draw(append(strings.Split(table(replicas[:mostRows], s.mode.State()), "\n"), fmt.Sprintf("… and %d more", hidden)))
		} else {
			s.draw(strings.Split(table(replicas, s.mode.State()), "\n"))
		}
	default:
		s.tellChanges(present, last)
		if first && len(present) == 0 {
			s.say("%s  no replica follows this store", clock())
		}
	}
	return present
}

// entry is one replica on one line, its ID first.
func entry(r maintenance.Replica, document maintenance.State) string {
	return fmt.Sprintf("%s %s: %s, %s, in flight: %s", line(r.ID), line(r.Name), r.Level, follows(r, document), flight(r))
}

// tellChanges prints what came, changed and went.
func (s *session) tellChanges(present, last []string) {
	for _, e := range present {
		if !slices.Contains(last, e) {
			s.say("%s  %s", clock(), e)
		}
	}
	for _, e := range last {
		id, _, _ := strings.Cut(e, " ")
		if !slices.ContainsFunc(present, func(p string) bool { return strings.HasPrefix(p, id+" ") }) {
			s.say("%s  %s: gone", clock(), id)
		}
	}
}

func clock() string { return now().Format(time.RFC3339) }
