package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// remains says what holds after something failed under the state own. The advice
// is for the case that own is still the one stored.
func (s *session) remains(ctx context.Context, own maintenance.State, advice string) string {
	stored, err := s.load(context.WithoutCancel(ctx)) // an interrupt is no reason not to know
	at := now()
	switch level := stored.At(at); {
	case err != nil:
		return fmt.Sprintf("Maintenance was %s when the store last answered; to open: %s", s.mode.Level(), s.hint("off"))
	case stored.ID != own.ID:
		return fmt.Sprintf("Somebody else has changed the state meanwhile: theirs is left. %s (%s)", standing(stored, at), audit(stored, at))
	case level == maintenance.Off:
		return standing(stored, at)
	default:
		return fmt.Sprintf("Maintenance stays %s%s; to open again: %s", level, advice, s.hint(opens(stored)))
	}
}

// mostNames is how many replicas a command to copy names.
const mostNames = 4

// plain is a name that a shell takes as it is.
var plain = regexp.MustCompile(`^[\w.:@%+/][\w.:@%+/-]*$`)

// forgetThem is the command that forgets those which no longer tell anything, empty
// where all do.
func (s *session) forgetThem(pending []maintenance.Pending) string {
	var names []string
	least := time.Duration(math.MaxInt64)
	for _, p := range pending {
		r := p.Replica
		if p.Cause != maintenance.Lost && p.Cause != maintenance.Unknown && heard(r) {
			continue
		}
		name := r.Name
		if r.Unknown || !plain.MatchString(name) {
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
		return s.hint("replicas forget " + strings.Join(names, " "))
	}
	return s.hint("replicas forget --silent " + wholly(least))
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

// helpless says at once where --allow-lost can't help.
func (s *session) helpless(listed []maintenance.Replica) {
	var open, gone []string // those that do not fail closed, and the silent ones of them
	for _, r := range listed {
		if r.FailsClosed || r.Unknown {
			continue
		}
		open = append(open, r.Name)
		if !heard(r) {
			gone = append(gone, line(cmp.Or(r.Name, r.ID)))
		}
	}
	const why = "so the drain waits for it until it is forgotten"
	switch {
	case len(open) > 0 && len(open) == len(listed):
		s.note("warning: --allow-lost can't help: no replica fails closed (the option FailClosed). A lost one may still work, %s", why)
	case len(gone) > 0:
		s.note("warning: --allow-lost can't help with %s, which does not fail closed (the option FailClosed), %s", strings.Join(gone, ", "), why)
	}
}
