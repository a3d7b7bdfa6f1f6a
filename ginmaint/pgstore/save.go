package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Save implements maintenance.Store. The comparison, the change and the
// notification are one statement, and it is on the server's disk before Save
// returns. Where the connection breaks before the answer comes, Save asks
// again, for up to 5 seconds, before it says that the outcome is not known.
func (s *Store) Save(ctx context.Context, state maintenance.State) (maintenance.State, error) {
	if s.err != nil {
		return maintenance.State{}, s.err
	}
	if state.Revision >= math.MaxInt64 {
		return maintenance.State{}, maintenance.ErrConflict // the column holds no such revision
	}
	over := version{revision: state.Revision}
	state.Revision++
	// Chosen here rather than by the server, so that a document whose answer
	// was lost can be recognised.
	state.ID = rand.Text()
	return s.put(ctx, state, over)
}

// Restore implements maintenance.Restorer, with the guarantees of Save. A
// state without an ID, or with a revision past the range of a bigint, is an
// error.
func (s *Store) Restore(ctx context.Context, state, over maintenance.State) (maintenance.State, error) {
	if s.err != nil {
		return maintenance.State{}, s.err
	}
	if state.ID == "" {
		return maintenance.State{}, errors.New("pgstore: a state without an ID was never stored; save it instead")
	}
	if (over.ID == "") != (over.Revision == 0) || over.Revision > math.MaxInt64 {
		return maintenance.State{}, maintenance.ErrConflict // no row is like that
	}
	next := max(state.Revision, over.Revision)
	if next >= math.MaxInt64 {
		return maintenance.State{}, fmt.Errorf("pgstore: there is no revision after %d; restore a state with a lower one", next)
	}
	state.Revision = next + 1
	return s.put(ctx, state, version{over.Revision, over.ID})
}

// version says which document may be replaced: the one with this revision and,
// unless it is empty, this ID. Revision 0 means that there must be none.
type version struct {
	revision uint64
	id       string
}

// put stores the state in place of the document that over names.
func (s *Store) put(ctx context.Context, state maintenance.State, over version) (maintenance.State, error) {
	text, err := state.MarshalJSON()
	if err != nil {
		return maintenance.State{}, err
	}
	// What is returned is what Load reads.
	var stored maintenance.State
	if err := stored.UnmarshalJSON(text); err != nil {
		return maintenance.State{}, err
	}
	sql, args := s.sql.insert, []any{s.name, int64(stored.Revision), stored.ID, string(text)}
	if over.revision != 0 {
		sql, args = s.sql.update, append(args, int64(over.revision), over.id)
	}
	return s.untilKnown(ctx, stored, func() error {
		var id, durable, told string
		return s.row(ctx, sql, args, &id, &durable, &told)
	})
}

func (s *Store) saving() action {
	return action{"the state can't be saved", "SELECT, INSERT and UPDATE on " + s.sql.tableName}
}

// How long a save whose answer was lost is tried again, and how often.
const (
	askFor   = 5 * time.Second
	askEvery = 100 * time.Millisecond
)

// untilKnown sends a save until its outcome is known. Sending it twice is safe: it
// replaces one revision only, so at most one of the two takes effect. And it
// decides what reading back could not: the first one may still be under way on
// the server, holding the row's lock, and the second waits for that.
func (s *Store) untilKnown(ctx context.Context, stored maintenance.State, send func() error) (maintenance.State, error) {
	var lost error // the first answer that did not come
	var giveUp <-chan time.Time
	for {
		err := send()
		switch {
		case err == nil:
			return stored, nil
		case errors.Is(err, pgx.ErrNoRows):
			return s.refused(ctx, stored, lost)
		case lost == nil && outcomeKnown(err):
			return maintenance.State{}, s.explain(ctx, s.saving(), err)
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

// refused decides about a save that found another document than the one it
// was to replace: its own, somebody else's, or that of a newer release.
func (s *Store) refused(ctx context.Context, stored maintenance.State, lost error) (maintenance.State, error) {
	found, err := s.read(ctx)
	switch {
	case lost == nil && err != nil:
		return maintenance.State{}, maintenance.ErrConflict
	case lost == nil:
		if err := found.known(s.name); err != nil {
			return maintenance.State{}, err
		}
		return maintenance.State{}, maintenance.ErrConflict
	case err != nil || found.revision == nil || found.id == nil:
		return maintenance.State{}, s.unknown(ctx, lost)
	case *found.id == stored.ID && uint64(*found.revision) == stored.Revision:
		return stored, nil
	case uint64(*found.revision) == stored.Revision:
		// Somebody else holds the revision that this save would have had.
		return maintenance.State{}, maintenance.ErrConflict
	}
	return maintenance.State{}, s.unknown(ctx, lost)
}

func (s *Store) unknown(ctx context.Context, lost error) error {
	const text = "pgstore: the connection broke while the state was being saved, " +
		"so it may be stored or not: %w; load it before saving again"
	if ended := ctx.Err(); ended != nil && !errors.Is(lost, ended) {
		return fmt.Errorf(text, fmt.Errorf("%w (%w)", ended, lost))
	}
	return fmt.Errorf(text, lost)
}

// outcomeKnown tells whether err proves that nothing was stored: the statement
// was not sent, or the server says that it failed. A server that is stopping
// says so after a commit as well.
func outcomeKnown(err error) bool {
	var early unsent
	var safe interface{ SafeToRetry() bool }
	if errors.As(err, &early) || errors.As(err, &safe) && safe.SafeToRetry() {
		return true
	}
	sqlstate := code(err)
	return sqlstate != "" && !strings.HasPrefix(sqlstate, "57P") && !strings.HasPrefix(sqlstate, "08")
}
