package redisstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Join implements maintenance.Roster.
func (s *Store) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	mine, err := newEntry(r)
	if err != nil {
		return maintenance.Replica{}, err
	}
	unknown, err := newEntry(maintenance.UnknownReplica("unknown-", r)) // the script completes the ID
	if err != nil {
		return maintenance.Replica{}, err
	}
	reply, err := s.join(ctx, r.Incarnation, mine, unknown)
	if err != nil {
		return maintenance.Replica{}, explain("the replica was not listed", err)
	}
	answer, err := list(reply, 2)
	if err != nil {
		return maintenance.Replica{}, explain("the replica was not listed", err)
	}
	r.Incarnation = text(answer[0])
	r.RenewedAt = microseconds(answer[1])
	return r, nil
}

// Renew implements maintenance.Roster.
func (s *Store) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	mine, err := newEntry(r)
	if err != nil {
		return maintenance.State{}, err
	}
	reply, err := s.run(ctx, renewScript, []string{s.keys.roster, s.keys.state},
		mine.id, mine.text, r.Incarnation, s.keys.replicas, s.word())
	if err != nil {
		return maintenance.State{}, explain("the entry was not renewed", err)
	}
	answer, err := list(reply, 1)
	if err != nil {
		return maintenance.State{}, explain("the entry was not renewed", err)
	}
	if answer[0] != int64(1) {
		return maintenance.State{}, maintenance.ErrUnlisted
	}
	found, err := s.read(at(answer, 1))
	return found.state, err
}

// Remove implements maintenance.Roster. Where the answer to a first try was
// lost, it may return ErrUnlisted for the entry that it removed itself.
func (s *Store) Remove(ctx context.Context, id string) error {
	reply, err := s.run(ctx, removeScript, []string{s.keys.roster}, id, s.keys.replicas)
	if err != nil {
		return explain("the replica was not removed", err)
	}
	if reply != int64(1) {
		return maintenance.ErrUnlisted
	}
	return nil
}

// RemoveUnrenewed implements maintenance.Roster. As Remove, it may return ErrUnlisted
// for the entry that it removed itself.
func (s *Store) RemoveUnrenewed(ctx context.Context, r maintenance.Replica) error {
	reply, err := s.run(ctx, removeScript, []string{s.keys.roster},
		r.ID, s.keys.replicas, r.Incarnation, strconv.FormatUint(r.Renewals, 10))
	if err != nil {
		return explain("the replica was not removed", err)
	}
	if reply != int64(1) {
		return maintenance.ErrUnlisted
	}
	return nil
}

// Replicas implements maintenance.Roster. The age counts from when a script
// first met the present incarnation, so it may be too short, never too long.
func (s *Store) Replicas(ctx context.Context) (maintenance.Listing, error) {
	const failed = "the replicas were not listed"
	reply, err := s.run(ctx, replicasScript, []string{s.keys.roster, s.keys.state}, s.word())
	if err != nil {
		return maintenance.Listing{}, explain(failed, err)
	}
	answer, err := list(reply, 6)
	if err != nil {
		return maintenance.Listing{}, explain(failed, err)
	}
	fields, err := list(answer[4], 0)
	if err != nil {
		return maintenance.Listing{}, explain(failed, err)
	}
	found, err := s.read(answer[0])
	if err != nil {
		return maintenance.Listing{}, err
	}
	snapshot := maintenance.Listing{State: found.state, Incarnation: text(answer[2])}
	switch why := text(answer[5]); {
	case why == "":
	case s.vouched:
		snapshot.Vouched = vouchedBy
	default:
		snapshot.Unproven = unproven(why)
	}
	if snapshot.Incarnation != "" {
		// A clock set back must not make an age that means unknown.
		snapshot.Age = max(microseconds(answer[1]).Sub(microseconds(answer[3])), 1)
	}
	for pair := range slices.Chunk(fields, 2) {
		id, ok := strings.CutPrefix(text(pair[0]), "replica:")
		if !ok {
			if text(pair[0]) == "vouched" && snapshot.Unproven == nil { // also where another process vouches
				snapshot.Vouched = vouchedBy
			}
			continue
		}
		r, err := s.replica(id, text(at(pair, 1)))
		if err != nil {
			return maintenance.Listing{}, err
		}
		if !r.RenewedAt.IsZero() {
			r.Silent = max(0, microseconds(answer[1]).Sub(r.RenewedAt))
		}
		snapshot.Replicas = append(snapshot.Replicas, r)
	}
	slices.SortFunc(snapshot.Replicas, func(a, b maintenance.Replica) int { return cmp.Compare(a.ID, b.ID) })
	return snapshot, nil
}

// entry is what a script is given of a replica.
type entry struct {
	id   string
	text string // a digest of what a drain waits for, in 16 characters, and the replica as JSON
}

func newEntry(r maintenance.Replica) (entry, error) {
	if r.ID == "" {
		return entry{}, errors.New("redisstore: a replica needs an ID; give it one that no other has")
	}
	text, err := json.Marshal(r)
	if err != nil {
		return entry{}, fmt.Errorf("redisstore: the replica %q can't be written as JSON: %w; correct that field", r.ID, err)
	}
	work := sha256.Sum256([]byte(r.Work()))
	return entry{r.ID, hex.EncodeToString(work[:8]) + string(text)}, nil
}

// listed is an entry as the scripts write it.
type listed struct {
	Incarnation string               `json:"incarnation"`
	RenewedUS   string               `json:"renewed_us"`
	Replica     *maintenance.Replica `json:"replica"`
}

// replica reads the entry of the replica with this ID. One that can't be read
// is an error: leaving it out would call a replica drained that is not.
func (s *Store) replica(id, text string) (maintenance.Replica, error) {
	var l listed
	err := json.Unmarshal([]byte(text), &l)
	if err == nil && (l.Replica == nil || l.Replica.ID != id) {
		err = errors.New("it does not hold that replica")
	}
	if err != nil {
		return maintenance.Replica{}, fmt.Errorf("redisstore: the entry %q under the key %q can't be read: %w; when that replica is stopped, HDEL it",
			"replica:"+id, s.keys.roster, err)
	}
	r := *l.Replica
	r.Incarnation = l.Incarnation
	r.RenewedAt = microseconds(l.RenewedUS)
	return r, nil
}
