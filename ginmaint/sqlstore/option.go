package sqlstore

import (
	"fmt"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
)

// Dialect is the database that a *sql.DB leads to.
type Dialect uint8

// The dialects.
const (
	// MySQL is MySQL 8.0 or later, or MariaDB 10.5 or later.
	MySQL Dialect = iota + 1
	// SQLite is SQLite 3.35 or later, for processes of one host.
	SQLite
	// PostgreSQL is PostgreSQL 12 or later. With a pgxpool.Pool, package pgstore does
	// better: it has pushes.
	PostgreSQL
)

// String returns "MySQL", "SQLite" or "PostgreSQL".
func (d Dialect) String() string {
	switch d {
	case MySQL:
		return "MySQL"
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	}
	return fmt.Sprintf("Dialect(%d)", uint8(d))
}

const (
	defaultPoll = time.Second
	shortest    = 100 * time.Millisecond
)

// Option changes a Store that New makes.
type Option func(*settings)

type settings struct {
	table string
	name  string
	poll  time.Duration
	paced bool // no Poll is given
	vouch bool
}

// Table sets the name of the table that holds the document, "ginmaint" by default. The
// roster is kept in two more with the suffixes "_roster" and "_replicas". A schema (in
// MySQL: a database) may stand before the name, with a dot between, as in "ops.ginmaint".
// All are quoted. Where a part is empty, too long (with the suffixes, 64 characters in
// MySQL and 63 bytes elsewhere), or holds control characters, each method of the store
// returns an error that says so.
func Table(name string) Option { return func(s *settings) { s.table = name } }

// Switch names the switch that is kept, "default" by default: several share the tables
// side by side. Where the name is empty, longer than 255 bytes, not UTF-8, or holds control
// characters, each method of the store returns an error that says so.
func Switch(name string) Option { return func(s *settings) { s.name = name } }

// Poll sets how often Watch and WatchReplicas look for a change, at least 100 ms: the
// longest that a replica follows behind, besides its question for the document. By default
// it is 1 s, and for Watch the Mode's maintenance.Poll where that is longer. It is not the
// heartbeat of the replicas, which is maintenance.Poll.
func Poll(interval time.Duration) Option {
	return func(s *settings) { s.poll, s.paced = interval, false }
}

// AssumeNothingLost has a drain be proven on your word where the server does not say who it
// is: you vouch that it never loses a write that it has acknowledged, unless all of them at
// once. So there is no fail-over to a copy that may lag behind, no restart from an older
// backup, and no node that answers with less than another has acknowledged. The Report of
// the drain names this option. It changes nothing where the server says who it is.
func AssumeNothingLost() Option { return func(s *settings) { s.vouch = true } }

// resolve checks the settings and returns what New needs of them.
func (set settings) resolve(dialect Dialect) (engine, tables, error) {
	const longest = 63
	parts, err := sqlrow.Table(pkg, set.table, longest)
	if err == nil {
		err = sqlrow.CheckSwitch(pkg, set.name)
	}
	if err == nil && set.poll < shortest {
		err = fmt.Errorf("sqlstore: Poll(%v): the interval is at least %v", set.poll, shortest)
	}
	if err != nil {
		return nil, tables{}, err
	}
	switch dialect {
	case MySQL:
		e, t := newMySQL(parts, set.name)
		return e, t, nil
	case PostgreSQL:
		e, t := newPostgres(parts, set.name)
		return e, t, nil
	case SQLite:
		e, t := newSQLite(parts, set.name)
		return e, t, nil
	}
	return nil, tables{}, fmt.Errorf("sqlstore: there is no dialect %v; write sqlstore.MySQL, sqlstore.SQLite or sqlstore.PostgreSQL", dialect)
}
