package cli

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMoment(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	lordHowe, err := time.LoadLocation("Australia/Lord_Howe") // half an hour
	require.NoError(t, err)
	const present = "2026-11-22T21:30:00+01:00"
	for _, test := range []struct {
		name, text string
		now        string
		zone       *time.Location
		want       string
	}{
		{"RFC 3339", "2026-11-22T01:00:00Z", present, berlin, "2026-11-22T01:00:00Z"},
		{"RFC 3339 with an offset", "2026-11-22T01:00:00-05:00", present, berlin, "2026-11-22T06:00:00Z"},
		{"date and time", "2026-12-01 01:00", present, berlin, "2026-12-01T00:00:00Z"},
		{"date and time in summer", "2027-07-01 01:00", present, berlin, "2027-06-30T23:00:00Z"},
		{"time of day to come", "22:15", present, berlin, "2026-11-22T21:15:00Z"},
		{"time of day gone by", "01:00", present, berlin, "2026-11-23T00:00:00Z"},
		{"this very minute", "21:30", present, berlin, "2026-11-23T20:30:00Z"},
		{"last day of the year", "01:00", "2026-12-31T12:00:00+01:00", berlin, "2027-01-01T00:00:00Z"},
		{"on the eve of a clock change", "04:00", "2026-03-28T23:00:00+01:00", berlin, "2026-03-29T02:00:00Z"},
		{"minutes from now", "+10m", present, berlin, "2026-11-22T20:40:00Z"},
		{"hours from now", "+1h30m", present, berlin, "2026-11-22T22:00:00Z"},
		{"before the half hour is passed over", "2026-10-04 01:59", present, lordHowe, "2026-10-03T15:29:00Z"},
		{"after it", "2026-10-04 02:30", present, lordHowe, "2026-10-03T15:30:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, test.now)
			require.NoError(t, err)
			now = now.In(test.zone)
			got, err := moment(test.text, now, now)
			require.NoError(t, err)
			assert.Equal(t, test.want, got.UTC().Format(time.RFC3339))
		})
	}
}

func TestMomentRefuses(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Date(2026, 11, 22, 21, 30, 0, 0, berlin)
	for _, test := range []struct{ name, text, says string }{
		{"nothing", "", "is no time; write 15:04"},
		{"a word", "tomorrow", "is no time; write 15:04"},
		{"a date alone", "2026-11-23", "is no time; write 15:04"},
		{"an hour that is none", "25:00", "is no time; write 15:04"},
		{"a length without a sign", "10m", "is no time; write 15:04"},
		{"a sign without a length", "+soon", "is no length of time"},
		{"backwards", "+-10m", "is no length of time"},
		{"passed over in spring", "2026-03-29 02:30", "2026-03-29 02:30 is never: the clocks are set forward"},
		{"twice in autumn", "2026-10-25 02:30", "comes twice, as the clocks are set back; write 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := moment(test.text, now, now)
			assert.ErrorContains(t, err, test.says)
		})
	}
}

// The end of a window is looked for behind its start.
func TestMomentAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 21, 30, 0, 0, time.UTC)
	start := time.Date(2026, 11, 25, 23, 0, 0, 0, time.UTC)
	end, err := moment("01:00", now, start)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-26T01:00:00Z", end.Format(time.RFC3339))
}

func FuzzMoment(f *testing.F) {
	for _, text := range []string{"15:04", "2026-11-22 01:00", "2026-11-22T01:00:00Z", "+10m", "+", "", "24:00"} {
		f.Add(text)
	}
	now := time.Date(2026, 11, 22, 21, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := moment(text, now, now)
		if err == nil && text[0] != '2' && len(text) == 5 && text[2] == ':' {
			assert.True(t, got.After(now) && got.Before(now.Add(25*time.Hour)), "%q became %s", text, got)
		}
	})
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                   "0s",
		time.Second:                         "1s",
		90 * time.Second:                    "1m30s",
		10 * time.Minute:                    "10m",
		2 * time.Hour:                       "2h",
		2*time.Hour + 5*time.Second:         "2h",
		2*time.Hour + 10*time.Minute:        "2h10m",
		26*time.Hour + 400*time.Millisecond: "26h",
	} {
		assert.Equal(t, want, span(d))
	}
}
