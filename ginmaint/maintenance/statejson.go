package maintenance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// document is the public JSON form of a State. People write it by hand, so
// only the level is required.
type document struct {
	Level     Level           `json:"level"`
	Start     time.Time       `json:"start,omitzero"`
	End       time.Time       `json:"end,omitzero"`
	Message   string          `json:"message,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	ChangedBy string          `json:"changed_by,omitempty"`
	ChangedAt time.Time       `json:"changed_at,omitzero"`
	Via       string          `json:"via,omitempty"`
	Hold      length          `json:"hold,omitzero"`
	Work      json.RawMessage `json:"work,omitempty"`
	Passes    json.RawMessage `json:"passes,omitempty"`
	Revision  uint64          `json:"revision,omitempty"`
	ID        string          `json:"id,omitempty"`
}

// length is a time.Duration whose text form people write: "15s", "1m30s".
type length time.Duration

func (l length) MarshalText() ([]byte, error) { return []byte(time.Duration(l).String()), nil }

func (l *length) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*l = length(d)
	return err
}

// MarshalJSON writes the public form: snake_case members, times in RFC 3339,
// members that this release does not know behind those it does. A state that
// Validate refuses is an error.
func (s State) MarshalJSON() ([]byte, error) {
	s = s.normal() // first: times that differ by less than it keeps are equal in the text
	if err := s.Validate(); err != nil {
		return nil, err
	}
	d := document{s.Level, s.Start, s.End, s.Message, s.Reason, s.ChangedBy, s.ChangedAt, s.Via, length(s.Hold), json.RawMessage(s.work), json.RawMessage(s.passes), s.Revision, s.ID}
	text, err := verbatim(d)
	if err != nil {
		return nil, err
	}
	if s.unknown != "" {
		text = append(append(text[:len(text)-1], ','), s.unknown[1:]...)
	}
	return text, nil
}

// verbatim is json.Marshal without the escapes that only a web page needs.
func verbatim(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(out.Bytes()), err
}

// UnmarshalJSON reads the public form. Member names are exact, and each may
// stand there once. A document without a level is an error, never Off; so is
// one that is not UTF-8, or that Validate refuses.
// Members that this release does not know are kept for the next save. Called
// directly, rather than by json.Unmarshal, it places a syntax error by line and
// column.
func (s *State) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return fmt.Errorf("maintenance: the state is not a JSON object, such as {\"level\":\"on\"}%s", because(text, err))
	}
	if !utf8.Valid(text) {
		return errors.New("maintenance: the state is not valid UTF-8; save the text in that encoding")
	}
	if name, ok := doubled(text); ok {
		return fmt.Errorf("maintenance: the state names %q twice; leave one of them", clip(name))
	}
	var d document
	var work []Work
	var passes []Pass
	known := []struct {
		name string
		into any
	}{
		{"level", &d.Level},
		{"start", &d.Start},
		{"end", &d.End},
		{"message", &d.Message},
		{"reason", &d.Reason},
		{"changed_by", &d.ChangedBy},
		{"changed_at", &d.ChangedAt},
		{"via", &d.Via},
		{"hold", &d.Hold},
		{"work", &work},
		{"passes", &passes},
		{"revision", &d.Revision},
		{"id", &d.ID},
	}
	if level, ok := members["level"]; !ok || string(level) == "null" {
		return errors.New("maintenance: the state has no \"level\"; it is one of off, read-only, on")
	}
	var faults []error
	for _, m := range known {
		if err := json.Unmarshal(orNull(members[m.name]), m.into); err != nil {
			faults = append(faults, fmt.Errorf("%q: %s", m.name, remedy(m.name)))
		}
		delete(members, m.name)
	}
	if len(faults) > 0 {
		return fmt.Errorf("maintenance: the state can't be read: %w", errors.Join(faults...))
	}
	read := State{
		d.Level, d.Start, d.End, d.Message, d.Reason, d.ChangedBy, d.ChangedAt, d.Via, time.Duration(d.Hold), d.Revision, d.ID, "", "", "",
	}.withWork(work).withPasses(passes).normal()
	if len(members) > 0 {
		unknown, err := verbatim(members)
		if err != nil {
			return fmt.Errorf("maintenance: the state can't be read: %w", err)
		}
		read.unknown = string(unknown)
	}
	if err := read.Validate(); err != nil {
		return err
	}
	if len(work) > 0 && read.work == "" && read.Level != Off {
		return fmt.Errorf("maintenance: the state can't be read: \"work\": %s", remedy("work"))
	}
	*s = read
	return nil
}

// doubled finds a member that stands twice in an object, where encoding/json
// would take the last in silence. The text has passed the syntax check.
func doubled(text []byte) (string, bool) {
	seen := make(map[string]bool)
	dec := json.NewDecoder(bytes.NewReader(text))
	_, _ = dec.Token() // the opening brace
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return "", false
		}
		if seen[name] {
			return name, true
		}
		seen[name] = true
	}
	return "", false
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// because places a syntax error by line and column, as an editor counts them.
func because(text []byte, err error) string {
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &syntax):
		return ""
	case strings.HasPrefix(syntax.Error(), "unexpected end"):
		return ": it ends too early"
	default:
		before := string(text[:max(1, syntax.Offset)-1])
		line := strings.Count(before, "\n") + 1
		column := utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
		return fmt.Sprintf(": line %d, column %d: %v", line, column, syntax)
	}
}

// remedy says what to write where encoding/json names Go's types.
func remedy(member string) string {
	switch member {
	case "level":
		return "write \"off\", \"read-only\" or \"on\""
	case "start", "end", "changed_at":
		return "write a time in RFC 3339, such as \"2026-11-22T01:00:00Z\""
	case "work":
		return "leave it out; a command that works under the state sets it"
	case "passes":
		return "leave them out; the command ginmaint pass sets them"
	case "hold":
		return "write a length of time in quotes, such as \"15s\""
	case "revision":
		return "write a whole number from 0 up, or leave it out"
	}
	return "write a text in quotes"
}
