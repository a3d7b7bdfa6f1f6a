package sqlrow

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Entry is one row of a roster. What its fields say goes before what its JSON says.
type Entry struct {
	ID          string
	Incarnation string
	RenewedAt   time.Time
	Silent      time.Duration
	JSON        []byte
}

// Replica reads the entry, in a roster whose present incarnation this is. One that can't
// be read is an error: left out, it would count as gone.
func (e Entry) Replica(pkg, present string) (maintenance.Replica, error) {
	var r maintenance.Replica
	if err := json.Unmarshal(e.JSON, &r); err != nil {
		return maintenance.Replica{}, fmt.Errorf("%s: the entry of the replica %q can't be read: %w; "+
			"remove it once that replica has stopped", pkg, Clip(e.ID), err)
	}
	r.ID, r.Incarnation, r.RenewedAt = e.ID, e.Incarnation, e.RenewedAt.UTC()
	r.Silent = max(0, e.Silent)
	if r.Unknown {
		r.Incarnation = present // what it stands for is missing until a person says otherwise
	}
	return r, nil
}
