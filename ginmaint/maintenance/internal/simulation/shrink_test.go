package simulation

import "testing"

// mostTries bounds how long a script is shrunk.
const mostTries = 2000

// shrink takes events out of a script for as long as it still breaks the rule: half
// of them at once at first, then smaller parts, and in the end one by one (delta
// debugging). What is left may be told by a person.
func (s script) shrink(t *testing.T, rule string) script {
	part := len(s.events) / 2
	for tries := 0; part > 0; {
		smaller := false
		for from := 0; from < len(s.events); {
			if tries++; tries > mostTries {
				return s
			}
			less := s
			less.events = append(append([]event(nil), s.events[:from]...), s.events[min(from+part, len(s.events)):]...)
			if less.run(t, false).rule == rule {
				s, smaller = less, true
			} else {
				from += part
			}
		}
		switch {
		case !smaller:
			part /= 2
		case part > 1:
			part = min(part, max(1, len(s.events)/2))
		}
	}
	return s
}
