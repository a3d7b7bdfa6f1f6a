package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Happened says in one line what a record tells, but when. clock writes a time.
func Happened(r maintenance.Record, clock func(time.Time) string) string {
	if text := passesHappened(r); text != "" {
		return text
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
	if made := made(r); made != nil {
		at = made.Since
	} else if revoked := revoked(r); revoked != nil {
		at = revoked.Revoked.At
	}
	if at.IsZero() {
		return "at a time that is not known"
	}
	return clock(at)
}

// passesHappened names the pass of a record that changed nothing else.
func passesHappened(r maintenance.Record) string {
	if p := made(r); p != nil {
		return passHappened(p.Name, "made", p.By, p.Via, r)
	}
	if p := revoked(r); p != nil {
		return passHappened(p.Name, "revoked", p.Revoked.By, p.Revoked.Via, r)
	}
	return ""
}

func passHappened(name, what, by, via string, r maintenance.Record) string {
	return fmt.Sprintf("pass %s %s by %s (%s), revision %d", Line(name), what,
		cmp.Or(Line(by), "nobody knows whom"), cmp.Or(Line(via), "unknown"), r.After.Revision)
}

// made returns the pass that a record has added to the same order.
func made(r maintenance.Record) *maintenance.Pass {
	return other(r, func(before, after maintenance.Pass) bool { return before.SHA256 == after.SHA256 || after.SHA256 == "" })
}

// revoked returns the pass that a record has revoked under the same order.
func revoked(r maintenance.Record) *maintenance.Pass {
	return other(r, func(before, after maintenance.Pass) bool {
		return after.Revoked.At.IsZero() || before.Name == after.Name && before.Revoked == after.Revoked
	})
}

// other returns the first pass behind a record of one order that is none of those before
// it.
func other(r maintenance.Record, same func(before, after maintenance.Pass) bool) *maintenance.Pass {
	if r.Before.ChangedAt != r.After.ChangedAt || r.Before.Level != r.After.Level {
		return nil
	}
	before := r.Before.Passes()
	for _, p := range r.After.Passes() {
		if !slices.ContainsFunc(before, func(b maintenance.Pass) bool { return same(b, p) }) {
			return &p
		}
	}
	return nil
}
