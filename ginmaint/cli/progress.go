package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
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
	id, name string
	fleet.Row
}

// moods are the colours of a row.
var moods = [...]colour{fleet.Bad: red, fleet.Pending: yellow, fleet.Assumed: red, fleet.Done: green}

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
	byID := make(map[string]row)
	for id, name := range p.names {
		byID[id] = row{id, name, fleet.Others(r)}
	}
	for _, pending := range r.Pending {
		id := pending.Replica.ID
		byID[id] = row{id, p.names[id], fleet.Waited(pending, r.State.Level)}
	}
	for _, allowed := range r.Allowed {
		id := allowed.Replica.ID
		byID[id] = row{id, p.names[id], fleet.Row{Status: "lost", Detail: ", counted as drained by --allow-lost", Mood: fleet.Assumed}}
	}
	for _, declared := range r.Declared {
		id := declared.Replica.ID
		byID[id] = row{id, p.names[id], fleet.Row{Status: "lost", Detail: ", counted as drained by its own word", Mood: fleet.Assumed}}
	}
	for _, ended := range r.Ended {
		w, known := byID[ended.ID]
		if known {
			w.Detail += ", has ended work by force"
			byID[ended.ID] = w
		}
	}
	rows := make([]row, 0, len(byID))
	for _, w := range byID {
		rows = append(rows, w)
	}
	slices.SortFunc(rows, func(a, b row) int {
		if len(rows) > mostRows && a.Mood != b.Mood {
			return cmp.Compare(a.Mood, b.Mood)
		}
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	})
	return rows
}

// lines is the live view.
func (p *progress) lines(r maintenance.Report, rows []row) []string {
	width, done := 0, 0
	for _, w := range rows {
		width = max(width, min(32, len([]rune(w.name))))
		if w.Mood == fleet.Done {
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
		lines = append(lines, fmt.Sprintf("  %-*s  %s%s", width, w.name, p.asides.paint(moods[w.Mood], w.Status), w.Detail))
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
		if status := w.Status + names[w.id]; fleet.Looked(r) && p.told[w.id] != status {
			p.note("  %s: %s%s", w.name, w.Status, w.Detail)
			p.told[w.id] = status
		}
	}
}
