package maintenance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStateJSON(t *testing.T) {
	for _, c := range []struct {
		name  string
		state State
		text  string
	}{
		{"the zero State", State{}, `{"level":"off"}`},
		{"a level alone", State{Level: On}, `{"level":"on"}`},
		{
			"everything",
			State{
				Level: ReadOnly, Start: noon, End: noon.Add(hour + time.Microsecond), Message: "a <b> & \"c\"\n", Reason: "r",
				ChangedBy: "ann", ChangedAt: noon, Revision: 1<<64 - 1, ID: "X",
			},
			`{"level":"read-only","start":"2026-11-22T12:00:00Z","end":"2026-11-22T13:00:00.000001Z",` +
				`"message":"a <b> & \"c\"\n","reason":"r","changed_by":"ann","changed_at":"2026-11-22T12:00:00Z",` +
				`"revision":18446744073709551615,"id":"X"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := c.state.MarshalJSON()
			require.NoError(t, err)
			assert.Equal(t, c.text, string(text))
			var read State
			require.NoError(t, json.Unmarshal(text, &read))
			assert.Equal(t, c.state, read)
		})
	}
}

func TestStateJSONReadsWhatPeopleWrite(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       State
	}{
		{"white space", " {\r\n\t\"level\" : \"on\"\n}\n", State{Level: On}},
		{"another zone", `{"level":"on","end":"2026-11-22T13:00:00+01:00"}`, State{Level: On, End: noon}},
		{"null where nothing is meant", `{"level":"on","start":null,"message":null,"revision":null}`, State{Level: On}},
		{"escapes", `{"l\u0065vel":"\u006fn"}`, State{Level: On}},
		{"nanoseconds", `{"level":"on","end":"2026-11-22T12:00:00.000000999Z"}`, State{Level: On, End: noon}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var read State
			require.NoError(t, read.UnmarshalJSON([]byte(c.text)))
			assert.Equal(t, c.want, read)
		})
	}
}

func TestStateJSONRefuses(t *testing.T) {
	const (
		noObject = `maintenance: the state is not a JSON object, such as {"level":"on"}`
		noLevel  = `maintenance: the state has no "level"; it is one of off, read-only, on`
		oddLevel = `maintenance: the state can't be read: "level": write "off", "read-only" or "on"`
		oddTime  = `write a time in RFC 3339, such as "2026-11-22T01:00:00Z"`
	)
	for _, c := range []struct{ name, text, fault string }{
		{"nothing", ``, noObject + ": it ends too early"},
		{"null", `null`, noObject},
		{"a text", `"on"`, noObject},
		{"a number", `1`, noObject},
		{"a list", `[{"level":"on"}]`, noObject},
		{"no level", `{}`, noLevel},
		{"a level of null", `{"level":null}`, noLevel},
		{"a member in capitals", `{"Level":"on"}`, noLevel},
		{"a number as the level", `{"level":2}`, oddLevel},
		{"a boolean as the level", `{"level":true}`, oddLevel},
		{"a level in capitals", `{"level":"On"}`, oddLevel},
		{"an unknown level", `{"level":"maybe"}`, oddLevel},
		{"an empty level", `{"level":""}`, oddLevel},
		{"a level in a list", `{"level":["on"]}`, oddLevel},
		{"the level twice", `{"level":"on","level":"off"}`, `maintenance: the state names "level" twice; leave one of them`},
		{"the level twice, escaped", `{"level":"on","l\u0065vel":"off"}`, `names "level" twice`},
		{"an unknown member twice", `{"level":"on","x":[{}],"x":2}`, `names "x" twice`},
		{"cut off", `{"level":"on"`, ": it ends too early"},
		{"cut off in a text", `{"level":"o`, ": it ends too early"},
		{"trailing garbage", `{"level":"on"}}`, ": line 1, column 15: invalid character '}' after top-level value"},
		{"two documents", "{\"level\":\"on\"}\n{\"level\":\"off\"}", ": line 2, column 1: invalid character '{' after top-level value"},
		{"a trailing comma", `{"level":"on",}`, ": line 1, column 15: invalid character '}' looking for beginning of object key string"},
		{"a comment", "{\n  \"level\": \"on\", // now\n}", ": line 2, column 18: invalid character '/'"},
		{"a fault behind other letters", `{"message":"ä€","level":on}`, ": line 1, column 25: invalid character 'o'"},
		{"a line break in a text", "{\"level\":\"on\n\"}", `: line 1, column 13: invalid character '\n' in string literal`},
		{"a byte order mark", "\ufeff{\"level\":\"on\"}", ": line 1, column 1: invalid character"},
		{"zero bytes", "\x00\x00", ": line 1, column 1: invalid character"},
		{"deep nesting", `{"level":"on","x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, "exceeded max depth"},
		{"invalid UTF-8", "{\"level\":\"on\",\"message\":\"\xff\"}", "maintenance: the state is not valid UTF-8"},
		{"invalid UTF-8 in an unknown member", "{\"level\":\"on\",\"\xc3\":1}", "maintenance: the state is not valid UTF-8"},
		{"a control character", `{"level":"on","message":"\u0007"}`, "message: control character U+0007 at byte 0"},
		{"a huge message", `{"level":"on","message":"` + strings.Repeat("m", 1<<20) + `"}`, "message: 1048576 bytes are too long"},
		{"a message that is no text", `{"level":"on","message":7}`, `"message": write a text in quotes`},
		{"a negative revision", `{"level":"on","revision":-1}`, `"revision": write a whole number from 0 up, or leave it out`},
		{"half a revision", `{"level":"on","revision":1.5}`, `"revision": write a whole number`},
		{"a revision past 64 bits", `{"level":"on","revision":18446744073709551616}`, `"revision": write a whole number`},
		{"a revision in quotes", `{"level":"on","revision":"1"}`, `"revision": write a whole number`},
		{"a number as a time", `{"level":"on","end":1795000000}`, `"end": ` + oddTime},
		{"a date alone", `{"level":"on","start":"2026-11-22"}`, `"start": ` + oddTime},
		{"a time without a zone", `{"level":"on","changed_at":"2026-11-22T01:00:00"}`, `"changed_at": ` + oddTime},
		{"year 10000", `{"level":"on","end":"10000-01-01T00:00:00Z"}`, `"end": ` + oddTime},
		{"year 10000 in UTC alone", `{"level":"on","end":"9999-12-31T23:59:59-01:00"}`, "end: the year 10000 is outside 1970 to 9999"},
		{"year 0", `{"level":"on","start":"0000-01-01T00:00:00Z"}`, "start: the year 0 is outside 1970 to 9999"},
		{"before 1970", `{"level":"on","start":"1969-12-31T23:59:59Z"}`, "start: the year 1969 is outside"},
		{"the end before the start", `{"level":"on","start":"2026-11-22T12:00:00Z","end":"2026-11-22T11:59:59Z"}`, "is not after start"},
		{"the end less than a microsecond after the start", `{"level":"on","start":"2026-11-22T12:00:00Z","end":"2026-11-22T12:00:00.000000999Z"}`, "is not after start"},
		{"several faults", `{"level":"x","end":1,"id":2}`, "\"level\": write \"off\", \"read-only\" or \"on\"\n\"end\": " + oddTime + "\n\"id\": write a text in quotes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept := State{Level: On, ID: "before"}
			err := kept.UnmarshalJSON([]byte(c.text))
			require.ErrorContains(t, err, c.fault)
			assert.NotContains(t, err.Error(), "Go value", "an error speaks to people, not of types")
			assert.Less(t, len(err.Error()), 1000, "an error must not fill a log")
			assert.Equal(t, State{Level: On, ID: "before"}, kept, "a failed read must not touch its target")
			assert.Error(t, json.Unmarshal([]byte(c.text), &kept))
		})
	}
}

func TestStateJSONRefusesToWrite(t *testing.T) {
	for name, s := range map[string]State{
		"a level that does not exist":     {Level: 3},
		"a control character":             {Message: "\x00"},
		"year 10000":                      {End: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"an end equal to the microsecond": {Start: noon, End: noon.Add(500)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.MarshalJSON()
			assert.ErrorContains(t, err, "maintenance: the state is not valid")
		})
	}
}

func TestUnknownMembersAreKept(t *testing.T) {
	members := []string{
		`"zone":"<b> & \u0041\u2028"`,
		`"Level":"off"`,
		`"amount":1.10e+2`,
		`"big":123456789012345678901234567890`,
		`"nested":{"b":[1,null,true],"a":""}`,
		`"":0`,
		`"<key>":1`,
	}
	text := fmt.Sprintf(`{%s,"level":"on",%s}`, strings.Join(members[:3], ","), strings.Join(members[3:], ","))
	var s State
	require.NoError(t, s.UnmarshalJSON([]byte(text)))
	assert.Equal(t, On, s.Level)

	for range 3 { // as many saves
		written, err := s.MarshalJSON()
		require.NoError(t, err)
		for _, member := range members {
			assert.Contains(t, string(written), member)
		}
		assert.JSONEq(t, text, string(written))
		var again State
		require.NoError(t, again.UnmarshalJSON(written))
		assert.Equal(t, s, again, "a State has to stay comparable with what it was read from")
		s = again
	}
}
