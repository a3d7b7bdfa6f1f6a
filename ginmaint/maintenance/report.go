package maintenance

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Report is what a Drain found.
type Report struct {
	State    State     // the document that was proven, or waited for
	Drained  bool      // nothing that its level refuses runs any more
	Local    bool      // the store keeps no roster: the report speaks of this process alone
	Total    int       // entries in the roster, but for those of processes that have ended before they served
	Pending  []Pending // those that the drain waits for
	Allowed  []Pending // lost ones that AllowLost counts as drained: a risk taken, not a proof
	Declared []Pending // lost ones whose work has ended by their own declaration: WorkLimit
	Ended    []Replica // those that have ended work by force in this drain: see Replica.Ended
	Note     string    // what else the drain waits for; empty where nothing
	Vouched  string    // the option by which the store's owner vouches for what its server can't tell; empty where the server itself has told
	Waited   time.Duration
}

// Pending is a replica that a drain waits for, and why.
type Pending struct {
	Replica Replica
	Cause   Cause
	LostFor time.Duration // since its last renewal was first seen; zero where it is not lost
}

// Cause is why a drain waits for a replica.
type Cause uint8

// The causes.
const (
	Waiting Cause = iota // it has not acknowledged the document
	Busy                 // work that the level refuses still runs there
	Lost                 // it has not renewed its entry for longer than its lease
	Unknown              // it stands for replicas that a lost roster may have held
)

var causeNames = [...]string{"waiting", "busy", "lost", "unknown"}

// String returns "waiting", "busy", "lost" or "unknown".
func (c Cause) String() string {
	if int(c) < len(causeNames) {
		return causeNames[c]
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// MarshalText implements encoding.TextMarshaler.
func (c Cause) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Cause) UnmarshalText(text []byte) error {
	for cause, name := range causeNames {
		if string(text) == name {
			*c = Cause(cause)
			return nil
		}
	}
	return fmt.Errorf("maintenance: unknown cause %q: write waiting, busy, lost or unknown", clip(string(text)))
}

// MarshalJSON writes snake_case members. Lengths of time are in seconds.
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(reportJSON{
		r.State, r.Drained, r.Local, r.Total, orEmpty(r.Pending), orEmpty(r.Allowed), r.Declared, r.Ended, r.Note, r.Vouched, r.Waited.Seconds(),
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Report) UnmarshalJSON(text []byte) error {
	var j reportJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("maintenance: the report can't be read: %w", err)
	}
	*r = Report{j.State, j.Drained, j.Local, j.Total, j.Pending, j.Allowed, j.Declared, j.Ended, j.Note, j.Vouched, ofSeconds(j.Waited)}
	return nil
}

// MarshalJSON writes snake_case members. Lengths of time are in seconds.
func (p Pending) MarshalJSON() ([]byte, error) {
	return json.Marshal(pendingJSON{p.Replica, p.Cause, p.LostFor.Seconds()})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Pending) UnmarshalJSON(text []byte) error {
	var j pendingJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return fmt.Errorf("maintenance: the pending replica can't be read: %w", err)
	}
	*p = Pending{j.Replica, j.Cause, ofSeconds(j.LostFor)}
	return nil
}

type reportJSON struct {
	State    State     `json:"state"`
	Drained  bool      `json:"drained"`
	Local    bool      `json:"local,omitempty"`
	Total    int       `json:"total"`
	Pending  []Pending `json:"pending"`
	Allowed  []Pending `json:"allowed"`
	Declared []Pending `json:"declared,omitempty"`
	Ended    []Replica `json:"ended,omitempty"`
	Note     string    `json:"note,omitempty"`
	Vouched  string    `json:"vouched,omitempty"`
	Waited   float64   `json:"waited_seconds"`
}

type pendingJSON struct {
	Replica Replica `json:"replica"`
	Cause   Cause   `json:"cause"`
	LostFor float64 `json:"lost_for_seconds,omitempty"`
}

// orEmpty makes a list that is never null in JSON.
func orEmpty(list []Pending) []Pending {
	if list == nil {
		return []Pending{}
	}
	return list
}

func ofSeconds(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }

// String says who is waited for and why, in one line.
func (p Pending) String() string {
	who := p.Replica.who()
	switch p.Cause {
	case Busy:
		return who + ": " + p.Replica.work() + p.Replica.silence()
	case Lost:
		last := "had not acknowledged"
		if p.Replica.Reads+p.Replica.Writes > 0 {
			last = "had " + p.Replica.work()
		}
		text := fmt.Sprintf("%s: lost for %s%s; when last heard of it %s", who, p.LostFor.Round(time.Second), p.Replica.silence(), last)
		if limit := p.Replica.WorkLimit; limit > 0 && !outlasts(p.LostFor, p.Replica.Lease, margin, limit) {
			text += fmt.Sprintf("; by its own word (WorkLimit %s) it has ended once this drain has waited for lease, limit and a second", limit)
		}
		return text
	case Unknown:
		return fmt.Sprintf("%s: the store lost its roster, and nobody knows whether replicas were lost with it; look, then forget this entry", p.Replica.ID)
	}
	return who + ": has not acknowledged the change yet" + p.Replica.silence()
}

func (r Replica) who() string {
	if r.Name == "" {
		return r.ID
	}
	return r.Name + " (" + r.ID + ")"
}

// silence tells of a replica that has renewed its entry too long ago, by the store's
// clock: it looks lost, and a drain finds out by its own. Whether it lives nobody knows
// before, but one that has missed a renewal or two may well be gone.
func (r Replica) silence() string {
	switch {
	case r.Silent > r.Lease+margin:
		return ", silent for " + r.Silent.Round(time.Second).String()
	case r.Silent > 2*time.Second && r.Silent > r.twoRenewals():
		return ", last heard of " + r.Silent.Round(time.Second).String() + " ago"
	}
	return ""
}

// twoRenewals is the longest time in which two renewals come: a lease is three polls at
// least under FailClosed, and else ten.
func (r Replica) twoRenewals() time.Duration {
	if r.FailsClosed {
		return r.Lease / 3 * 2
	}
	return r.Lease / leasePolls * 2
}

func (r Replica) work() string {
	text := inFlight(r.Reads, r.Writes) + " in flight"
	if !r.Since.IsZero() && !r.RenewedAt.IsZero() && r.RenewedAt.After(r.Since) {
		text += fmt.Sprintf(", the oldest for at least %s", r.RenewedAt.Sub(r.Since).Round(time.Second))
	}
	return text
}

func inFlight(reads, writes int64) string {
	var parts []string
	for _, class := range []struct {
		n    int64
		name string
	}{{reads, "read"}, {writes, "write"}} {
		switch {
		case class.n == 1:
			parts = append(parts, "1 "+class.name)
		case class.n > 0:
			parts = append(parts, fmt.Sprintf("%d %ss", class.n, class.name))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " and ")
}

// String says in a few lines how the drain stands.
func (r Report) String() string {
	var b strings.Builder
	scope := fmt.Sprintf("%d replicas", r.Total)
	switch {
	case r.Local:
		scope = "this process alone"
	case r.Total == 1:
		scope = "1 replica"
	}
	if r.Drained {
		fmt.Fprintf(&b, "drained after %s, %s", r.Waited.Round(time.Millisecond), scope)
	} else {
		fmt.Fprintf(&b, "not drained after %s, %d pending of %s", r.Waited.Round(time.Millisecond), len(r.Pending), scope)
	}
	if r.Note != "" {
		b.WriteString("\n  " + r.Note)
	}
	if r.Vouched != "" {
		b.WriteString("\n  on the owner's word (" + r.Vouched + "): this store can't tell whether it lost a replica's entry")
	}
	tell := func(p Pending, note string) {
		b.WriteString("\n  " + note + p.String())
		for _, running := range p.Replica.Running {
			b.WriteString("\n    " + running.String())
		}
	}
	for _, p := range r.Pending {
		tell(p, "")
	}
	for _, p := range r.Allowed {
		tell(p, "allowed, not proven: ")
	}
	for _, p := range r.Declared {
		tell(p, fmt.Sprintf("ended by its own word (WorkLimit %s), not proven: ", p.Replica.WorkLimit))
	}
	for _, replica := range r.Ended {
		b.WriteString("\n  " + replica.who() + ": ended by force: " + together(replica.Ended))
	}
	return b.String()
}
