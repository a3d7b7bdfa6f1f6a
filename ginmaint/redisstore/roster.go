package redisstore

import (
	"context"
	"crypto/rand"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Join implements maintenance.Roster.
func (s *Store) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	mine, err := newEntry(r)
	if err != nil {
		return maintenance.Replica{}, err
	}
	unknown, err := newEntry(maintenance.UnknownReplica("unknown-"+r.Incarnation, r))
	if err != nil {
		return maintenance.Replica{}, err
	}
	reply, err := s.run(ctx, joinScript, []string{s.keys.roster},
		mine.id, mine.text, r.Incarnation, unknown.text, rand.Text(), s.keys.replicas)
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
		mine.id, mine.text, r.Incarnation, s.keys.replicas)
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
