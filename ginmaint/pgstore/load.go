package pgstore

import (
	"context"
	"fmt"

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
	return found.state(s.name)
}

func (s *Store) loading() action {
	return action{"the state can't be loaded", "SELECT on " + s.sql.tableName}
}

// read returns the row as it is stored on the primary.
func (s *Store) read(ctx context.Context) (row, error) {
	var standby bool
	var r row
	err := s.row(ctx, s.sql.load, []any{s.name}, &standby, &r.version, &r.revision, &r.id, &r.document)
	if err == nil && standby {
		err = errStandby
	}
	return r, err
}

// row is what the table holds for a switch: nil throughout where nothing was
// ever saved.
type row struct {
	version  *int32
	revision *int64
	id       *string
	document *string
}

// state reads the document. One that this release can't be sure of is an
// error, never the zero State.
func (r row) state(name string) (maintenance.State, error) {
	if r.version == nil || r.revision == nil || r.id == nil || r.document == nil {
		return maintenance.State{}, nil
	}
	if err := r.known(name); err != nil {
		return maintenance.State{}, err
	}
	var state maintenance.State
	if err := state.UnmarshalJSON([]byte(*r.document)); err != nil {
		return maintenance.State{}, fmt.Errorf("pgstore: the document of the switch %q can't be read: %w; correct it in its row", name, err)
	}
	if state.ID == "" || state.ID != *r.id || state.Revision == 0 || state.Revision != uint64(*r.revision) {
		return maintenance.State{}, fmt.Errorf("pgstore: the document of the switch %q does not name the revision and the id "+
			"of its row, %d and %q; put back what was changed by hand", name, *r.revision, *r.id)
	}
	return state, nil
}

// known returns an error where a newer release wrote the row in a form that
// this one may misread.
func (r row) known(name string) error {
	if r.version == nil || *r.version <= layout {
		return nil
	}
	return fmt.Errorf("pgstore: the switch %q was saved by a newer release, in layout %d where this one knows %d; "+
		"update this application", name, *r.version, layout)
}
