package maintenance

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// The log reminds of a level that stays: after the first of these, and then after each
// of the second.
const (
	firstReminder = time.Hour
	nextReminder  = 24 * time.Hour
)

// changeLog writes one line for each change that a replica takes over, and for each pass,
// and reminds of a level that stays in force. The keys of the changes are the same in all
// lines.
type changeLog struct {
	logger  *slog.Logger
	replica string

	mu       sync.Mutex
	closed   bool
	last     Snapshot    // that was sure; all below belongs to it
	reminder *time.Timer // nil: nothing to remind of
}

// note writes the line for a change. Why a document does not decide any more, or again,
// is told where it happens; what its window has done meanwhile is told here.
func (l *changeLog) note(c Change) {
	after := c.After
	if !after.Trusted {
		return
	}
	before, passes, news := l.follow(after)
	for _, p := range passes {
		l.writePass(p, after)
	}
	if !news {
		return
	}
	level, text := slog.LevelInfo, "the state has changed"
	switch {
	case c.Origin == Opened:
		if after.InForce == Off && !after.Announced {
			return
		}
		text = "the state as this process has found it"
	case c.Origin != Clock && c.Origin != Trust:
	case after.InForce != Off:
		text = "the window has begun"
	default:
		level, text = slog.LevelWarn, "the window has ended, the service is open, and nobody has switched off"
	}
	l.write(level, text, after, slog.String("from", before.InForce.String()), slog.String("origin", c.Origin.String()))
}

// passesOf returns the passes that were made or revoked under an order that stays in force.
func passesOf(before, after Snapshot) []Pass {
	if before.State.ID == "" || before.InForce != after.InForce {
		return nil
	}
	return Record{Before: before.State, After: after.State}.Passes()
}

// follow makes after the last one, returns the one before, and has the log remind of
// after. It is no news where it is the last one already, or differs by these passes alone.
func (l *changeLog) follow(after Snapshot) (before Snapshot, passes []Pass, news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before = l.last
	if before == after {
		return before, nil, false
	}
	l.last = after
	if passes = passesOf(before, after); len(passes) > 0 {
		return before, passes, false // what stays in force has begun when it did
	}
	l.stop()
	if after.InForce == Off || l.closed {
		return before, nil, true
	}
	began := time.Now()
	var timer *time.Timer
	timer = time.AfterFunc(firstReminder, func() {
		l.mu.Lock()
		current, last := l.reminder == timer, l.last
		if current {
			timer.Reset(nextReminder)
		}
		l.mu.Unlock()
		if current {
			l.write(slog.LevelWarn, "the level stays in force", last, slog.Duration("for", time.Since(began).Round(time.Second)))
		}
	})
	l.reminder = timer
	return before, nil, true
}

// stop ends the reminder. The caller holds mu.
func (l *changeLog) stop() {
	if l.reminder != nil {
		l.reminder.Stop()
		l.reminder = nil
	}
}

// end ends all reminders.
func (l *changeLog) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.stop()
}

// write says what is in force, and by whose order. What visitors read is not repeated.
func (l *changeLog) write(level slog.Level, text string, s Snapshot, more ...slog.Attr) {
	attributes := []slog.Attr{
		slog.String("to", s.InForce.String()),
		slog.String("level", s.State.Level.String()),
		slog.Uint64("revision", s.State.Revision),
		slog.String("document", s.State.ID),
		slog.String("by", s.State.ChangedBy),
		slog.String("reason", s.State.Reason),
		slog.String("replica", l.replica),
	}
	if !s.State.Start.IsZero() {
		attributes = append(attributes, slog.Time("start", s.State.Start))
	}
	if !s.State.End.IsZero() {
		attributes = append(attributes, slog.Time("end", s.State.End))
	}
	l.logger.LogAttrs(context.Background(), level, "maintenance: "+text, append(attributes, more...)...)
}

// writePass says who has made or revoked a pass.
func (l *changeLog) writePass(p Pass, s Snapshot) {
	text, by := "a pass was made", p.By
	if !p.Revoked.At.IsZero() {
		text, by = "a pass was revoked", p.Revoked.By
	}
	l.logger.LogAttrs(context.Background(), slog.LevelInfo, "maintenance: "+text,
		slog.String("pass", p.Name),
		slog.Time("until", p.Until),
		slog.Uint64("revision", s.State.Revision),
		slog.String("document", s.State.ID),
		slog.String("by", by),
		slog.String("replica", l.replica))
}
