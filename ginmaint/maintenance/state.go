package maintenance

import (
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// State is the one document that every replica follows. The zero State is
// Off, and means that nothing was ever saved.
type State struct {
	Level     Level         // in force between Start and End; Off outside: ask At, or Mode.Level
	Start     time.Time     // zero: at once
	End       time.Time     // zero: until changed
	Message   string        // plain text for visitors, at most MaxMessage bytes
	Reason    string        // audit: why, for operators; no visitor sees it
	ChangedBy string        // audit: who saved it
	ChangedAt time.Time     // audit: when, on the clock of the process that saved it
	Via       string        // audit: from where: "command", "panel", "api", "code", or "file" where a person has edited it
	Hold      time.Duration // how long what the level refuses waits for it to fall, before it is refused: Mode.Hold; at most MaxHold
	Revision  uint64        // grows by one with every save; the store assigns it
	ID        string        // random, new with every save: which document this is, whatever happens to revisions

	// work holds who works under the document, and passes who is let in all the same, as
	// the JSON arrays that are stored, and unknown the members that this release does not
	// know, as one JSON object, so that Load and Save carry them along. Strings keep State
	// comparable.
	work    string
	passes  string
	unknown string
}

// The longest texts that Validate lets pass, in bytes. Together they keep an
// ordinary document below the 8000 bytes that a PostgreSQL notification
// carries.
const (
	MaxMessage = 2048
	maxAudit   = 512
)

// MaxHold is the longest Hold that Validate lets pass. Clients and proxies give up
// long before: nginx after 60 s, unless proxy_read_timeout says otherwise.
const MaxHold = 10 * time.Minute

// Times outside these years are mistakes: a Unix time of zero read as a year,
// seconds read as milliseconds. RFC 3339 has no years past 9999.
const (
	firstYear = 1970
	lastYear  = 9999
)

// At returns the level that the document puts in force at t: its Level from
// Start until just before End, and Off outside.
func (s State) At(t time.Time) Level { return s.phaseAt(t).level(s) }

// Validate returns ErrInvalid with everything that is wrong with the document: a
// level that does not exist, an End that is not after Start, times outside the years
// 1970 to 9999, a Hold that is negative or above MaxHold, texts that are too long,
// not UTF-8, or hold control characters other than a line break or a tab.
func (s State) Validate() error {
	var faults []error
	if s.Level > On {
		faults = append(faults, fmt.Errorf("level: there is no level %d", uint8(s.Level)))
	}
	for _, field := range []struct {
		name string
		t    time.Time
	}{{"start", s.Start}, {"end", s.End}, {"changed_at", s.ChangedAt}} {
		if year := field.t.UTC().Year(); !field.t.IsZero() && (year < firstYear || year > lastYear) {
			faults = append(faults, fmt.Errorf("%s: the year %d is outside %d to %d", field.name, year, firstYear, lastYear))
		}
	}
	if !s.Start.IsZero() && !s.End.IsZero() && !s.End.After(s.Start) {
		faults = append(faults, fmt.Errorf("end: %s is not after start, %s",
			s.End.UTC().Format(time.RFC3339), s.Start.UTC().Format(time.RFC3339)))
	}
	if s.Hold < 0 || s.Hold > MaxHold {
		faults = append(faults, fmt.Errorf("hold: %s is not from 0s to %s", s.Hold, MaxHold))
	}
	for _, field := range []struct {
		name, text string
		most       int
	}{{"message", s.Message, MaxMessage}, {"reason", s.Reason, maxAudit}, {"changed_by", s.ChangedBy, maxAudit}, {"via", s.Via, mostText}} {
		if err := checkText(field.text, field.most); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", field.name, err))
		}
	}
	if err := checkWork(s.work); err != nil {
		faults = append(faults, fmt.Errorf("work: %w", err))
	}
	if err := checkPasses(s.passes); err != nil {
		faults = append(faults, fmt.Errorf("passes: %w", err))
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalid, errors.Join(faults...))
}

func checkText(text string, most int) error {
	if len(text) > most {
		return fmt.Errorf("%d bytes are too long, at most %d fit", len(text), most)
	}
	if !utf8.ValidString(text) {
		return errors.New("the text is not valid UTF-8")
	}
	for i, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return fmt.Errorf("control character %U at byte %d; only line breaks and tabs may stand there", r, i)
		}
	}
	return nil
}

// normal returns the document as it is stored and compared: times in UTC,
// without a monotonic reading, all times whole to the microsecond, the finest that every
// store keeps.
func (s State) normal() State {
	s.Hold = s.Hold.Truncate(time.Microsecond)
	if s.Level == Off {
		s.work = ""
		s = s.lasting()
	}
	for _, t := range []*time.Time{&s.Start, &s.End, &s.ChangedAt} {
		if !t.IsZero() {
			*t = t.UTC().Round(0).Truncate(time.Microsecond)
		}
	}
	return s
}

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

// covering returns s, made to refuse at t and later whatever s or other refuses: at
// the higher level, from the earlier start to the later end. One that is off or over
// does not count.
func (s State) covering(other State, t time.Time) State {
	switch {
	case other.Level == Off || other.phaseAt(t) == after:
		return s
	case s.Level == Off || s.phaseAt(t) == after:
		return other
	}
	s.Level = max(s.Level, other.Level)
	if other.Start.Before(s.Start) { // zero: at once
		s.Start = other.Start
	}
	if s.End.IsZero() || other.End.IsZero() {
		s.End = time.Time{}
	} else if s.End.Before(other.End) {
		s.End = other.End
	}
	return s
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
