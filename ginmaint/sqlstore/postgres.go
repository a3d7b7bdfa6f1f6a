package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgsql"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// postgres is the engine for PostgreSQL: package pgstore's tables and statements, each a
// transaction of its own.
type postgres struct {
	name string
	sql  *pgsql.Statements
}

func newPostgres(table []string, name string) (engine, tables) {
	t := named(func(suffix string) string { return quoted(table, suffix, `"`) }, "$1")
	return &postgres{name: name, sql: pgsql.For(table, name)}, t
}

func (p *postgres) load(ctx context.Context, on *sql.Conn) (l loaded, err error) {
	var standby bool
	err = on.QueryRowContext(ctx, p.sql.Load, p.name).Scan(&standby, &l.Version, &l.Revision, &l.ID, &l.Document)
	if err == nil && standby {
		err = errCopy
	}
	return l, err
}

func (p *postgres) put(ctx context.Context, on *sql.Conn, save sqlrow.Save) error {
	query, args := p.sql.Insert, []any{p.name, int64(save.State.Revision), save.State.ID, save.Document}
	if save.Over.Revision != 0 {
		query, args = p.sql.Update, append(args, int64(save.Over.Revision), save.Over.ID)
	}
	var id, durable, told string
	return rowOr(sqlrow.ErrNotReplaced, on.QueryRowContext(ctx, query, args...).Scan(&id, &durable, &told))
}

func (p *postgres) history(ctx context.Context, on *sql.Conn) (string, error) {
	var standby bool
	var records sql.NullString
	err := on.QueryRowContext(ctx, p.sql.History, p.name).Scan(&standby, &records)
	if err == nil && standby {
		err = errCopy
	}
	return records.String, err
}

// rowOr returns none where a statement answered with no row.
func rowOr(none, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return none
	}
	return err
}

func (p *postgres) join(ctx context.Context, on *sql.Conn, j joining) (incarnation string, at time.Time, err error) {
	prefix, unknown, err := unknownOf("", j.lease) // the statement adds the incarnation
	if err != nil {
		return "", time.Time{}, err
	}
	var durable, told string
	_, err = p.sql.Ask(func(q *pgsql.Queries) error {
		return on.QueryRowContext(ctx, q.Join, p.name, j.token, j.id, j.work, j.entry, j.before, prefix, unknown, false).
			Scan(&incarnation, &at, &durable, &told)
	})
	return incarnation, at, err
}

func (p *postgres) renew(ctx context.Context, on *sql.Conn, r maintenance.Replica, entry string) (row sqlrow.Row, err error) {
	var relaxed string
	var told *string
	_, err = p.sql.Ask(func(q *pgsql.Queries) error {
		return on.QueryRowContext(ctx, q.Renew, p.name, r.ID, r.Incarnation, r.Work(), entry).
			Scan(&row.Version, &row.Revision, &row.ID, &row.Document, &relaxed, &told)
	})
	return row, rowOr(maintenance.ErrUnlisted, err)
}

func (p *postgres) remove(ctx context.Context, on *sql.Conn, id string) error {
	var removed, durable, told string
	_, err := p.sql.Ask(func(q *pgsql.Queries) error {
		return on.QueryRowContext(ctx, q.Remove, p.name, id).Scan(&removed, &durable, &told)
	})
	return rowOr(maintenance.ErrUnlisted, err)
}

func (p *postgres) removeUnrenewed(ctx context.Context, on *sql.Conn, r maintenance.Replica) error {
	var removed, durable, told string
	return rowOr(maintenance.ErrUnlisted, on.QueryRowContext(ctx, p.sql.RemoveUnrenewed,
		p.name, r.ID, r.Incarnation, strconv.FormatUint(r.Renewals, 10)).Scan(&removed, &durable, &told))
}

func (p *postgres) replicas(ctx context.Context, on *sql.Conn) (l listed, err error) {
	var standby, aurora bool
	var present, entries *string
	untold, err := p.sql.Ask(func(q *pgsql.Queries) error {
		return on.QueryRowContext(ctx, q.Replicas, p.name).
			Scan(&standby, &aurora, &l.Version, &l.Revision, &l.ID, &l.Document, &present, &l.ended, &l.aged, &entries)
	})
	switch {
	case err != nil:
		return listed{}, err
	case standby:
		return listed{}, errCopy
	}
	l.unproven = pgsql.Doubt(untold, aurora)
	if present != nil {
		l.incarnation = *present
	}
	if entries != nil {
		l.entries, err = sqlrow.Entries(pkg, *entries)
	}
	return l, err
}

func (p *postgres) migrate(ctx context.Context, on *sql.Conn) error {
	var there bool
	if err := on.QueryRowContext(ctx, p.sql.Migrated).Scan(&there); err != nil || there {
		return err
	}
	// Without arguments a driver sends the text as it is, and the server takes the
	// statements as one transaction.
	_, err := on.ExecContext(ctx, p.sql.Migrate)
	return err
}

func (*postgres) local() bool { return false }

// condition goes by the SQLSTATE, which the errors of pgx and of lib/pq tell by this method.
func (p *postgres) condition(err error) condition {
	var server interface{ SQLState() string }
	if !errors.As(err, &server) {
		if connectionLost(err) {
			return unreachable
		}
		return unrecognised
	}
	switch state := server.SQLState(); state {
	case "40001", "40P01", "55P03":
		return lockedOut
	case "25006":
		return takesNoWrites
	case "28P01", "28000":
		return refusedUser
	case "3D000", "3F000":
		return noDatabase
	case "42P01":
		return noTable
	case "42703":
		return noColumn
	case "42501":
		return noRight
	case "53100":
		return full
	case "53300":
		return tooManyConnections
	default:
		if class := state[:min(2, len(state))]; class == "08" || state[:min(3, len(state))] == "57P" {
			return stopping
		}
	}
	return failed
}
