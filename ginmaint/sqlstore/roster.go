package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Join implements maintenance.Roster. It is a transaction of its own, committed before it
// returns. Survivors of the same incarnation make one unknown entry together.
func (s *Store) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	if s.err != nil {
		return maintenance.Replica{}, s.err
	}
	a := action{"the replica can't join the roster",
		"SELECT, INSERT and UPDATE on " + s.tables.roster + " and " + s.tables.replicas}
	entry, err := json.Marshal(r)
	if err != nil {
		return maintenance.Replica{}, fmt.Errorf("sqlstore: %s: %w", a.failed, err)
	}
	err = s.on(ctx, func(ctx context.Context, conn *sql.Conn) error {
		var err error
		r.Incarnation, r.RenewedAt, err = s.engine.join(ctx, conn, joining{
			id: r.ID, work: r.Work(), entry: string(entry), before: r.Incarnation, token: rand.Text(), lease: r.Lease,
		})
		return err
	})
	if err != nil {
		return maintenance.Replica{}, s.explain(ctx, a, err)
	}
	r.RenewedAt = r.RenewedAt.UTC()
	return r, nil
}

// Renew implements maintenance.Roster.
func (s *Store) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	if s.err != nil {
		return maintenance.State{}, s.err
	}
	a := action{"the entry can't be renewed", "SELECT and UPDATE on " + s.tables.replicas +
		", SELECT on " + s.tables.roster + " and " + s.tables.document}
	entry, err := json.Marshal(r)
	if err != nil {
		return maintenance.State{}, fmt.Errorf("sqlstore: %s: %w", a.failed, err)
	}
	var state maintenance.State
	err = s.on(ctx, func(ctx context.Context, conn *sql.Conn) error {
		row, err := s.engine.renew(ctx, conn, r, string(entry))
		if err != nil {
			return err
		}
		state, err = row.State(pkg, s.name)
		return settled(err)
	})
	return state, s.unlistedOr(ctx, a, err)
}

// Remove implements maintenance.Roster.
func (s *Store) Remove(ctx context.Context, id string) error {
	if s.err != nil {
		return s.err
	}
	a := action{"the replica can't be removed", "SELECT and DELETE on " + s.tables.replicas}
	err := s.on(ctx, func(ctx context.Context, conn *sql.Conn) error { return s.engine.remove(ctx, conn, id) })
	return s.unlistedOr(ctx, a, err)
}

// RemoveUnrenewed implements maintenance.Roster.
func (s *Store) RemoveUnrenewed(ctx context.Context, r maintenance.Replica) error {
	if s.err != nil {
		return s.err
	}
	a := action{"the replica can't be removed", "SELECT and DELETE on " + s.tables.replicas}
	err := s.on(ctx, func(ctx context.Context, conn *sql.Conn) error { return s.engine.removeUnrenewed(ctx, conn, r) })
	return s.unlistedOr(ctx, a, err)
}

// Replicas implements maintenance.Roster. The Age is 0 after a fail-over until the first
// replica has joined again.
func (s *Store) Replicas(ctx context.Context) (maintenance.Listing, error) {
	if s.err != nil {
		return maintenance.Listing{}, s.err
	}
	a := action{"the roster can't be read", "SELECT on " + s.tables.document + ", " + s.tables.roster + " and " + s.tables.replicas}
	var found listed
	err := s.on(ctx, func(ctx context.Context, conn *sql.Conn) (err error) {
		found, err = s.engine.replicas(ctx, conn)
		return err
	})
	if err != nil {
		return maintenance.Listing{}, s.explain(ctx, a, err)
	}
	listing := maintenance.Listing{Incarnation: found.incarnation}
	if listing.State, err = found.State(pkg, s.name); err != nil {
		return maintenance.Listing{}, err
	}
	if found.aged != nil {
		listing.Age = max(0, time.Duration(*found.aged)*time.Microsecond)
	}
	var vouched bool
	listing.Replicas, vouched, err = sqlrow.Replicas(pkg, listing.Incarnation, found.ended, found.entries)
	switch {
	case found.unproven != "" && s.vouch:
		listing.Vouched = "sqlstore.AssumeNothingLost"
	case vouched && found.unproven == "": // by a replica that uses the other store
		listing.Vouched = "pgstore.AssumeNothingLost"
	case found.unproven != "":
		listing.Unproven = fmt.Errorf("sqlstore: %s, so no drain can be proven; where it never loses a write that it has "+
			"acknowledged, say so with sqlstore.AssumeNothingLost (in a URL: assume=nothing-lost)", found.unproven)
	}
	return listing, err
}

// unlistedOr returns ErrUnlisted, and an error that is complete, as they are.
func (s *Store) unlistedOr(ctx context.Context, a action, err error) error {
	var complete final
	switch {
	case errors.Is(err, maintenance.ErrUnlisted):
		return maintenance.ErrUnlisted
	case errors.As(err, &complete):
		return complete.error
	}
	return s.explain(ctx, a, err)
}

// final marks an error that says what to do already.
type final struct{ error }

func settled(err error) error {
	if err == nil {
		return nil
	}
	return final{err}
}
