package ginmaint

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// decision makes of what is stored what is to be stored.
type decision func(stored maintenance.State, at time.Time) (maintenance.State, faults)

// fault is what is wrong with one field of an order.
type fault struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// faults is an error that names all that is wrong with an order.
type faults []fault

func (f faults) Error() string {
	var said []string
	for _, one := range f {
		said = append(said, fmt.Sprintf("%s: %s.", one.Field, one.Detail))
	}
	return strings.Join(said, " ")
}

func (f *faults) note(field string, err error) {
	if err != nil {
		*f = append(*f, fault{field, err.Error()})
	}
}

// yes reads a field that is yes or no.
func (f *faults) yes(fields map[string]string, name string) bool {
	switch fields[name] {
	case "", "no", "false":
	case "yes", "true":
		return true
	default:
		f.note(name, errors.New("write yes or no"))
	}
	return false
}

// exposed are those under whose work an order would open the service.
type exposed []maintenance.Work

func (e exposed) Error() string {
	names := make([]string, len(e))
	for i, w := range e {
		names[i] = atWork(w)
	}
	verb := " work"
	if len(e) == 1 {
		verb = " works"
	}
	return strings.Join(names, " and ") + verb + " under this state, and this order would open the service meanwhile"
}

// atWork names somebody at work.
func atWork(w maintenance.Work) string {
	text := cmp.Or(w.By, "somebody") + " (since " + w.Since.UTC().Format(time.DateTime) + " UTC"
	if w.Reason != "" {
		text += ": " + w.Reason
	}
	return text + ")"
}

// errMatch means that If-Match names another revision than is stored.
var errMatch = errors.New("If-Match names another revision than the one that is stored")

// replace returns the decision to store what the order says, and nothing of what was
// stored before.
func (o order) replace(l maintenance.Level) decision {
	return func(_ maintenance.State, at time.Time) (maintenance.State, faults) {
		s := maintenance.State{Level: l}
		if l != maintenance.Off {
			return o.apply(s, at, "on or read-only")
		}
		var f faults
		if o.Level+o.For+o.End+o.Start+o.Hold != "" {
			f.note("off", errors.New("level, for, start, end and hold belong to on"))
		}
		s.Reason = o.Reason
		return s, f
	}
}

// edit is the decision to change what the order names, and nothing else. Off has no
// window and no message, so they go with it.
func (o order) edit(stored maintenance.State, at time.Time) (maintenance.State, faults) {
	s := present(stored, at)
	var f faults
	if len(o.named) == 0 {
		f.note("order", errors.New("it names no field; name those that are to be changed"))
	}
	opens := o.Level == maintenance.Off.String()
	if !opens && (o.Level != "" || s.Level != maintenance.Off) {
		s, more := o.apply(s, at, "off, on or read-only")
		return s, append(f, more...)
	}
	if o.Message+o.For+o.End+o.Start+o.Hold != "" {
		f.note("level", errors.New("message, start, end, for and hold belong to on and read-only; name the level too"))
	}
	if o.named["level"] && o.Level == "" {
		f.note("level", errors.New("write off, on or read-only"))
	}
	return maintenance.State{Reason: o.Reason}, f
}

// apply changes s, which is not off, by what the order names. levels are those that it
// may name.
func (o order) apply(s maintenance.State, at time.Time, levels string) (maintenance.State, faults) {
	var err error
	var f faults
	if o.Level != "" {
		if s.Level, err = maintenance.ParseLevel(o.Level); err != nil || s.Level == maintenance.Off {
			f.note("level", errors.New("write "+levels))
		}
	} else if o.named["level"] && s.Level == maintenance.Off {
		f.note("level", errors.New("write "+levels))
	}
	if o.named["message"] {
		s.Message = o.Message
	}
	if o.named["reason"] {
		s.Reason = o.Reason
	}
	if o.named["start"] {
		s.Start, err = parseTime(o.Start, o.zone)
		f.note("start", err)
	}
	if o.named["end"] {
		s.End, err = parseTime(o.End, o.zone)
		f.note("end", err)
	}
	if o.named["hold"] {
		s.Hold = 0
		if o.Hold != "" {
			if s.Hold, err = time.ParseDuration(o.Hold); err != nil || s.Hold < 0 || s.Hold > maintenance.MaxHold {
				s.Hold = 0
				f.note("hold", fmt.Errorf("write a duration such as 15s, at most %s", maintenance.MaxHold))
			}
		}
	}
	if o.For != "" {
		length, err := time.ParseDuration(o.For)
		switch {
		case err != nil || length <= 0:
			f.note("for", errors.New("write a duration such as 30m or 2h"))
		case o.End != "":
			f.note("for", errors.New("for and end exclude each other"))
		case s.Start.After(at):
			s.End = s.Start.Add(length)
		default:
			s.End = at.Add(length)
		}
	}
	return s, f
}

// decide returns what is to be stored, or why nothing is.
func (o order) decide(next decision, stored maintenance.State, at time.Time) (maintenance.State, error) {
	if o.Revision != "" {
		revision, err := strconv.ParseUint(o.Revision, 10, 64)
		if err != nil {
			_, f := next(stored, at)
			return stored, append(faults{{"revision", "write the number that the status shows, or leave it out"}}, f...)
		} else if revision != stored.Revision {
			return stored, maintenance.ErrConflict
		}
	}
	if !o.matches(stored.Revision) {
		return stored, errMatch
	}
	s, f := next(stored, at)
	if f = append(f, mistakes(s, at)...); len(f) > 0 {
		return stored, f
	}
	if at := stored.Exposed(s, at); o.Force == "" && len(at) > 0 {
		return stored, exposed(at)
	}
	s.ChangedBy, s.Via = o.by, o.via
	return s, nil
}

// The longest texts that a state holds, in bytes.
const (
	maxMessage = maintenance.MaxMessage
	maxReason  = 512
)

// mistakes says what no store would take, in the words of people: they count
// characters.
func mistakes(s maintenance.State, at time.Time) (f faults) {
	f.note("message", tooLong(s.Message, maxMessage))
	f.note("reason", tooLong(s.Reason, maxReason))
	if len(f) > 0 {
		s.Message, s.Reason = "", ""
	}
	if s.Level != maintenance.Off && !s.End.IsZero() && !at.Before(s.End) && s.Start.Before(s.End) {
		f.note("end", fmt.Errorf("%s is over; name a later one, or none", s.End.UTC().Format(time.RFC3339)))
	}
	if err := s.Validate(); err != nil {
		f = append(f, invalid(err)...)
	}
	return f
}

// invalid takes the error of Validate apart, which names a fault on each line.
func invalid(err error) (f faults) {
	text := strings.TrimPrefix(err.Error(), maintenance.ErrInvalid.Error()+": ")
	for line := range strings.SplitSeq(text, "\n") {
		field, detail, _ := strings.Cut(line, ": ")
		f = append(f, fault{field, detail})
	}
	return f
}

// tooLong returns an error where a text is longer than so many bytes. It counts
// characters: how many of them fit depends on the script.
func tooLong(text string, most int) error {
	if len(text) <= most {
		return nil
	}
	fit := most
	for fit > 0 && !utf8.RuneStart(text[fit]) {
		fit--
	}
	have, room := utf8.RuneCountInString(text), utf8.RuneCountInString(text[:fit])
	return fmt.Errorf("%d characters are too long, the first %d of them fit; leave out %d", have, room, have-room)
}
