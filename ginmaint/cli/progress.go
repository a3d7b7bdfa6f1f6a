package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// mostRows bounds the live view, so that it fits on a terminal of 24 lines.
const mostRows = 16

// progress shows a drain: on a terminal a line for each replica, which changes
// in its place, else a line for each change.
type progress struct {
	*session
	rows  map[string]*row // by ID
	began bool
}

// row is what is known of one replica.
type row struct {
	id, label string
	status    string // a word or two
	detail    string
	colour    colour
	rank      int    // the lower, the more worth seeing
	told      string // what was last printed where there is no live view
}

// progress begins with the replicas that are there now: those which have
// drained at the first look are in no report by name.
func (s *session) progress(ctx context.Context) *progress {
	p := &progress{session: s, rows: make(map[string]*row)}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	replicas, err := s.mode.Replicas(ctx)
	if err != nil {
		return p // the drain will say so, if it lasts
	}
	for _, r := range replicas {
		p.row(r)
	}
	return p
}

func (p *progress) row(r maintenance.Replica) *row {
	known, ok := p.rows[r.ID]
	if !ok {
		known = &row{id: r.ID, label: line(r.Name)}
		if known.label == "" {
			known.label = line(r.ID)
		}
		p.rows[r.ID] = known
	}
	return known
}

// show is given every finding of the drain.
func (p *progress) show(r maintenance.Report) {
	if p.quiet {
		return
	}
	if r.Drained || len(r.Pending) > 0 { // else nobody may have been looked at
		for _, known := range p.rows {
			known.set("drained", "", green, 3)
		}
	}
	for _, pending := range r.Pending {
		p.row(pending.Replica).pending(pending, r.State.Level)
	}
	for _, allowed := range r.Allowed {
		p.row(allowed.Replica).set("lost", ", counted as drained by --allow-lost", red, 2)
	}
	if p.live {
		p.draw(p.lines(r))
		return
	}
	p.tell(r)
}

func (w *row) set(status, detail string, c colour, rank int) {
	w.status, w.detail, w.colour, w.rank = status, detail, c, rank
}

func (w *row) pending(p maintenance.Pending, l maintenance.Level) {
	r := p.Replica
	switch p.Cause {
	case maintenance.Busy:
		oldest := ""
		if !r.Since.IsZero() && r.RenewedAt.Sub(r.Since) >= time.Second {
			oldest = ", the oldest for at least " + span(r.RenewedAt.Sub(r.Since))
		}
		w.set("busy with "+inFlight(r, l), oldest, yellow, 1)
	case maintenance.Lost:
		w.set("lost", " for "+span(p.LostFor)+", ID "+line(r.ID), red, 0)
	case maintenance.Unknown:
		w.set("lost", ", it stands for what a lost roster may have held", red, 0)
	default:
		w.set("waiting", "", yellow, 1)
	}
}

// inFlight is the work that a level refuses.
func inFlight(r maintenance.Replica, l maintenance.Level) string {
	writes := count(int(r.Writes), "write", "writes")
	if !l.Refuses(maintenance.Read) || r.Reads == 0 {
		return writes
	}
	reads := count(int(r.Reads), "read", "reads")
	if r.Writes == 0 {
		return reads
	}
	return reads + " and " + writes
}

// lines is the live view.
func (p *progress) lines(r maintenance.Report) []string {
	rows := p.sorted()
	width, done := 0, 0
	for _, w := range rows {
		width = max(width, min(32, len([]rune(w.label))))
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
		status := w.status
		if status == "" {
			status = "waiting"
		}
		lines = append(lines, fmt.Sprintf("  %-*s  %s%s", width, w.label, p.asides.paint(w.colour, status), w.detail))
	}
	return lines
}

// sorted is by name, and where not all fit, those that are waited for first.
func (p *progress) sorted() []*row {
	rows := make([]*row, 0, len(p.rows))
	for _, w := range p.rows {
		rows = append(rows, w)
	}
	slices.SortFunc(rows, func(a, b *row) int {
		if len(p.rows) > mostRows && a.rank != b.rank {
			return a.rank - b.rank
		}
		return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.id, b.id))
	})
	return rows
}

// tell prints what has changed.
func (p *progress) tell(r maintenance.Report) {
	if !p.began {
		p.began = true
		p.note("draining %s", count(r.Total, "replica", "replicas"))
		if r.Note != "" {
			p.note("  %s", line(r.Note))
		}
	}
	for _, w := range p.sorted() {
		if w.status != "" && w.status != w.told {
			p.note("  %s: %s%s", w.label, w.status, w.detail)
			w.told = w.status
		}
	}
}
