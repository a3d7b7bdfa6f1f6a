package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// progress shows a drain: on a terminal a line for each replica, which changes
// in its place, else a line for each change.
type progress struct {
	*session
	names map[string]string // of the replicas seen, by ID
	began bool
	told  map[string]string // by ID, what was last printed where there is no live view
}

// row is what a report says of one replica.
type row struct {
	id, name       string
	status, detail string
	colour         colour
	rank           int // the lower, the more worth seeing
}

// progress begins with the replicas that are there now: those which have
// drained at the first look are in no report by name. It returns them as well.
func (s *session) progress(ctx context.Context) (*progress, []maintenance.Replica) {
	p := &progress{session: s, names: make(map[string]string), told: make(map[string]string)}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	replicas, _ := s.mode.Replicas(ctx) // the drain says so where they can't be listed
	for _, r := range replicas {
		p.meet(r)
	}
	return p, replicas
}

func (p *progress) meet(r maintenance.Replica) {
	if p.names[r.ID] = line(r.Name); r.Name == "" {
		p.names[r.ID] = line(r.ID)
	}
}

// show is given every finding of the drain.
func (p *progress) show(r maintenance.Report) {
	switch rows := p.rows(r); {
	case p.quiet:
	case p.live:
		p.draw(p.lines(r, rows))
	default:
		p.tell(r, rows)
	}
}

// rows are by name, and where not all fit, those that are waited for come first.
func (p *progress) rows(r maintenance.Report) []row {
	for _, pending := range slices.Concat(r.Pending, r.Allowed, r.Declared) {
		p.meet(pending.Replica)
	}
	others := row{status: "drained", colour: green, rank: 3}
	if !looked(r) {
		others = row{status: "waiting", colour: yellow, rank: 1}
	}
	byID := make(map[string]row)
	for id, name := range p.names {
		byID[id] = row{id, name, others.status, "", others.colour, others.rank}
	}
	for _, pending := range r.Pending {
		id := pending.Replica.ID
		byID[id] = waited(pending, r.State.Level, p.names[id])
	}
	for _, allowed := range r.Allowed {
		id := allowed.Replica.ID
		byID[id] = row{id, p.names[id], "lost", ", counted as drained by --allow-lost", red, 2}
	}
	for _, declared := range r.Declared {
		id := declared.Replica.ID
		byID[id] = row{id, p.names[id], "lost", ", counted as drained by its own word", red, 2}
	}
	rows := make([]row, 0, len(byID))
	for _, w := range byID {
		rows = append(rows, w)
	}
	slices.SortFunc(rows, func(a, b row) int {
		if len(rows) > mostRows && a.rank != b.rank {
			return a.rank - b.rank
		}
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	return rows
}

// looked tells whether a report is about replicas: one that only has a note may
// have looked at nobody.
func looked(r maintenance.Report) bool {
	return r.Drained || len(r.Pending)+len(r.Allowed)+len(r.Declared) > 0
}

// waited is the row of a replica that is waited for.
func waited(p maintenance.Pending, l maintenance.Level, name string) row {
	r := p.Replica
	switch p.Cause {
	case maintenance.Busy:
		oldest := ""
		if !r.Since.IsZero() && r.RenewedAt.Sub(r.Since) >= time.Second {
			oldest = ", the oldest for at least " + span(r.RenewedAt.Sub(r.Since))
		}
		if len(r.Running) > 0 {
			oldest += ": " + line(r.Running[0].String())
		}
		return row{r.ID, name, "busy with " + inFlight(r, l), oldest, yellow, 1}
	case maintenance.Lost:
		return row{r.ID, name, "lost", " for " + span(max(p.LostFor, r.Silent)) + ", ID " + line(r.ID), red, 0}
	case maintenance.Unknown:
		return row{r.ID, name, "unknown", ", what a lost roster may have held, ID " + line(r.ID), red, 0}
	}
	if !heard(r) {
		return row{r.ID, name, "waiting", ", silent for " + span(r.Silent), red, 0}
	}
	return row{r.ID, name, "waiting", "", yellow, 1}
}

// lines is the live view.
func (p *progress) lines(r maintenance.Report, rows []row) []string {
	width, done := 0, 0
	for _, w := range rows {
		width = max(width, min(32, len([]rune(w.name))))
		if w.status == "drained" {
			done++
		}
	}
	lines := []string{fmt.Sprintf("Draining: %d of %s, %s", done, count(len(rows), "replica", "replicas"), span(r.Waited))}
	if r.Drained {
		lines[0] = fmt.Sprintf("Drained: %s, %s", count(len(rows), "replica", "replicas"), span(r.Waited))
	}
	if r.Note != "" {
		lines = append(lines, "  "+line(r.Note))
	}
	for i, w := range rows {
		if i == mostRows {
			return append(lines, fmt.Sprintf("  … and %d more", len(rows)-mostRows))
		}
		lines = append(lines, fmt.Sprintf("  %-*s  %s%s", width, w.name, p.asides.paint(w.colour, w.status), w.detail))
	}
	return lines
}

// tell prints what has changed.
func (p *progress) tell(r maintenance.Report, rows []row) {
	if !p.began {
		p.began = true
		p.note("draining %s", count(r.Total, "replica", "replicas"))
		if r.Note != "" {
			p.note("  %s", line(r.Note))
		}
	}
	names := make(map[string]string) // of what runs, by ID: found once the drain has lasted
	for _, pending := range r.Pending {
		names[pending.Replica.ID] = naming(pending.Replica)
	}
	for _, w := range rows {
		if status := w.status + names[w.id]; looked(r) && p.told[w.id] != status {
			p.note("  %s: %s%s", w.name, w.status, w.detail)
			p.told[w.id] = status
		}
	}
}
