package redisstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

const (
	// again bounds the second try of a save whose outcome is not known.
	again = 5 * time.Second
	// rewrites is how often the text under the key may differ from what was
	// just read there while its revision stays: only by other means than ours.
	rewrites = 5
)

// Save implements maintenance.Store. Where the connection is lost on the way, it
// sends the same document once more, for at most five seconds: found stored, it
// has succeeded. An error that says that the outcome can't be known means that
// this failed as well.
func (s *Store) Save(ctx context.Context, state maintenance.State) (maintenance.State, error) {
	revision := state.Revision
	state.Revision++
	state.ID = rand.Text()
	return s.swap(ctx, swap{
		next:  state,
		over:  func(stored maintenance.State) bool { return stored.Revision == revision },
		fresh: true,
	})
}

// Restore implements maintenance.Restorer. A lost connection is treated as
// Save treats it.
func (s *Store) Restore(ctx context.Context, state, over maintenance.State) (maintenance.State, error) {
	state.Revision = max(state.Revision, over.Revision) + 1
	return s.swap(ctx, swap{
		next: state,
		over: func(stored maintenance.State) bool { return stored.ID == over.ID && stored.Revision == over.Revision },
	})
}

// swap is a document on its way into the store.
type swap struct {
	next  maintenance.State
	over  func(stored maintenance.State) bool // what it may replace
	fresh bool                                // its ID was made for this very call, so found stored it was stored by it
}

// swap replaces the document if the present one may be replaced. The script
// compares texts, so that no number passes through Lua; which text to expect
// is a guess, and the script's answer corrects it.
func (s *Store) swap(ctx context.Context, w swap) (maintenance.State, error) {
	next, err := rendered(w.next)
	if err != nil {
		return maintenance.State{}, err
	}
	expected := s.lastSeen()
	if !w.over(expected.state) {
		if expected, err = s.load(ctx); err != nil {
			return maintenance.State{}, err
		}
		if !w.over(expected.state) {
			return maintenance.State{}, maintenance.ErrConflict
		}
	}
	if err := ctx.Err(); err != nil {
		return maintenance.State{}, explain("the state was not saved", err)
	}
	var lost error // what became of a first try whose outcome is not known
	for range rewrites {
		done, there, err := s.exchange(ctx, expected, next)
		switch {
		case err != nil && lost == nil && known(err):
			return maintenance.State{}, explain("the state was not saved", err)
		case err != nil && lost == nil && ctx.Err() == nil:
			lost = err
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, again)
			defer cancel()
			continue
		case err != nil:
			return maintenance.State{}, unknown(err)
		case done:
			return s.saw(next).state, nil
		}
		found, err := s.read(there)
		switch {
		case err != nil:
			return maintenance.State{}, err
		case found.text == next.text && (w.fresh || lost != nil):
			return found.state, nil
		case w.over(found.state):
			expected = found
		case lost != nil && found.state.Revision > next.state.Revision:
			// Somebody saved later still, and ours may have stood there before.
			return maintenance.State{}, unknown(fmt.Errorf("%w, and somebody else saved since", lost))
		default:
			return maintenance.State{}, maintenance.ErrConflict
		}
	}
	return maintenance.State{}, maintenance.ErrConflict
}

// rendered returns the document as it is stored, and as Load will read it.
func rendered(state maintenance.State) (sighting, error) {
	text, err := state.MarshalJSON()
	if err != nil {
		return sighting{}, err
	}
	next := sighting{text: string(text)}
	return next, next.state.UnmarshalJSON(text)
}

// exchange puts next in the place of what is expected, or returns what is
// there instead.
func (s *Store) exchange(ctx context.Context, expected, next sighting) (done bool, there any, err error) {
	reply, err := s.run(ctx, swapScript, []string{s.keys.state, s.keys.roster, s.keys.history},
		expected.text, next.text, s.keys.changes, maintenance.MaxHistory-2)
	if err != nil {
		return false, nil, err
	}
	var answer []any
	if answer, err = list(reply, 1); err != nil {
		return false, nil, err
	}
	if answer[0] == int64(1) {
		return true, nil, nil
	}
	return false, at(answer, 1), nil
}
