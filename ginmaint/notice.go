package ginmaint

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// notice is what an answer speaks of.
type notice struct {
	level maintenance.Level
	state maintenance.State // the zero one where the refusal has another reason than the state
}

func noticeOf(s *maintenance.Snapshot, l maintenance.Level) notice {
	n := notice{level: l}
	if speaksOf(s) {
		n.state = s.State.Public()
	}
	return n
}

// public is the state as the application's templates and functions are given it:
// its Level is the one in force.
func (n notice) public() maintenance.State {
	n.state.Level = n.level
	return n.state
}

// speaksOf tells whether the state is why the service is closed: its level is in
// force, or would be if the store still confirmed it.
func speaksOf(s *maintenance.Snapshot) bool {
	if s.Trusted {
		return s.InForce != maintenance.Off
	}
	return s.State.At(time.Now()) != maintenance.Off
}

// sentence is what a visitor is told in words.
func (n notice) sentence() string {
	switch {
	case n.state.Message != "":
		return n.state.Message
	case n.level == maintenance.ReadOnly:
		return "The service is read-only for maintenance. Please try again later."
	}
	return "The service is down for maintenance. Please try again later."
}

// problem is the answer for programs, RFC 9457, with the level, the window and the
// wait as members of our own.
func problem(status int, n notice, retryAfter int64) []byte {
	title := http.StatusText(status)
	if title == "" {
		title = "Maintenance"
	}
	body, err := json.Marshal(struct {
		Type        string            `json:"type"`
		Title       string            `json:"title"`
		Status      int               `json:"status"`
		Detail      string            `json:"detail"`
		Maintenance maintenance.Level `json:"maintenance"`
		End         time.Time         `json:"end,omitzero"`
		RetryAfter  int64             `json:"retry_after"`
	}{"about:blank", title, status, n.sentence(), n.level, n.state.End, retryAfter})
	if err != nil { // a state that was loaded is valid
		return []byte(`{"type":"about:blank","title":"Maintenance"}`)
	}
	return body
}

// wait is how long a visitor is told to stay away.
type wait struct {
	seconds int64
	header  []string
}

// defaultRetryAfter is the wait where neither the state nor the Config names one.
const defaultRetryAfter = time.Minute

// spread is over how many seconds the visitors come back, each in one of them, when
// a maintenance ends whose end they all were told, or that they all ran into at once:
// each answer adds 0 to 15 seconds to the wait, in turn. Clients in step stay in step
// without such jitter: Brooker, "Exponential Backoff And Jitter", AWS Architecture
// Blog, 2015. Retry-After has whole seconds (RFC 9110, section 10.2.3), so 16 of them
// divide the first rush by 16, and keep nobody away much longer than needed.
const spread = 16

// waits hands them out, and keeps the last ones, each at the place that its seconds
// say: 16 in a row have one each.
type waits struct {
	configured time.Duration // where the state names no end; 0: the default, spread
	turn       atomic.Uint64
	last       [spread]atomic.Pointer[wait]
}

// next returns how long the next visitor has to stay away.
func (w *waits) next(s *maintenance.Snapshot) *wait {
	var n int64
	switch {
	case !s.State.End.IsZero() && speaksOf(s):
		n = seconds(time.Until(s.State.End)) + w.more()
	case w.configured != 0:
		n = seconds(w.configured)
	default:
		n = seconds(defaultRetryAfter) + w.more()
	}
	place := &w.last[n%spread]
	if kept := place.Load(); kept != nil && kept.seconds == n {
		return kept
	}
	fresh := &wait{n, []string{strconv.FormatInt(n, 10)}}
	place.Store(fresh)
	return fresh
}

func (w *waits) more() int64 { return int64(w.turn.Add(1) % spread) }

// seconds returns a wait in whole seconds, rounded up, at least one. An End in the
// year 9999 saturates the wait, and adding to it would overflow.
func seconds(wait time.Duration) int64 {
	return max(1, int64((wait-1)/time.Second)+1)
}
