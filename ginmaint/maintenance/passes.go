package maintenance

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Pass lets whoever has its token in while the level would refuse them: a customer who
// checks the release, an auditor. The document holds only the SHA-256 of the token, so
// who reads the store gets in no more than others. The plugin for Gin asks for it.
type Pass struct {
	Name    string     `json:"name"`             // who it is for: 1 to 64 bytes, each once
	SHA256  string     `json:"sha256,omitempty"` // of the token, in hexadecimal; empty once it is revoked
	Path    string     `json:"path,omitempty"`   // opens this path and what is under it, such as /shop; empty: all
	Until   time.Time  `json:"until"`            // on the clock of the process that is asked
	Stays   bool       `json:"stays,omitzero"`   // outlives the maintenance it was made in; else it goes with it
	By      string     `json:"by,omitempty"`     // who made it, at most 64 bytes
	Via     string     `json:"via,omitempty"`    // from where, as State.Via
	Since   time.Time  `json:"since"`            // when, on the clock of that process
	Revoked Revocation `json:"revoked,omitzero"` // the zero one: it is not
}

// Revocation says who has taken a Pass away.
type Revocation struct {
	By  string    `json:"by,omitempty"`  // at most 64 bytes
	Via string    `json:"via,omitempty"` // from where, as State.Via
	At  time.Time `json:"at"`            // on the clock of the process that did it
}

// IsValid tells whether the pass opens anything at t: it is not revoked, and not expired.
func (p Pass) IsValid(t time.Time) bool { return p.Revoked.At.IsZero() && t.Before(p.Until) }

// PassParameter is where a link carries a token: https://shop.example/?maintenance-pass=…
const PassParameter = "maintenance-pass"

const (
	// mostPasses bounds what a document grows by: 4 kB.
	mostPasses = 16
	// mostPath is in bytes.
	mostPath = 128
)

// Passes returns the passes of the document, the oldest first: also those that have
// expired, and those that were revoked since the service was opened last. Only IssuePass
// adds to them, and every order keeps them.
func (s State) Passes() []Pass {
	var all []Pass
	if s.passes == "" || json.Unmarshal([]byte(s.passes), &all) != nil {
		return nil
	}
	return all
}

// withPasses returns s with these. Equal lists are equal texts.
func (s State) withPasses(all []Pass) State {
	s.passes = ""
	if len(all) == 0 {
		return s
	}
	for i := range all {
		for _, t := range []*time.Time{&all[i].Until, &all[i].Since, &all[i].Revoked.At} {
			*t = t.UTC().Round(0).Truncate(time.Microsecond)
		}
	}
	if text, err := verbatim(all); err == nil { // no field can fail
		s.passes = string(text)
	}
	return s
}

// withPassesOf returns s, an order of its own, with the passes of the one stored that it
// does not end.
func (s State) withPassesOf(stored State, t time.Time) State {
	if stored.phaseAt(t) == after {
		stored = stored.lasting()
	}
	s.passes = stored.passes
	return s
}

// lasting returns s with those passes alone that outlive the maintenance.
func (s State) lasting() State {
	if s.passes == "" {
		return s
	}
	return s.withPasses(slices.DeleteFunc(s.Passes(), func(p Pass) bool { return !p.Stays || !p.Revoked.At.IsZero() }))
}

// IssuePass makes a pass, which opens the service for whoever has its token, a text of
// 52 letters and digits that is told nowhere else. p says Name, Path, Until, Stays, By and
// Via; an empty By becomes the name of this process, an empty Via "code". The order in
// force stays as it is. Each of the checks is given the state stored, which the pass is
// saved over; its error is returned as it is, and nothing is saved.
//
// It returns ErrInvalid where a field is wrong, a pass of that name or 16 others are
// valid, or no maintenance is ordered and p does not stay; other errors as for Set.
func (m *Mode) IssuePass(ctx context.Context, p Pass, checks ...func(stored State) error) (Pass, string, error) {
	token := rand.Text() + rand.Text() // of 130 bits each
	p.SHA256, p.Revoked = digestOf(token), Revocation{}
	p.By, p.Via = brief(cmp.Or(p.By, m.options.name)), cmp.Or(p.Via, "code")
	saved, err := m.changePasses(ctx, checks, func(stored State, now time.Time) (State, error) {
		switch {
		case !p.Stays && (stored.Level == Off || stored.phaseAt(now) == after):
			return State{}, fmt.Errorf("%w: stays: the pass would go with the maintenance, and none is on or announced; "+
				"switch on or announce a window first, or have the pass stay", ErrInvalid)
		case !p.Until.After(now):
			return State{}, fmt.Errorf("%w: until: %s is over; name a later time", ErrInvalid, p.Until.UTC().Format(time.RFC3339))
		}
		p.Since = now
		if err := p.fault(); err != nil {
			return State{}, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
		all := slices.DeleteFunc(stored.Passes(), func(other Pass) bool {
			return !now.Before(other.Until) || other.Name == p.Name && !other.IsValid(now)
		})
		if slices.ContainsFunc(all, func(other Pass) bool { return other.Name == p.Name }) {
			return State{}, fmt.Errorf("%w: name: there is a pass %q already; revoke that one, or choose another name", ErrInvalid, p.Name)
		}
		if spare := slices.IndexFunc(all, func(other Pass) bool { return !other.IsValid(now) }); len(all) == mostPasses && spare >= 0 {
			all = slices.Delete(all, spare, spare+1)
		}
		next := stored.withPasses(append(all, p)).normal()
		return next, next.Validate()
	})
	if err != nil { // perhaps the answer alone was lost
		if stored, unknown := m.Load(ctx); unknown == nil {
			saved = stored
		}
	}
	for _, issued := range saved.Passes() {
		if issued.SHA256 == p.SHA256 {
			return issued, token, nil
		}
	}
	return Pass{}, "", err
}

// RevokePass takes the pass of this name away, on every replica as fast as a switch. The
// document forgets its hash, and lists it with r until the service is opened, or its room
// is needed. An empty By becomes the name of this process, an empty Via "code", and At is
// now; checks are as for IssuePass. It returns ErrNoPass where there is none that is not
// revoked; other errors as for Set.
func (m *Mode) RevokePass(ctx context.Context, name string, r Revocation, checks ...func(stored State) error) error {
	r.By, r.Via = brief(cmp.Or(r.By, m.options.name)), cmp.Or(r.Via, "code")
	_, err := m.changePasses(ctx, checks, func(stored State, now time.Time) (State, error) {
		all := stored.Passes()
		at := slices.IndexFunc(all, func(p Pass) bool { return p.Name == name && p.Revoked.At.IsZero() })
		if at < 0 {
			return State{}, fmt.Errorf("%w: %q", ErrNoPass, clip(name))
		}
		r.At = now
		all[at].SHA256, all[at].Revoked = "", r
		next := stored.withPasses(all).normal()
		return next, next.Validate()
	})
	return err
}

// changePasses saves what next makes of the state stored, once the checks let it.
func (m *Mode) changePasses(ctx context.Context, checks []func(State) error, next func(State, time.Time) (State, error)) (State, error) {
	return m.change(ctx, func(stored State) (State, error) {
		for _, check := range checks {
			if err := check(stored); err != nil {
				return State{}, err
			}
		}
		return next(stored, time.Now())
	})
}

// digestOf is how a document knows a token. It needs no salt and no slow hash: nobody
// guesses a random token of 260 bits.
func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// checkPasses says what is wrong with the passes of a document.
func checkPasses(text string) error {
	if text == "" {
		return nil
	}
	var all []Pass
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return errors.New("leave them out; the command ginmaint pass sets them")
	}
	if len(all) > mostPasses {
		return fmt.Errorf("there are %d, at most %d fit; revoke those that nobody needs", len(all), mostPasses)
	}
	names := make(map[string]bool)
	for _, p := range all {
		if fault := p.fault(); fault != nil {
			return fmt.Errorf("%q: %w", clip(p.Name), fault)
		}
		if names[p.Name] {
			return fmt.Errorf("%q is there twice", clip(p.Name))
		}
		names[p.Name] = true
	}
	return nil
}

func (p Pass) fault() error {
	digest, err := hex.DecodeString(p.SHA256)
	revoked := !p.Revoked.At.IsZero()
	switch {
	case strings.TrimSpace(p.Name) == "":
		return errors.New("name: a pass needs one: who it is for")
	case strings.ContainsAny(p.Name+p.By+p.Revoked.By, "\n\t"):
		return errors.New("name: write one line without tabs, for the pass and for who makes or revokes it")
	case revoked && p.SHA256 != "":
		return errors.New("sha256: leave it out, the pass is revoked")
	case !revoked && (err != nil || len(digest) != sha256.Size):
		return errors.New("sha256: write the 64 hexadecimal digits of the token's SHA-256")
	case p.Until.IsZero():
		return errors.New("until: name the time when the pass expires")
	case p.Path != "" && !isPrefix(p.Path):
		return fmt.Errorf("path: %q is no plain path; write one such as /shop, with at most %d bytes", clip(p.Path), mostPath)
	}
	for _, field := range [][2]string{
		{"name", p.Name}, {"by", p.By}, {"via", p.Via}, {"revoked", p.Revoked.By}, {"revoked", p.Revoked.Via},
	} {
		if err := checkText(field[1], mostText); err != nil {
			return fmt.Errorf("%s: %w", field[0], err)
		}
	}
	return nil
}

// isPrefix tells whether a path reads the same to everybody: no escapes, no dot
// segments, no doubled slashes.
func isPrefix(prefix string) bool {
	return len(prefix) <= mostPath && checkText(prefix, mostPath) == nil && !strings.ContainsAny(prefix, "%\\;?# \n\t") &&
		strings.HasPrefix(prefix, "/") && (prefix == "/" || path.Clean(prefix) == strings.TrimSuffix(prefix, "/"))
}
