package fleet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Mood is how a row looks.
type Mood int

// The moods, the more worth seeing first.
const (
	Bad     Mood = iota // somebody has to do something
	Pending             // it takes its time
	Assumed             // done, by somebody's word
	Done
)

// Row is what the report of a drain says of one replica.
type Row struct {
	Status, Detail string
	Mood           Mood
}

// Others is the row of the replicas that a report does not name.
func Others(r maintenance.Report) Row {
	if Looked(r) {
		return Row{"drained", "", Done}
	}
	return Row{"waiting", "", Pending}
}

// Looked tells whether a report is about replicas: one that only has a note may
// have looked at nobody.
func Looked(r maintenance.Report) bool {
	return r.Drained || len(r.Pending)+len(r.Allowed)+len(r.Declared) > 0
}

// Waited is the row of a replica that is waited for, by a drain at this level.
func Waited(p maintenance.Pending, l maintenance.Level) Row {
	r := p.Replica
	switch p.Cause {
	case maintenance.Busy:
		oldest := ""
		if !r.Since.IsZero() && r.RenewedAt.Sub(r.Since) >= time.Second {
			oldest = ", the oldest for at least " + Span(r.RenewedAt.Sub(r.Since))
		}
		if len(r.Running) > 0 {
			oldest += ": " + Line(r.Running[0].String())
		}
		return Row{"busy with " + InFlight(r, l), oldest, Pending}
	case maintenance.Lost:
		return Row{"lost", " for " + Span(max(p.LostFor, r.Silent)) + ", ID " + Line(r.ID), Bad}
	case maintenance.Unknown:
		return Row{"unknown", ", what a lost roster may have held, ID " + Line(r.ID), Bad}
	}
	if !Heard(r) {
		return Row{"waiting", ", silent for " + Span(r.Silent), Bad}
	}
	return Row{"waiting", "", Pending}
}

// Causes returns what the joined error of a drain holds besides that the time
// was up.
func Causes(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(joined.Unwrap()), func(e error) bool {
		return errors.Is(e, maintenance.ErrNotDrained) || errors.Is(e, context.DeadlineExceeded) || errors.Is(e, context.Canceled)
	})
}

// mostNames is how many replicas a command to copy names.
const mostNames = 4

// plain is a name that a shell takes as it is.
var plain = regexp.MustCompile(`^[\w.:@%+/][\w.:@%+/-]*$`)

// Forget is the order of the command that forgets those which no longer tell anything,
// empty where all do.
func Forget(pending []maintenance.Pending) string {
	var names []string
	var all []maintenance.Replica
	for _, p := range pending {
		all = append(all, p.Replica)
	}
	short := Shortest(all, leastUnknown)
	least := time.Duration(math.MaxInt64)
	for _, p := range pending {
		r := p.Replica
		if !isGone(p) {
			continue
		}
		name := r.Name
		if r.Unknown {
			name = short(r.ID)
		} else if !plain.MatchString(name) {
			name = r.ID
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		least = min(least, r.Silent)
	}
	switch {
	case len(names) == 0:
		return ""
	case len(names) <= mostNames:
		return "replicas forget " + strings.Join(names, " ")
	}
	return "replicas forget --silent " + wholly(least)
}

// isGone tells whether a replica no longer tells anything.
func isGone(p maintenance.Pending) bool {
	return p.Cause == maintenance.Lost || !Heard(p.Replica) // unknown ones are never heard of
}

// leastUnknown is how many characters name an unknown entry at least.
const leastUnknown = len("unknown-") + 4

// Certain is what somebody has to be certain of who forgets those that Forget names.
func Certain(pending []maintenance.Pending) string {
	var of []string
	if slices.ContainsFunc(pending, func(p maintenance.Pending) bool { return isGone(p) && !p.Replica.Unknown }) {
		of = append(of, "that those which are silent have ended")
	}
	if slices.ContainsFunc(pending, func(p maintenance.Pending) bool { return p.Replica.Unknown }) {
		of = append(of, "that no replica runs which is not listed")
	}
	return strings.Join(of, ", and ")
}

// wholly writes a length of time in its largest unit that a flag takes, rounded down.
func wholly(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= unit.length {
			return fmt.Sprintf("%d%s", d/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%ds", max(1, d/time.Second))
}
