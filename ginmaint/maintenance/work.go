package maintenance

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Work is somebody's work under a document: see Mode.Engage. It stands in the document
// until it is released, has failed, or an order takes the level away that it needs.
// Where its process was killed it stands there until then.
type Work struct {
	ID     string    `json:"id"`
	Level  Level     `json:"level"`            // that it needs
	Before Standing  `json:"before"`           // what the last one at work puts back
	By     string    `json:"by,omitempty"`     // who began it, at most 64 bytes
	Reason string    `json:"reason,omitempty"` // the same of the order's reason
	Since  time.Time `json:"since"`            // on the clock of that process
	Failed bool      `json:"failed,omitzero"`  // it went wrong and left its level in force: the next Engage takes over

	// Overtaken tells that another order was given since, also by an edit of the
	// document: it stays when the work ends. Work reads it off Order, the digest of
	// the order that the work has given or shares.
	Overtaken bool   `json:"-"`
	Order     string `json:"order"`
}

// Standing is what was ordered before somebody began to work.
type Standing struct {
	Level Level         `json:"level"`
	Start time.Time     `json:"start,omitzero"`
	End   time.Time     `json:"end,omitzero"`
	Hold  time.Duration `json:"hold,omitempty"` // in nanoseconds
}

func (s State) standing() Standing { return Standing{s.Level, s.Start, s.End, s.Hold} }

// state returns an order that stands so. Where it closes, visitors see this message.
func (b Standing) state(message string) State {
	s := State{Level: b.Level, Start: b.Start, End: b.End, Hold: b.Hold}
	if s.Level != Off {
		s.Message = message
	}
	return s
}

const (
	// mostWork bounds what a document grows by: killed processes leave their work there.
	mostWork = 8
	mostText = 64
)

// Work returns who works under the document, the first to begin first. Only Engage adds
// to it.
func (s State) Work() []Work {
	var all []Work
	if s.work == "" || json.Unmarshal([]byte(s.work), &all) != nil {
		return nil
	}
	order := s.digest()
	for i := range all {
		all[i].Overtaken = all[i].Order != order
	}
	return all
}

// withWork returns s with this work under it. Equal lists are equal texts.
func (s State) withWork(all []Work) State {
	s.work = ""
	if len(all) == 0 || s.Level == Off {
		return s
	}
	for i := range all {
		for _, t := range []*time.Time{&all[i].Since, &all[i].Before.Start, &all[i].Before.End} {
			*t = t.UTC().Round(0).Truncate(time.Microsecond)
		}
	}
	if text, err := verbatim(all); err == nil { // no field can fail
		s.work = string(text)
	}
	return s
}

// signed returns s as an order of this author and moment, which is shared by the work
// that has no other.
func (s State) signed(by string, now time.Time) State {
	s.ChangedBy, s.ChangedAt, s.Via = by, now, cmp.Or(s.Via, "code")
	s = s.normal()
	all := s.Work()
	for i := range all {
		if all[i].Order == "" {
			all[i].Order = s.digest()
		}
	}
	return s.withWork(all)
}

// Public returns the document as visitors may see it: without who changed it, when and
// why, who works under it, who is let in all the same, and the members that this release
// does not know.
func (s State) Public() State {
	s.Reason, s.ChangedBy, s.ChangedAt, s.Via = "", "", time.Time{}, ""
	s.work, s.passes, s.unknown = "", "", ""
	return s
}

// digest tells one order from another: it leaves out what changes without one.
func (s State) digest() string {
	s = s.normal()
	sum := sha256.Sum256(fmt.Append(nil, s.Level, s.Start.UnixMicro(), s.End.UnixMicro(), s.Hold,
		s.ChangedAt.UnixMicro(), "\n", s.ChangedBy, "\n", s.Reason, "\n", s.Message))
	return hex.EncodeToString(sum[:8])
}

// sameOrder tells whether s is other as a store has it.
func (s State) sameOrder(other State) bool {
	return s.digest() == other.digest() && s.work == other.work && s.passes == other.passes
}

// Exposed returns who works under s and would find the service open if next were saved
// over it at t, then or at the end of its window.
func (s State) Exposed(next State, t time.Time) []Work {
	return slices.DeleteFunc(s.Work(), func(w Work) bool { return w.Failed || next.shelters(w, t) })
}

// shelters tells whether w can go on under s until it is done.
func (s State) shelters(w Work, t time.Time) bool { return s.At(t) >= w.Level && s.End.IsZero() }

// over returns s, an order of its own, with the work under stored that can go on, and its
// passes. What has failed is settled by it.
func (s State) over(stored State, t time.Time) State {
	return s.withPassesOf(stored, t).withWork(slices.DeleteFunc(stored.Work(), func(w Work) bool { return w.Failed || !s.shelters(w, t) }))
}

// checkWork says what is wrong with the work under a document.
func checkWork(text string) error {
	if text == "" {
		return nil
	}
	var all []Work
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return errors.New("leave it out; a command that works under the state sets it")
	}
	if len(all) > mostWork {
		return fmt.Errorf("%d are at work, at most %d can be; where they were killed, switch off and begin again", len(all), mostWork)
	}
	seen := make(map[string]bool)
	for _, w := range all {
		switch {
		case w.ID == "" || seen[w.ID]:
			return errors.New("each needs an id of its own")
		case w.Level == Off:
			return fmt.Errorf("%s: nobody works under a level that is off", clip(w.ID))
		}
		if err := w.Before.state("").Validate(); err != nil {
			return fmt.Errorf("%s: before: %w", clip(w.ID), err)
		}
		for _, text := range []string{w.ID, w.By, w.Reason, w.Order} {
			if err := checkText(text, mostText); err != nil {
				return fmt.Errorf("%s: %w", clip(w.ID), err)
			}
		}
		seen[w.ID] = true
	}
	return nil
}

// brief is a text of a document, cut where it is long.
func brief(text string) string {
	if len(text) <= mostText {
		return text
	}
	end := mostText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
