package sqlrow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
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

// replica reads the entry. One that can't be read is an error: left out, it would count as
// gone.
func (e Entry) replica(pkg, present string) (maintenance.Replica, error) {
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

// Entries reads the rows of a roster that a server has put into one JSON array: objects
// with id, incarnation, reported_at, silent (in microseconds) and entry.
func Entries(pkg, text string) ([]Entry, error) {
	var rows []struct {
		ID          string          `json:"id"`
		Incarnation string          `json:"incarnation"`
		RenewedAt   time.Time       `json:"reported_at"`
		Silent      int64           `json:"silent"`
		Entry       json.RawMessage `json:"entry"`
	}
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, fmt.Errorf("%s: the roster can't be read: %w; look at its rows", pkg, err)
	}
	entries := make([]Entry, len(rows))
	for i, row := range rows {
		entries[i] = Entry{row.ID, row.Incarnation, row.RenewedAt, time.Duration(row.Silent) * time.Microsecond, row.Entry}
	}
	return entries, nil
}

// LostPrefix is how the IDs begin of the entries that stand for lost replicas.
const LostPrefix = "unknown-"

// VouchedID is the ID of the row that stands in the place of such an entry where the
// store's owner vouches that nobody was lost. Earlier releases take it for one.
const VouchedID = "vouched"

// Replicas reads entries in a roster whose present incarnation this is, sorted by ID.
// Where the roster is still of one that has ended, it adds the entry that the first to join
// will store. vouched tells whether the owner's word stands in the place of one.
func Replicas(pkg, present string, ended *string, entries []Entry) (replicas []maintenance.Replica, vouched bool, err error) {
	replicas = make([]maintenance.Replica, 0, len(entries)+1)
	missing := ended != nil
	var like maintenance.Replica
	for _, entry := range entries {
		if entry.ID == VouchedID {
			vouched = true
			continue
		}
		r, err := entry.replica(pkg, present)
		if err != nil {
			return nil, false, err
		}
		replicas = append(replicas, r)
		like.Lease = max(like.Lease, r.Lease)
		missing = missing && r.ID != LostPrefix+*ended
	}
	if missing {
		lost := maintenance.UnknownReplica(LostPrefix+*ended, like)
		lost.Incarnation = present
		replicas = append(replicas, lost)
	}
	slices.SortFunc(replicas, func(a, b maintenance.Replica) int { return cmp.Compare(a.ID, b.ID) })
	return replicas, vouched, nil
}
