package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
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

// forgetThem is the command that forgets those which no longer tell anything, empty
// where all do.
func (s *session) forgetThem(pending []maintenance.Pending) string {
	if order := fleet.Forget(pending); order != "" {
		return s.hint(order)
	}
	return ""
}

// helpless says at once where --allow-lost can't help.
func (s *session) helpless(listed []maintenance.Replica) {
	var open, gone []string // those that do not fail closed, and the silent ones of them
	for _, r := range listed {
		if r.FailsClosed || r.Unknown {
			continue
		}
		open = append(open, r.Name)
		if !fleet.Heard(r) {
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
