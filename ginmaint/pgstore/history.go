package pgstore

import (
	"context"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// History implements maintenance.Historian.
func (s *Store) History(ctx context.Context) ([]maintenance.Record, error) {
	if s.err != nil {
		return nil, s.err
	}
	var standby bool
	var records *string
	err := s.row(ctx, s.sql.History, []any{s.name}, &standby, &records)
	if err == nil && standby {
		err = errStandby
	}
	if err != nil {
		return nil, s.explain(ctx, action{"the history can't be loaded", "SELECT on " + s.sql.HistoryName}, err)
	}
	if records == nil {
		return sqlrow.History(pkg, s.name, "")
	}
	return sqlrow.History(pkg, s.name, *records)
}
