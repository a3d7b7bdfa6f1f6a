package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// expectation is how many replicas should follow the store: --expect. Without it, one
// at least: an order over a store that no service follows is a mistake, as a rule.
type expectation struct {
	flag        *pflag.Flag
	text        string
	given       bool
	least, most int // most below 0: no bound
}

func (e *expectation) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&e.text, "expect", "", "exactly `N` replicas follow, or N+ or more; else $GINMAINT_EXPECT, else 1+")
	e.flag = cmd.Flag("expect")
}

// read makes sense of the flag.
func (e *expectation) read() error {
	if e.flag.Changed && e.text == "" { // a variable of the shell's that is not set
		return usage("--expect is empty; write the number of replicas that follow, such as 3, or 3+ for three or more")
	}
	e.text = cmp.Or(e.text, os.Getenv("GINMAINT_EXPECT"))
	e.given = e.text != ""
	e.text = cmp.Or(e.text, "1+")
	var ok bool
	if e.least, e.most, ok = fleet.Expected(e.text); !ok {
		return usage("--expect: %q is no number of replicas; write one such as 3, or 3+ for three or more", e.text)
	}
	return nil
}

// any tells whether every number will do.
func (e *expectation) any() bool { return e.least == 0 && e.most < 0 }

func (e *expectation) meets(n int) bool { return n >= e.least && (e.most < 0 || n <= e.most) }

// errUnknown means that some of those who follow are not known any more.
var errUnknown = errors.New("the list holds an entry for replicas that were lost with their names; see replicas, and replicas forget")

// followers returns how many replicas follow the store, and how many are silent besides.
// Where it returns errUnknown, others may follow.
func (s *session) followers(ctx context.Context) (n, gone int, err error) {
	if _, ok := s.store.(maintenance.Roster); !ok {
		return 0, 0, errNoRoster
	}
	replicas, err := s.replicas(ctx)
	for _, r := range replicas {
		switch c := fleet.ConditionOf(r, maintenance.State{}); {
		case c == fleet.Unknown:
			err = errUnknown
		case c == fleet.Silent && r.Idle: // it has ended before it served
		case c == fleet.Silent:
			gone++
		default:
			n++
		}
	}
	return n, gone, err
}

// following names the store, and says how many follow it.
func (s *session) following(ctx context.Context) string {
	n, gone, err := s.followers(ctx)
	lost := errors.Is(err, errUnknown)
	if err != nil && !lost {
		return s.named()
	}
	text := s.named() + ", which no replica follows"
	if n > 0 {
		text = s.named() + ", followed by " + count(n, "replica", "replicas")
	}
	if gone > 0 {
		text += ", and " + count(gone, "more is silent", "more are silent")
	}
	if lost {
		text += ", and perhaps by others that a lost list held"
	}
	return text
}

// unexpected is the error where n living replicas follow, and so many more are silent.
func (s *session) unexpected(n, gone int, e expectation) error {
	follow := count(n, "replica follows", "replicas follow")
	if n == 0 {
		follow = "no replica follows"
	}
	text := fmt.Sprintf("%s %s, and %s is expected", follow, s.named(), e.text)
	if gone > 0 {
		text += "; " + count(gone, "more is silent", "more are silent")
	}
	if n == 0 && s.where != "" {
		text += "; set GINMAINT_STORE, or --store, to the store of the service"
	}
	return exits(notDrained, fmt.Errorf("%s; where %d is right, add --expect %d", text, n, n))
}

// result adds the store to what is printed for machines.
func (s *session) result(ctx context.Context, r result) result {
	r.Store = s.where
	if n, _, err := s.followers(ctx); err == nil {
		r.Replicas = &n
	}
	return r
}
