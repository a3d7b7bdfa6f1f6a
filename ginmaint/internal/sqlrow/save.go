package sqlrow

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Version says which document may be replaced: the one with this revision and, unless it
// is empty, this ID. Revision 0 means that there must be none.
type Version struct {
	Revision uint64
	ID       string
}

// Save is a document on its way into a table.
type Save struct {
	Over     Version
	State    maintenance.State // as Load reads it afterwards
	Document string            // its JSON
}

// Next returns the save of state over the revision that it has. The error is
// maintenance.ErrConflict where no row can have that revision, or says why the state is
// not valid.
func Next(state maintenance.State) (Save, error) {
	if state.Revision >= math.MaxInt64 {
		return Save{}, maintenance.ErrConflict // the column holds no such revision
	}
	over := Version{Revision: state.Revision}
	state.Revision++
	// Chosen here rather than by the server, so that a document whose answer was lost can
	// be recognised.
	state.ID = rand.Text()
	return prepare(state, over)
}

// Restored returns the save that writes state back over another document, with the ID
// that it has. A state without an ID, or with a revision past the range of a bigint, is an
// error.
func Restored(pkg string, state, over maintenance.State) (Save, error) {
	if state.ID == "" {
		return Save{}, fmt.Errorf("%s: a state without an ID was never stored; save it instead", pkg)
	}
	if (over.ID == "") != (over.Revision == 0) || over.Revision > math.MaxInt64 {
		return Save{}, maintenance.ErrConflict // no row is like that
	}
	next := max(state.Revision, over.Revision)
	if next >= math.MaxInt64 {
		return Save{}, fmt.Errorf("%s: there is no revision after %d; restore a state with a lower one", pkg, next)
	}
	state.Revision = next + 1
	return prepare(state, Version{over.Revision, over.ID})
}

func prepare(state maintenance.State, over Version) (Save, error) {
	text, err := state.MarshalJSON()
	if err != nil {
		return Save{}, err
	}
	// What is returned is what Load reads.
	var stored maintenance.State
	if err := stored.UnmarshalJSON(text); err != nil {
		return Save{}, err
	}
	return Save{Over: over, State: stored, Document: string(text)}, nil
}

// ErrNotReplaced is what Send returns where the document that may be replaced is not there.
var ErrNotReplaced = errors.New("another document is stored")

// Settler sends a save until its outcome is known.
type Settler struct {
	Package, Switch string

	Send    func() error                       // nil: stored; ErrNotReplaced: another document is there
	Read    func(context.Context) (Row, error) // the row as it is stored
	Known   func(error) bool                   // whether the error proves that nothing was stored
	Explain func(failed error) error           // the error with a remedy
}

// How long a save whose answer was lost is tried again, and how often.
const (
	askFor   = 5 * time.Second
	askEvery = 100 * time.Millisecond
)

// UntilKnown sends a save until its outcome is known. Sending it twice is safe: it
// replaces one revision only, so at most one of the two takes effect. And it decides what
// reading back could not: the first one may still be under way on the server, holding the
// row's lock, and the second waits for that.
func (s Settler) UntilKnown(ctx context.Context, stored maintenance.State) (maintenance.State, error) {
	var lost error // the first answer that did not come
	var giveUp <-chan time.Time
	for {
		err := s.Send()
		switch {
		case err == nil:
			return stored, nil
		case errors.Is(err, ErrNotReplaced):
			return s.refused(ctx, stored, lost)
		case lost == nil && s.Known(err):
			return maintenance.State{}, s.Explain(err)
		case lost == nil:
			lost = err
			limit := time.NewTimer(askFor)
			defer limit.Stop()
			giveUp = limit.C
		}
		again := time.NewTimer(askEvery)
		select {
		case <-again.C:
			continue
		case <-ctx.Done():
		case <-giveUp:
		}
		again.Stop()
		return maintenance.State{}, s.unknown(ctx, lost)
	}
}

// refused decides about a save that found another document than the one it was to replace:
// its own, somebody else's, or that of a newer release.
func (s Settler) refused(ctx context.Context, stored maintenance.State, lost error) (maintenance.State, error) {
	found, err := s.Read(ctx)
	switch {
	case lost == nil && err != nil:
		return maintenance.State{}, maintenance.ErrConflict
	case lost == nil:
		if err := found.Known(s.Package, s.Switch); err != nil {
			return maintenance.State{}, err
		}
		return maintenance.State{}, maintenance.ErrConflict
	case err != nil || found.Revision == nil || found.ID == nil:
		return maintenance.State{}, s.unknown(ctx, lost)
	case *found.ID == stored.ID && uint64(*found.Revision) == stored.Revision:
		return stored, nil
	case uint64(*found.Revision) == stored.Revision:
		// Somebody else holds the revision that this save would have had.
		return maintenance.State{}, maintenance.ErrConflict
	}
	return maintenance.State{}, s.unknown(ctx, lost)
}

func (s Settler) unknown(ctx context.Context, lost error) error {
	const text = "%s: the connection broke while the state was being saved, " +
		"so it may be stored or not: %w; load it before saving again"
	if ended := ctx.Err(); ended != nil && !errors.Is(lost, ended) {
		return fmt.Errorf(text, s.Package, fmt.Errorf("%w (%w)", ended, lost))
	}
	return fmt.Errorf(text, s.Package, lost)
}
