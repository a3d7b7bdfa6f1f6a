package cli

import (
	"fmt"
	"strings"
	"time"
)

// moment reads a time as people write it: RFC 3339, "2006-01-02 15:04" or
// "15:04" in the zone of now, or "+10m" from now on. A time of day is the next
// one after after.
//
// Clocks that are set back pass an hour twice, and set forward they pass over
// one: a time that is there twice or not at all is an error.
func moment(text string, now, after time.Time) (time.Time, error) {
	if later, ok := strings.CutPrefix(text, "+"); ok {
		d, err := time.ParseDuration(later)
		if err != nil || d < 0 {
			return time.Time{}, fmt.Errorf("%q is no length of time; write one such as +10m or +1h30m", text)
		}
		return now.Add(d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	if t, err := time.Parse("2006-01-02 15:04", text); err == nil {
		return onTheClock(t, now.Location())
	}
	clock, err := time.Parse("15:04", text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no time; write 15:04, \"2006-01-02 15:04\", 2006-01-02T15:04:05Z or +10m", text)
	}
	day := after.In(now.Location())
	for ahead := range 3 {
		t, err := onTheClock(time.Date(day.Year(), day.Month(), day.Day()+ahead, clock.Hour(), clock.Minute(), 0, 0, time.UTC), now.Location())
		if err != nil || t.After(after) {
			return t, err
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time of the next days; write the date as well", text)
}

// onTheClock returns when the clocks of a zone show what wall says.
func onTheClock(wall time.Time, zone *time.Location) (time.Time, error) {
	const layout = "2006-01-02 15:04"
	var found []time.Time
	// No zone changes its offset by more than a day, or twice within two.
	for _, around := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(around).In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if t.Format(layout) == wall.Format(layout) && (len(found) == 0 || !t.Equal(found[0])) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return time.Time{}, fmt.Errorf("%s is never: the clocks are set forward over it; write another time", wall.Format(layout))
	}
	return time.Time{}, fmt.Errorf("%s comes twice, as the clocks are set back; write %s or %s",
		wall.Format(layout), found[0].Format(time.RFC3339), found[1].Format(time.RFC3339))
}

// stamp writes a time so that it can't be misread, with how far away it is.
func stamp(t, now time.Time) string {
	text := t.In(now.Location()).Format(time.RFC3339)
	if away := t.Sub(now); away > 0 {
		return text + " (in " + span(away) + ")"
	}
	return text
}

// now is the present, in the zone of the terminal.
func now() time.Time { return time.Now().Local() }
