package cli

import (
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// standing says in one sentence what a document means at a moment.
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
	case !s.End.IsZero() && !now.Before(s.End):
		return fmt.Sprintf("Maintenance is off: its window ended at %s.", stamp(s.End, now))
	case now.Before(s.Start):
		return fmt.Sprintf("Maintenance is off; it will be %s from %s%s.", s.Level, stamp(s.Start, now), until)
	case s.Level == maintenance.ReadOnly:
		return fmt.Sprintf("Maintenance is read-only%s: reads go on, writes are refused.", until)
	}
	return fmt.Sprintf("Maintenance is on%s.", until)
}

// levelColour is the colour of a level in force.
func levelColour(l maintenance.Level) colour {
	switch l {
	case maintenance.Off:
		return green
	case maintenance.ReadOnly:
		return yellow
	}
	return red
}

// audit says who saved a document and when.
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

// count writes a number of things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// now is the present, in the zone of the terminal.
func now() time.Time { return time.Now().Local() }
