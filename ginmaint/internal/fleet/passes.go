package fleet

import (
	"cmp"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// PassHappened says in one line that a pass was made or revoked.
func PassHappened(p maintenance.Pass, revision uint64) string {
	what, by, via := "made", p.By, p.Via
	if !p.Revoked.At.IsZero() {
		what, by, via = "revoked", p.Revoked.By, p.Revoked.Via
	}
	return fmt.Sprintf("pass %s %s by %s (%s), revision %d", Line(p.Name), what,
		cmp.Or(Line(by), "nobody knows whom"), cmp.Or(Line(via), "unknown"), revision)
}

// Ending names the passes that go when next is stored.
func Ending(stored, next maintenance.State, at time.Time) (names []string) {
	over := !stored.End.IsZero() && !at.Before(stored.End)
	if next.Level != maintenance.Off && !over {
		return nil
	}
	for _, p := range stored.Passes() {
		if !p.Stays && p.IsValid(at) {
			names = append(names, Line(p.Name))
		}
	}
	return names
}
