package cli

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// standing says in one sentence what a state means at a moment.
func standing(s maintenance.State, now time.Time) string {
	until := " until it is switched off"
	if !s.End.IsZero() {
		until = " until " + stamp(s.End, now)
	}
	switch {
	case s.Level == maintenance.Off && s.Revision == 0:
		return "Maintenance is off: it was never switched here."
	case s.Level == maintenance.Off:
		return "Maintenance is off."
	case over(s, now):
		return fmt.Sprintf("Maintenance is off: its window ended at %s.", stamp(s.End, now))
	case announced(s, now):
		return fmt.Sprintf("Maintenance is off; it will be %s from %s%s.", s.Level, stamp(s.Start, now), until)
	case s.Level == maintenance.ReadOnly && s.Hold > 0:
		return fmt.Sprintf("Maintenance is read-only%s: reads go on, writes wait for up to %s.", until, s.Hold)
	case s.Level == maintenance.ReadOnly:
		return fmt.Sprintf("Maintenance is read-only%s: reads go on, writes are refused.", until)
	case s.Hold > 0:
		return fmt.Sprintf("Maintenance is on%s; requests wait for up to %s.", until, s.Hold)
	}
	return fmt.Sprintf("Maintenance is on%s.", until)
}

// over tells whether the window of a state has ended.
func over(s maintenance.State, now time.Time) bool { return !s.End.IsZero() && !now.Before(s.End) }

// announced tells whether a state will be in force, and is not yet.
func announced(s maintenance.State, now time.Time) bool {
	return s.Level != maintenance.Off && now.Before(s.Start)
}

// audit says who saved a state, when and why.
func audit(s maintenance.State, now time.Time) string {
	text := fmt.Sprintf("revision %d", s.Revision)
	if !s.ChangedAt.IsZero() {
		text = stamp(s.ChangedAt, now) + ", " + text
	}
	if s.ChangedBy != "" {
		text += ", by " + line(s.ChangedBy)
	}
	if s.Reason != "" {
		text += ": " + line(s.Reason)
	}
	return text
}

// The words that the panel has as well.
func count(n int, one, many string) string { return fleet.Count(n, one, many) }
func span(d time.Duration) string          { return fleet.Span(d) }
func tidy(text string) string              { return fleet.Tidy(text) }
func line(text string) string              { return fleet.Line(text) }

// place names the store of a URL for people, without user and password.
func place(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "the store"
	}
	if path := u.Opaque + u.Path; strings.EqualFold(u.Scheme, "file") || strings.EqualFold(u.Scheme, "sqlite") {
		if path, err := filepath.Abs(path); err == nil {
			return path
		}
		return path
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	query := url.Values{}
	for _, name := range []string{"switch", "prefix", "table", "host", "dbname", "cluster", "master_name"} {
		if u.Query().Has(name) {
			query.Set(name, u.Query().Get(name))
		}
	}
	shown.RawQuery = query.Encode()
	return tidy(shown.String())
}
