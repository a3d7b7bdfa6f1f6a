package fleet

import (
	"cmp"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Happened says in one line what a record tells, but when. clock writes a time.
func Happened(r maintenance.Record, clock func(time.Time) string) string {
	if passes := r.Passes(); len(passes) > 0 {
		return PassHappened(passes[0], r.After.Revision)
	}
	text := fmt.Sprintf("%s → %s, by %s (%s), revision %d", r.Before.Level, r.After.Level,
		cmp.Or(Line(r.After.ChangedBy), "nobody knows whom"), cmp.Or(Line(r.After.Via), "unknown"), r.After.Revision)
	if !r.After.Start.IsZero() {
		text += ", from " + clock(r.After.Start)
	}
	if !r.After.End.IsZero() {
		text += ", until " + clock(r.After.End)
	}
	if r.After.Reason != "" {
		text += ": " + Line(r.After.Reason)
	}
	return text
}

// When says when a record was made, as far as anybody knows.
func When(r maintenance.Record, clock func(time.Time) string) string {
	at := r.After.ChangedAt
	if passes := r.Passes(); len(passes) > 0 {
		p := passes[0]
		if at = p.Since; !p.Revoked.At.IsZero() {
			at = p.Revoked.At
		}
	}
	if at.IsZero() {
		return "at a time that is not known"
	}
	return clock(at)
}
