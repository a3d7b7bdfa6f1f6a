package maintenance

import "time"

// phase is how far a document's window has gone. A Mode passes each edge once
// and never back, whatever the clock does: work refused for a moment and
// admitted in the next would break what a drain has proven.
type phase uint8

const (
	before phase = iota
	within
	after
)

func (s State) phaseAt(t time.Time) phase {
	switch {
	case !s.End.IsZero() && !t.Before(s.End):
		return after
	case !s.Start.IsZero() && t.Before(s.Start):
		return before
	}
	return within
}

// level returns what of s is in force in this phase.
func (p phase) level(s State) Level {
	if p == within {
		return s.Level
	}
	return Off
}

// nextEdge returns when the level in force changes next after t by the clock
// alone, and whether it ever does.
func (s State) nextEdge(t time.Time) (time.Time, bool) {
	switch {
	case s.Level == Off:
		return time.Time{}, false
	case t.Before(s.Start):
		return s.Start, true
	case t.Before(s.End):
		return s.End, true
	}
	return time.Time{}, false
}

// covers tells whether the window of s leaves out nothing of what is left at t of
// other's: it begins no later and ends no earlier.
func (s State) covers(other State, t time.Time) bool {
	if other.Level == Off || other.phaseAt(t) == after {
		return true
	}
	begun := s.Start.IsZero() || !s.Start.After(t) || !s.Start.After(other.Start)
	return begun && s.phaseAt(t) != after && (s.End.IsZero() || !other.End.IsZero() && !s.End.Before(other.End))
}
