package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// pkg begins the errors.
const pkg = "sqlstore"

// engine is what the dialects differ in. Each method is one transaction, on one connection.
// None of them retries.
type engine interface {
	load(ctx context.Context, on *sql.Conn) (loaded, error)
	put(ctx context.Context, on *sql.Conn, save sqlrow.Save) error         // or sqlrow.ErrNotReplaced
	history(ctx context.Context, on *sql.Conn) (records string, err error) // a JSON array, or empty

	join(ctx context.Context, on *sql.Conn, joining joining) (incarnation string, at time.Time, err error)
	renew(ctx context.Context, on *sql.Conn, r maintenance.Replica, entry string) (sqlrow.Row, error) // or maintenance.ErrUnlisted
	remove(ctx context.Context, on *sql.Conn, id string) error                                        // or maintenance.ErrUnlisted
	removeUnrenewed(ctx context.Context, on *sql.Conn, r maintenance.Replica) error                   // likewise
	replicas(ctx context.Context, on *sql.Conn) (listed, error)

	migrate(ctx context.Context, on *sql.Conn) error

	// local tells whether the statements are to run to their end whatever the context: there
	// is no network in between, and drivers differ in what an interruption leaves behind.
	local() bool

	condition(err error) condition
}

// loaded is a document with what is known of the server that it came from.
type loaded struct {
	sqlrow.Row
	incarnation string // of the roster; empty where nobody ever joined
	aged        *int64 // how old that is, in microseconds; nil where unknown
	unproven    string // why the server can't tell whether it lost something; empty where it can
}

// joining is an entry on its way into the roster.
type joining struct {
	id, work, entry string
	before          string        // the incarnation that it belonged to before
	token           string        // for a new incarnation
	lease           time.Duration // of the entries that stand for what may have been lost
}

// unknownOf returns the entry that stands for what may have been lost with an incarnation.
func unknownOf(incarnation string, lease time.Duration) (id, entry string, err error) {
	r := maintenance.UnknownReplica(sqlrow.LostPrefix+incarnation, maintenance.Replica{Lease: lease})
	text, err := json.Marshal(r)
	return r.ID, string(text), err
}

// listed is a roster in the same snapshot as its document.
type listed struct {
	loaded
	ended   *string // the incarnation that the roster is of, until somebody joins the present one
	entries []sqlrow.Entry
}

// tables are the names of a store's tables, quoted, for its errors, and how it looks for
// changes.
type tables struct {
	document, history, roster, replicas string

	changed  string // one row, or none, that differs after each save
	reported string // a row for each entry, which differs where a drain waits for something else
}

// named returns the tables under their quoted names, with the statements that look for a
// change; mark stands for their only argument, the name of the switch.
func named(quote func(suffix string) string, mark string) tables {
	t := tables{document: quote(""), history: quote(sqlrow.HistorySuffix), roster: quote(sqlrow.RosterSuffix), replicas: quote(sqlrow.ReplicasSuffix)}
	t.changed = "SELECT revision, id FROM " + t.document + " WHERE name = " + mark
	t.reported = "SELECT id, incarnation, work FROM " + t.replicas + " WHERE name = " + mark + " ORDER BY id"
	return t
}

// quoted returns the name of a table, its parts in quotation marks of this kind.
func quoted(table []string, suffix, mark string) string {
	parts := make([]string, len(table))
	for i, part := range table {
		if i == len(table)-1 {
			part += suffix
		}
		parts[i] = mark + strings.ReplaceAll(part, mark, mark+mark) + mark
	}
	return strings.Join(parts, ".")
}
