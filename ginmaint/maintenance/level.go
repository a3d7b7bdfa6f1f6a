package maintenance

import "fmt"

// Level says how much of the service is closed. A higher level refuses all
// that a lower one refuses.
type Level uint8

// The levels, from open to closed. The zero value is Off.
const (
	Off      Level = iota // everything is admitted
	ReadOnly              // reads are admitted, writes are refused
	On                    // nothing is admitted but what is exempt
)

var levelNames = [...]string{Off: "off", ReadOnly: "read-only", On: "on"}

// String returns "off", "read-only" or "on".
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// ParseLevel reads the text form of a level, in lower case as String writes it.
func ParseLevel(text string) (Level, error) {
	for l, name := range levelNames {
		if text == name {
			return Level(l), nil
		}
	}
	return Off, fmt.Errorf("maintenance: unknown level %q: write off, read-only or on", clip(text))
}

// MarshalText implements encoding.TextMarshaler. A level that does not exist
// is an error.
func (l Level) MarshalText() ([]byte, error) {
	if int(l) >= len(levelNames) {
		return nil, fmt.Errorf("maintenance: there is no level %d", uint8(l))
	}
	return []byte(levelNames[l]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Level) UnmarshalText(text []byte) error {
	parsed, err := ParseLevel(string(text))
	if err != nil {
		return err
	}
	*l = parsed
	return nil
}

// Refuses tells whether work of class a may not begin at this level.
func (l Level) Refuses(a Access) bool { return l >= On || l == ReadOnly && a == Write }

// Access is the class of a unit of work: what a level decides by.
type Access uint8

// The classes of work. What writes may read as well.
const (
	Read  Access = iota // leaves everything as it is
	Write               // may change something
)

// String returns "read" or "write".
func (a Access) String() string {
	if a == Read {
		return "read"
	}
	return "write"
}

// clip bounds a value quoted in an error, so that a hostile one fills no log.
func clip(text string) string {
	const most = 64
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
