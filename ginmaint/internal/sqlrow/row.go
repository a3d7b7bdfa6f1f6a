package sqlrow

import (
	"fmt"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Layout is the version of a row's form that this release writes, and the newest that it
// reads.
const Layout = 1

// Row is what the table holds for a switch: nil throughout where nothing was ever saved.
type Row struct {
	Version  *int32
	Revision *int64
	ID       *string
	Document *string
}

// State reads the document. One that this release can't be sure of is an error, never the
// zero State.
func (r Row) State(pkg, name string) (maintenance.State, error) {
	if r.Version == nil || r.Revision == nil || r.ID == nil || r.Document == nil {
		return maintenance.State{}, nil
	}
	if err := r.Known(pkg, name); err != nil {
		return maintenance.State{}, err
	}
	var state maintenance.State
	if err := state.UnmarshalJSON([]byte(*r.Document)); err != nil {
		return maintenance.State{}, fmt.Errorf("%s: the document of the switch %q can't be read: %w; correct it in its row", pkg, name, err)
	}
	if state.ID == "" || state.ID != *r.ID || state.Revision == 0 || state.Revision != uint64(*r.Revision) {
		return maintenance.State{}, fmt.Errorf("%s: the document of the switch %q does not name the revision and the id "+
			"of its row, %d and %q; put back what was changed by hand", pkg, name, *r.Revision, *r.ID)
	}
	return state, nil
}

// Known returns an error where a newer release wrote the row in a form that this one may
// misread.
func (r Row) Known(pkg, name string) error {
	if r.Version == nil || *r.Version <= Layout {
		return nil
	}
	return fmt.Errorf("%s: the switch %q was saved by a newer release, in layout %d where this one knows %d; "+
		"update this application", pkg, name, *r.Version, Layout)
}
