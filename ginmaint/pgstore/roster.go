package pgstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgsql"
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
	if s.vouch {
		if err := s.checkWord(ctx); err != nil {
			return maintenance.Replica{}, s.explain(ctx, a, err)
		}
	}
	var durable, told string
	args := []any{s.name, rand.Text(), r.ID, r.Work(), string(entry), r.Incarnation, unknown.ID, string(lost), s.vouch}
	_, err = s.sql.Ask(func(q *pgsql.Queries) error {
		return s.row(ctx, q.Join, args, &r.Incarnation, &r.RenewedAt, &durable, &told)
	})
	if err != nil {
		return maintenance.Replica{}, s.explain(ctx, a, err)
	}
	r.RenewedAt = r.RenewedAt.UTC()
	return r, nil
}

// vouchedBy is the option by which a server's owner vouches.
const vouchedBy = "pgstore.AssumeNothingLost"

// checkWord looks whether the server's settings contradict its owner. Join waits for the
// standbys that are named there, whatever synchronous_commit is set to.
func (s *Store) checkWord(ctx context.Context) error {
	var fsync, names string
	var standbys int
	err := s.row(ctx, "SELECT current_setting('fsync'), current_setting('synchronous_standby_names'), "+
		"(SELECT count(*) FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup')", nil, &fsync, &names, &standbys)
	switch {
	case err != nil:
		return err
	case fsync == "off":
		return denied("fsync is off; switch it on")
	case names == "" && standbys > 0:
		return denied("there is a standby, and synchronous_standby_names is empty; name those that may be promoted")
	}
	return nil
}

func denied(why string) error {
	return errors.New(vouchedBy + " says that nothing is lost, but " + why + ", or leave the option out")
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
	_, err = s.sql.Ask(func(q *pgsql.Queries) error {
		return s.row(ctx, q.Renew, []any{s.name, r.ID, r.Incarnation, r.Work(), string(entry)},
			&found.Version, &found.Revision, &found.ID, &found.Document, &relaxed, &told)
	})
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
	_, err := s.sql.Ask(func(q *pgsql.Queries) error {
		return s.row(ctx, q.Remove, []any{s.name, id}, &removed, &durable, &told)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return maintenance.ErrUnlisted
	}
	return s.explain(ctx, a, err)
}

// RemoveUnrenewed implements maintenance.Roster.
func (s *Store) RemoveUnrenewed(ctx context.Context, r maintenance.Replica) error {
	if s.err != nil {
		return s.err
	}
	a := action{"the replica can't be removed", "SELECT and DELETE on " + s.sql.EntriesName}
	var removed, durable, told string
	err := s.row(ctx, s.sql.RemoveUnrenewed, []any{s.name, r.ID, r.Incarnation, strconv.FormatUint(r.Renewals, 10)},
		&removed, &durable, &told)
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
		aurora   bool
		found    sqlrow.Row
		present  *string
		ended    *string // the incarnation that the roster was of, until somebody joins the present one
		age      *int64  // in microseconds
		replicas *string
	)
	untold, err := s.sql.Ask(func(q *pgsql.Queries) error {
		return s.row(ctx, q.Replicas, []any{s.name}, &standby, &aurora,
			&found.Version, &found.Revision, &found.ID, &found.Document, &present, &ended, &age, &replicas)
	})
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
	moved := s.vouch && ended != nil
	if moved {
		ended = nil
	}
	var vouched bool
	snap.Replicas, vouched, err = sqlrow.Replicas(pkg, snap.Incarnation, ended, rows)
	switch doubt := pgsql.Doubt(untold, aurora); {
	case doubt != "" && !s.vouch:
		snap.Unproven = fmt.Errorf("pgstore: %s, so a fail-over to a copy that lags behind would not be noticed; if it never loses "+
			"a write that it has acknowledged, say so by %s, or assume=nothing-lost in the store's URL", doubt, vouchedBy)
	case doubt != "", vouched, moved:
		snap.Vouched = vouchedBy
	}
	return snap, err
}
