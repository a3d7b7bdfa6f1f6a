package sqlstore

import (
	"context"
	"database/sql"
)

// Migrate makes the tables where they are missing. It may be called at every start, by
// many replicas at once; where the tables are there it changes nothing and needs no right
// to make any.
func (s *Store) Migrate(ctx context.Context) error {
	if s.err != nil {
		return s.err
	}
	err := s.on(ctx, func(ctx context.Context, conn *sql.Conn) error { return s.engine.migrate(ctx, conn) })
	return s.explain(ctx, action{"the tables can't be made", "CREATE where " + s.tables.document + " is to be"}, err)
}
