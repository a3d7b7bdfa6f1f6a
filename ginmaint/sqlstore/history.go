package sqlstore

import (
	"context"
	"database/sql"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// History implements maintenance.Historian.
func (s *Store) History(ctx context.Context) ([]maintenance.Record, error) {
	if s.err != nil {
		return nil, s.err
	}
	var records string
	err := s.on(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		records, err = s.engine.history(ctx, conn)
		return err
	})
	if err != nil {
		return nil, s.explain(ctx, action{"the history can't be loaded", "SELECT on " + s.tables.history}, err)
	}
	return sqlrow.History(pkg, s.name, records)
}
