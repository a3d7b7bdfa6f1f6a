package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Load implements maintenance.Store. A server that takes no writes is refused, since it
// may be a copy that lags behind.
func (s *Store) Load(ctx context.Context) (maintenance.State, error) {
	if s.err != nil {
		return maintenance.State{}, s.err
	}
	row, err := s.read(ctx)
	if err != nil {
		return maintenance.State{}, s.explain(ctx, action{"the state can't be loaded",
			"SELECT on " + s.tables.document + " and " + s.tables.roster}, err)
	}
	return row.State(pkg, s.name)
}

func (s *Store) read(ctx context.Context) (row sqlrow.Row, err error) {
	err = s.on(ctx, func(ctx context.Context, conn *sql.Conn) error {
		found, err := s.engine.load(ctx, conn)
		row = found.Row
		return err
	})
	return row, err
}

// Save implements maintenance.Store. The comparison and the change are one statement.
// Where the connection breaks before the answer comes, Save asks again, for up to 5
// seconds, before it says that the outcome is not known.
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

// Restore implements maintenance.Restorer, with the guarantees of Save. A state without an
// ID, or with a revision past the range of a bigint, is an error.
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
	return sqlrow.Settler{
		Package: pkg, Switch: s.name,
		Send: func() error {
			return s.on(ctx, func(ctx context.Context, conn *sql.Conn) error { return s.engine.put(ctx, conn, save) })
		},
		Read: s.read, Known: s.outcomeKnown,
		Explain: func(err error) error {
			return s.explain(ctx, action{"the state can't be saved", "SELECT, INSERT and UPDATE on " + s.tables.document +
				", SELECT, INSERT and DELETE on " + s.tables.history}, err)
		},
	}.UntilKnown(ctx, save.State)
}

// outcomeKnown tells whether err proves that nothing was stored: the statement was not
// sent, or the server says that it failed.
func (s *Store) outcomeKnown(err error) bool {
	var early unsent
	if errors.As(err, &early) {
		return true
	}
	switch s.engine.condition(err) {
	case unrecognised, unreachable, stopping:
		return false
	}
	return true
}
