package maintenance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxHistory is how many changes a store keeps.
const MaxHistory = 100

// Record is one change of the document. After says who made it, when, why, and from
// where: ChangedBy, ChangedAt, Reason and Via. A pass that was made or revoked changes
// neither these nor the level, and says the same of itself: Pass.By, Pass.Revoked.
type Record struct {
	Before State `json:"before"` // the zero State where none was stored
	After  State `json:"after"`
}

// Passes returns what was made or revoked, the oldest first, where that is what the record is
// of: the order has stayed as it was. A store's records have one at most.
func (r Record) Passes() (all []Pass) {
	if r.Before.ChangedAt != r.After.ChangedAt || r.Before.Level != r.After.Level {
		return nil
	}
	before := r.Before.Passes()
	isNew := func(p Pass) bool {
		return !slices.ContainsFunc(before, func(b Pass) bool {
			return b.Name == p.Name && b.Since.Equal(p.Since) && b.Revoked.At.Equal(p.Revoked.At)
		})
	}
	for _, p := range r.After.Passes() {
		if isNew(p) {
			all = append(all, p)
		}
	}
	return all
}

// UnmarshalJSON reads what encoding/json wrote of a Record; before may be null.
func (r *Record) UnmarshalJSON(text []byte) error {
	var read struct {
		Before *State `json:"before"`
		After  State  `json:"after"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return fmt.Errorf("maintenance: the record can't be read: %w", err)
	}
	*r = Record{After: read.After}
	if read.Before != nil {
		r.Before = *read.Before
	}
	return nil
}

// Historian is implemented by a store that keeps the changes of its document. A Save
// or Restore writes its Record in the same atomic step as the document, so neither is
// there without the other, and a Record never changes. Beyond MaxHistory the oldest
// goes.
type Historian interface {
	// History returns the records, the newest first.
	History(ctx context.Context) ([]Record, error)
}

// History returns the last changes, the newest first. Where somebody has changed the
// document by other means than a store's, such as an editor, that is a record too, via
// "file" and without an author. It returns an error that wraps errors.ErrUnsupported where
// the store keeps no history, the store's errors, and ErrClosed.
func (m *Mode) History(ctx context.Context) ([]Record, error) {
	h, ok := m.store.(Historian)
	if !ok {
		return nil, fmt.Errorf("maintenance: this store keeps no history: %w", errors.ErrUnsupported)
	}
	present, err := m.Load(ctx) // before the records: a save in between would look like an edit
	if err != nil {
		return nil, err
	}
	records, err := h.History(ctx)
	if err != nil {
		return nil, fmt.Errorf("maintenance: the history can't be read: %w", err)
	}
	return linked(records, present), nil
}

// linked adds a record where one does not begin with what the one before has left.
func linked(records []Record, present State) (all []Record) {
	later := present
	for _, r := range records {
		if r.After.ID != later.ID && r.After.Revision < later.Revision {
			all = append(all, Record{r.After, edited(later)})
		}
		all = append(all, r)
		later = r.Before
	}
	if len(records) == 0 && present.ID != "" {
		all = append(all, Record{After: edited(present)})
	}
	return all
}

// edited returns a document whose author nobody knows: what it says of that was there
// before.
func edited(s State) State {
	s.ChangedBy, s.ChangedAt, s.Via = "", time.Time{}, "file"
	return s
}
