package simulation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// script is a whole run before it has begun.
type script struct {
	seed   uint64
	setup  setup
	events []event
}

// result is what a run has come to.
type result struct {
	rule     string // that was broken; empty: none
	broken   string // how
	steps    int
	proofs   int // promises given
	admitted int // units of work
	story    string
	digest   string // of the story
}

// story is what happened, step by step.
type story struct {
	text   strings.Builder
	digest hash.Hash
}

func (s *story) add(at time.Duration, line string) {
	fmt.Fprintf(&s.text, "%12.6fs  %s\n", at.Seconds(), line)
	fmt.Fprintf(s.digest, "%d %s\n", at, line)
}

// run plays a script, and keeps the story where somebody wants it.
func (s script) run(t *testing.T, told bool) (r result) {
	var st *story
	if told {
		st = &story{digest: sha256.New()}
	}
	defer func() {
		if p := recover(); p != nil { // synctest's, when goroutines wait for each other
			r.rule, r.broken = "end", fmt.Sprint(p)
		}
		if told {
			r.story, r.digest = st.text.String(), hex.EncodeToString(st.digest.Sum(nil))
		}
	}()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(s.seed, s.setup, st)
		w.say("%s", s.setup)
		w.perform(s.events)
		w.runUntil(s.setup.horizon, func() bool { return false })
		if !w.oracle.violated() {
			w.calm()
		}
		r.rule, r.broken = w.oracle.rule, w.oracle.broken
		r.steps, r.proofs, r.admitted = w.steps, w.oracle.proofs, w.oracle.admitted
		w.end()
	})
	return r
}

// String lists the events of a script.
func (s script) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", s.setup)
	for _, e := range s.events {
		who := "replica"
		if e.host >= s.setup.replicas {
			who = "operator"
		}
		fmt.Fprintf(&b, "%12.6fs  %s on the host of %s %d\n", e.at.Seconds(), e.what(), who, e.host+1)
	}
	return b.String()
}
