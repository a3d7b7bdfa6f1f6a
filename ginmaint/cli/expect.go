package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// expectation is how many replicas should follow the store: --expect. Without it, one
// at least: an order over a store that no service follows is a mistake, as a rule.
type expectation struct {
	text        string
	given       bool
	least, most int // most below 0: no bound
}

func (e *expectation) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&e.text, "expect", "", "exactly `N` replicas follow, or N+ or more; else $GINMAINT_EXPECT, else 1+")
}

// read makes sense of the flag.
func (e *expectation) read() error {
	e.text = cmp.Or(e.text, os.Getenv("GINMAINT_EXPECT"))
	e.given = e.text != ""
	e.text = cmp.Or(e.text, "1+")
	number, more := strings.CutSuffix(e.text, "+")
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil {
		return usage("--expect: %q is no number of replicas; write one such as 3, or 3+ for three or more", e.text)
	}
	e.least, e.most = int(n), int(n)
	if more {
		e.most = -1
	}
	return nil
}

func (e *expectation) meets(n int) bool { return n >= e.least && (e.most < 0 || n <= e.most) }

// followers returns how many replicas follow the store, how many of them are silent,
// and false where that can't be known.
func (s *session) followers(ctx context.Context) (n, gone int, known bool) {
	if _, ok := s.store.(maintenance.Roster); !ok {
		return 0, 0, false
	}
	replicas, err := s.replicas(ctx)
	known = err == nil
	for _, r := range replicas {
		switch conditionOf(r, maintenance.State{}) {
		case unknown:
			known = false
		case silent:
			gone++
		}
	}
	return len(replicas), gone, known
}

// following names the store, and says how many follow it.
func (s *session) following(ctx context.Context) string {
	n, gone, known := s.followers(ctx)
	switch {
	case !known:
		return s.named()
	case n == 0:
		return s.named() + ", which no replica follows"
	case gone > 0:
		return fmt.Sprintf("%s, followed by %s, of which %d silent", s.named(), count(n, "replica", "replicas"), gone)
	}
	return s.named() + ", followed by " + count(n, "replica", "replicas")
}

func (s *session) unexpected(n int, e expectation) error {
	follow := count(n, "replica follows", "replicas follow")
	if n == 0 {
		follow = "no replica follows"
	}
	text := fmt.Sprintf("%s %s, and %s is expected", follow, s.named(), e.text)
	if n == 0 && s.where != "" {
		text += "; set GINMAINT_STORE, or --store, to the store of the service"
	}
	return exits(notDrained, fmt.Errorf("%s; where %d is right, add --expect %d", text, n, n))
}

// result adds the store to what is printed for machines.
func (s *session) result(ctx context.Context, r result) result {
	r.Store = s.where
	if n, _, known := s.followers(ctx); known {
		r.Replicas = &n
	}
	return r
}
