package pgstore

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
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
	save, err := sqlrow.Next(state)
	if err != nil {
		return maintenance.State{}, err
	}
	return s.put(ctx, save)
}

// Restore implements maintenance.Restorer, with the guarantees of Save. A
// state without an ID, or with a revision past the range of a bigint, is an
// error.
func (s *Store) Restore(ctx context.Context, state, over maintenance.State) (maintenance.State, error) {
	if s.err != nil {
		return maintenance.State{}, s.err
	}
	save, err := sqlrow.Restored(pkg, state, over)
	if err != nil {
		return maintenance.State{}, err
	}
	return s.put(ctx, save)
}

// put stores a document in place of the one that it may replace.
func (s *Store) put(ctx context.Context, save sqlrow.Save) (maintenance.State, error) {
	sql, args := s.sql.Insert, []any{s.name, int64(save.State.Revision), save.State.ID, save.Document}
	if save.Over.Revision != 0 {
		sql, args = s.sql.Update, append(args, int64(save.Over.Revision), save.Over.ID)
	}
	return s.untilKnown(ctx, save.State, func() error {
		var id, durable, told string
		return s.row(ctx, sql, args, &id, &durable, &told)
	})
}

func (s *Store) saving() action {
	return action{"the state can't be saved", "SELECT, INSERT and UPDATE on " + s.sql.TableName + ", SELECT, INSERT and DELETE on " + s.sql.HistoryName}
}

// untilKnown sends a save until its outcome is known.
func (s *Store) untilKnown(ctx context.Context, stored maintenance.State, send func() error) (maintenance.State, error) {
	return sqlrow.Settler{
		Package: pkg, Switch: s.name,
		Send: func() error {
			err := send()
			if errors.Is(err, pgx.ErrNoRows) {
				return sqlrow.ErrNotReplaced
			}
			return err
		},
		Read: s.read, Known: outcomeKnown,
		Explain: func(err error) error { return s.explain(ctx, s.saving(), err) },
	}.UntilKnown(ctx, stored)
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
