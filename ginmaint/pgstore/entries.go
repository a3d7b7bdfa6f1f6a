package pgstore

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// listed is one row of the roster, as the server puts it into JSON. What the
// columns say goes before what the entry says.
type listed struct {
	ID          string          `json:"id"`
	Incarnation string          `json:"incarnation"`
	RenewedAt   time.Time       `json:"reported_at"`
	Entry       json.RawMessage `json:"entry"`
}

// entries reads the rows of a roster, sorted by ID. One that can't be read is
// an error: left out, it would count as gone.
func entries(text, present string) ([]maintenance.Replica, error) {
	var rows []listed
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, fmt.Errorf("pgstore: the roster can't be read: %w; look at its rows", err)
	}
	replicas := make([]maintenance.Replica, 0, len(rows))
	for _, row := range rows {
		var r maintenance.Replica
		if err := json.Unmarshal(row.Entry, &r); err != nil {
			return nil, fmt.Errorf("pgstore: the entry of the replica %q can't be read: %w; "+
				"remove it once that replica has stopped", clip(row.ID), err)
		}
		r.ID, r.Incarnation, r.RenewedAt = row.ID, row.Incarnation, row.RenewedAt.UTC()
		if r.Unknown {
			r.Incarnation = present // what it stands for is missing until a person says otherwise
		}
		replicas = append(replicas, r)
	}
	slices.SortFunc(replicas, func(a, b maintenance.Replica) int { return cmp.Compare(a.ID, b.ID) })
	return replicas, nil
}
