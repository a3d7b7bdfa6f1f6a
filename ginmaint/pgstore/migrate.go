package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Migrate makes the tables where they are missing. It may be called at every
// start, by many replicas at once; where the tables are there it changes
// nothing and needs no right to make any.
func (s *Store) Migrate(ctx context.Context) error {
	if s.err != nil {
		return s.err
	}
	a := action{"the tables can't be made", "CREATE on the schema of " + s.sql.TableName}
	var there bool
	if err := s.row(ctx, s.sql.Migrated, nil, &there); err != nil || there {
		return s.explain(ctx, a, err)
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.explain(ctx, a, err)
	}
	defer conn.Release()
	// Only the simple protocol takes several statements at once, and makes one
	// transaction of them.
	_, err = conn.Exec(ctx, s.sql.Migrate, pgx.QueryExecModeSimpleProtocol)
	return s.explain(ctx, a, err)
}
