package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"

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
	return s.settle(ctx, stored, func() error {
		var id, durable, told string
		return s.row(ctx, sql, args, &id, &durable, &told)
	})
}

func (s *Store) saving() action {
	return action{"the state can't be saved", "SELECT, INSERT and UPDATE on " + s.sql.tableName}
}
