package maintenance

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const hour = time.Hour

func TestAt(t *testing.T) {
	window := State{Level: ReadOnly, Start: noon, End: noon.Add(hour)}
	for _, c := range []struct {
		name  string
		state State
		at    time.Time
		want  Level
	}{
		{"the zero State", State{}, noon, Off},
		{"no window", State{Level: On}, noon, On},
		{"just before the start", window, noon.Add(-1), Off},
		{"at the start", window, noon, ReadOnly},
		{"just before the end", window, noon.Add(hour - 1), ReadOnly},
		{"at the end", window, noon.Add(hour), Off},
		{"start alone, before", State{Level: On, Start: noon}, noon.Add(-1), Off},
		{"start alone, long after", State{Level: On, Start: noon}, noon.AddDate(50, 0, 0), On},
		{"end alone, long before", State{Level: On, End: noon}, noon.AddDate(-50, 0, 0), On},
		{"end alone, at it", State{Level: On, End: noon}, noon, Off},
		{"another zone", window, noon.In(time.FixedZone("east", 9*3600)), ReadOnly},
		{"off in a window", State{Start: noon, End: noon.Add(hour)}, noon, Off},
		{"an end before the start", State{Level: On, Start: noon.Add(hour), End: noon}, noon.Add(2 * hour), Off},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, c.state.At(c.at)) })
	}
}

func TestValidateNamesAllFaults(t *testing.T) {
	err := State{
		Level:     7,
		Start:     time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		End:       time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		ChangedAt: time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC),
		Message:   "a\x00b",
		Reason:    strings.Repeat("x", 513),
		ChangedBy: "\xff",
	}.Validate()
	require.EqualError(t, err, `maintenance: the state is not valid: level: there is no level 7
start: the year 10000 is outside 1970 to 9999
end: the year 0 is outside 1970 to 9999
changed_at: the year 1969 is outside 1970 to 9999
end: 0000-01-01T00:00:00Z is not after start, 10000-01-01T00:00:00Z
message: control character U+0000 at byte 1; only line breaks and tabs may stand there
reason: 513 bytes are too long, at most 512 fit
changed_by: the text is not valid UTF-8`)
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name  string
		state State
		fault string // empty: valid
	}{
		{"the zero State", State{}, ""},
		{"the longest message", State{Message: strings.Repeat("m", MaxMessage)}, ""},
		{"line breaks and tabs", State{Message: "a\n\tb", Reason: "a\n\tb"}, ""},
		{"an end without a start", State{Level: On, End: noon}, ""},
		{"the first and the last year", State{Start: time.Unix(0, 0), End: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}, ""},
		{"one byte too many", State{Message: strings.Repeat("m", MaxMessage+1)}, "message: 2049 bytes are too long, at most 2048 fit"},
		{"a carriage return", State{Message: "a\r\nb"}, "message: control character U+000D at byte 1"},
		{"an escape sequence", State{ChangedBy: "\x1b[2J"}, "changed_by: control character U+001B at byte 0"},
		{"a C1 control character", State{Reason: "é\u0085"}, "reason: control character U+0085 at byte 2"},
		{"an end at the start", State{Level: On, Start: noon, End: noon}, "end: 2026-11-22T12:00:00Z is not after start, 2026-11-22T12:00:00Z"},
		{"year 10000 in UTC alone", State{End: time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("west", -2*3600))}, "end: the year 10000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.state.Validate()
			if c.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.fault)
		})
	}
}

func TestNormal(t *testing.T) {
	east := time.FixedZone("east", 9*3600)
	s := State{Start: time.Now().In(east), End: noon.Add(1999).In(east)}.normal()
	assert.Equal(t, time.UTC, s.Start.Location())
	assert.NotContains(t, s.Start.String(), "m=", "a monotonic reading makes equal times differ")
	assert.Equal(t, noon.Add(time.Microsecond), s.End, "every store keeps microseconds, none has to keep more")
	assert.True(t, s.ChangedAt.IsZero())
	assert.Equal(t, s, s.normal())
}
