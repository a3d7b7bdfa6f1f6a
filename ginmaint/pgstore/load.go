package pgstore

import (
	"context"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Load implements maintenance.Store. A hot standby is refused, since its copy
// may lag behind.
func (s *Store) Load(ctx context.Context) (maintenance.State, error) {
	if s.err != nil {
		return maintenance.State{}, s.err
	}
	found, err := s.read(ctx)
	if err != nil {
		return maintenance.State{}, s.explain(ctx, s.loading(), err)
	}
	return found.State(pkg, s.name)
}

func (s *Store) loading() action {
	return action{"the state can't be loaded", "SELECT on " + s.sql.TableName}
}

// read returns the row as it is stored on the primary.
func (s *Store) read(ctx context.Context) (sqlrow.Row, error) {
	var standby bool
	var r sqlrow.Row
	err := s.row(ctx, s.sql.Load, []any{s.name}, &standby, &r.Version, &r.Revision, &r.ID, &r.Document)
	if err == nil && standby {
		err = errStandby
	}
	return r, err
}
