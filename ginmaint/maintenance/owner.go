package maintenance

import "fmt"

// Owner tells whether somebody works under a document: see Mode.Engage. An order
// that opens the service then opens it under that work.
type Owner uint8

// The owners.
const (
	Nobody  Owner = iota // an order that stands until the next one
	Working              // somebody's work goes on, or was killed
	Failed               // it went wrong, and left the level in force; the next Engage takes over
)

var ownerNames = [...]string{"nobody", "working", "failed"}

// String returns "nobody", "working" or "failed".
func (o Owner) String() string {
	if int(o) < len(ownerNames) {
		return ownerNames[o]
	}
	return fmt.Sprintf("Owner(%d)", uint8(o))
}

// MarshalText implements encoding.TextMarshaler.
func (o Owner) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Owner) UnmarshalText(text []byte) error {
	for owner, name := range ownerNames {
		if string(text) == name {
			*o = Owner(owner)
			return nil
		}
	}
	return fmt.Errorf("maintenance: unknown owner %q: write nobody, working or failed", clip(string(text)))
}
