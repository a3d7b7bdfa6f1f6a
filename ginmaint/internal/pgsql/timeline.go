package pgsql

import (
	"errors"
	"sync"
	"time"
)

// Statements are those of one store, as its server takes them. Amazon Aurora refuses the
// timeline below wal_level=logical, and databases that only speak PostgreSQL's protocol lack
// it. There everything works without it, but the proof of a drain.
type Statements struct {
	Queries
	untold Queries // without the timeline

	mu    sync.Mutex
	why   string    // what the server said that does not tell it
	again time.Time // when it is asked for it again
}

// believed is how long a server is taken for one that does not tell its timeline. Each
// question that it refuses is an error in its log; what it could tell from then on is missed
// for so long.
const believed = time.Minute

// Ask sends one statement, and again without the timeline where the server does not tell
// it. untold is then what it said, and empty where it tells. Both are safe to mix: the
// incarnation of a roster differs with and without, so that what was told in one proves
// nothing in the other.
func (s *Statements) Ask(send func(*Queries) error) (untold string, err error) {
	if untold = s.known(); untold != "" {
		return untold, send(&s.untold)
	}
	refused := send(&s.Queries)
	if !lacking(refused) {
		return "", refused
	}
	if err = send(&s.untold); lacking(err) {
		return "", err // something else is missing
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.why, s.again = refused.Error(), time.Now().Add(believed)
	return s.why, err
}

func (s *Statements) known() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().After(s.again) {
		return ""
	}
	return s.why
}

// lacking tells whether the server says that it does not have, or not give, what it was
// asked for.
func lacking(err error) bool {
	var server interface{ SQLState() string }
	if !errors.As(err, &server) {
		return false
	}
	switch server.SQLState() {
	case "55000", "42883", "0A000": // not in the state for it, no such function, not supported
		return true
	}
	return false
}

// Doubt says why no drain can be proven, from what Ask returned and whether the server is
// Amazon Aurora; it is empty where one can.
func Doubt(untold string, aurora bool) string {
	switch {
	case untold != "":
		return "this server does not tell its timeline (" + untold + ")"
	case aurora:
		return "this server is Amazon Aurora, whose fail-overs may leave the timeline as it was"
	}
	return ""
}
