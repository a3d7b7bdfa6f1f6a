package maintenance

import (
	"encoding/json"
	"testing"
)

// FuzzState looks for a document that panics, or that is another one after it
// was written and read again.
func FuzzState(f *testing.F) {
	for _, seed := range []string{
		`{"level":"on"}`,
		`{"level":"read-only","start":"2026-11-22T12:00:00.123456789+01:00","end":"2026-11-23T00:00:00Z"}`,
		`{"level":"off","message":"<ä\n\t\u2028>","reason":"r","changed_by":"c","changed_at":"1970-01-01T00:00:00Z","revision":7,"id":"x"}`,
		`{"level":"on","x":{"y":[1e999,"\ud800"]},"":null,"LEVEL":"off"}`,
		`{"level":"on","level":"off"}`,
		"{\"level\":\"on\",\"\xff\":\"\xff\"}",
		"{\"level\":\n",
		`null`, `[]`, `{}`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s State
		if err := s.UnmarshalJSON(text); err != nil {
			if s != (State{}) {
				t.Fatalf("a failed read left %+v", s)
			}
			return
		}
		for _, write := range []func() ([]byte, error){s.MarshalJSON, func() ([]byte, error) { return json.Marshal(s) }} {
			written, err := write()
			if err != nil {
				t.Fatalf("%q was read and can't be written: %v", text, err)
			}
			var again State
			if err := again.UnmarshalJSON(written); err != nil {
				t.Fatalf("%q was written as %q, which can't be read: %v", text, written, err)
			}
			// json.Marshal escapes < and > for web pages, so the members that
			// are not known are compared as they are written plainly.
			if again.unknown = s.unknown; again != s {
				t.Fatalf("%q came back as %q", text, written)
			}
		}
		plain, _ := s.MarshalJSON()
		var again State
		if err := again.UnmarshalJSON(plain); err != nil || again != s {
			t.Fatalf("%q came back as %q: %v", text, plain, err)
		}
	})
}

// FuzzParseLevel looks for a text that reads as a level and is not its text.
func FuzzParseLevel(f *testing.F) {
	for _, seed := range []string{"off", "read-only", "on", "On", "", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := ParseLevel(text); err == nil && l.String() != text {
			t.Fatalf("%q was read as %s", text, l)
		}
	})
}
