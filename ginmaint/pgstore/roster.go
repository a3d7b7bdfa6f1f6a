package pgstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Join implements maintenance.Roster. It is a transaction of its own, on the
// server's disk before it returns. Survivors of the same incarnation make one
// unknown entry together.
func (s *Store) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	if s.err != nil {
		return maintenance.Replica{}, s.err
	}
	a := action{"the replica can't join the roster",
		"SELECT, INSERT and UPDATE on " + s.sql.RosterName + " and " + s.sql.EntriesName}
	entry, err := json.Marshal(r)
	if err != nil {
		return maintenance.Replica{}, fmt.Errorf("pgstore: %s: %w", a.failed, err)
	}
	unknown := maintenance.UnknownReplica(sqlrow.LostPrefix, r)
	lost, err := json.Marshal(unknown)
	if err != nil {
		return maintenance.Replica{}, fmt.Errorf("pgstore: %s: %w", a.failed, err)
	}
	var durable, told string
	err = s.row(ctx, s.sql.Join,
		[]any{s.name, rand.Text(), r.ID, r.Work(), string(entry), r.Incarnation, unknown.ID, string(lost)},
		&r.Incarnation, &r.RenewedAt, &durable, &told)
	if err != nil {
		return maintenance.Replica{}, s.explain(ctx, a, err)
	}
	r.RenewedAt = r.RenewedAt.UTC()
	return r, nil
}

// Renew implements maintenance.Roster. It does not wait for the server's disk: a crash
// may take the last renewals back, and an earlier one of the same replica
// proves less, never more.
func (s *Store) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	if s.err != nil {
		return maintenance.State{}, s.err
	}
	a := action{"the entry can't be renewed",
		"SELECT and UPDATE on " + s.sql.EntriesName + ", SELECT on " + s.sql.RosterName + " and " + s.sql.TableName}
	entry, err := json.Marshal(r)
	if err != nil {
		return maintenance.State{}, fmt.Errorf("pgstore: %s: %w", a.failed, err)
	}
	var found sqlrow.Row
	var relaxed string
	var told *string
	err = s.row(ctx, s.sql.Renew, []any{s.name, r.ID, r.Incarnation, r.Work(), string(entry)},
		&found.Version, &found.Revision, &found.ID, &found.Document, &relaxed, &told)
	if errors.Is(err, pgx.ErrNoRows) {
		return maintenance.State{}, maintenance.ErrUnlisted
	}
	if err != nil {
		return maintenance.State{}, s.explain(ctx, a, err)
	}
	return found.State(pkg, s.name)
}

// Remove implements maintenance.Roster.
func (s *Store) Remove(ctx context.Context, id string) error {
	if s.err != nil {
		return s.err
	}
	a := action{"the replica can't be removed", "SELECT and DELETE on " + s.sql.EntriesName}
	var removed, durable, told string
	err := s.row(ctx, s.sql.Remove, []any{s.name, id}, &removed, &durable, &told)
	if errors.Is(err, pgx.ErrNoRows) {
		return maintenance.ErrUnlisted
	}
	return s.explain(ctx, a, err)
}

// Replicas implements maintenance.Roster. The Age is 0 after a promotion until
// the first replica has joined again.
func (s *Store) Replicas(ctx context.Context) (maintenance.Listing, error) {
	if s.err != nil {
		return maintenance.Listing{}, s.err
	}
	a := action{"the roster can't be read",
		"SELECT on " + s.sql.TableName + ", " + s.sql.RosterName + " and " + s.sql.EntriesName}
	var (
		standby  bool
		found    sqlrow.Row
		present  *string
		ended    *string // the incarnation that the roster was of, until somebody joins the present one
		age      *int64  // in microseconds
		replicas *string
	)
	err := s.row(ctx, s.sql.Replicas, []any{s.name},
		&standby, &found.Version, &found.Revision, &found.ID, &found.Document, &present, &ended, &age, &replicas)
	if err == nil && standby {
		err = errStandby
	}
	if err != nil {
		return maintenance.Listing{}, s.explain(ctx, a, err)
	}
	var snap maintenance.Listing
	if snap.State, err = found.State(pkg, s.name); err != nil {
		return maintenance.Listing{}, err
	}
	if present != nil {
		snap.Incarnation = *present
	}
	if age != nil {
		snap.Age = max(0, time.Duration(*age)*time.Microsecond)
	}
	var rows []sqlrow.Entry
	if replicas != nil {
		if rows, err = sqlrow.Entries(pkg, *replicas); err != nil {
			return maintenance.Listing{}, err
		}
	}
	snap.Replicas, err = sqlrow.Replicas(pkg, snap.Incarnation, ended, rows)
	return snap, err
}
