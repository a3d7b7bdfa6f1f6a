// Package pgsql holds the statements of a store in PostgreSQL, for whatever client sends
// them: pgx in package pgstore, database/sql in package sqlstore. Both work on the same
// tables, and what one saves the other is told.
//
// Each statement is a transaction of its own, and answers with one row at most.
package pgsql

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

//go:embed sql/*.sql
var files embed.FS

// MaxIdentifier is how many bytes a name may have. PostgreSQL cuts longer ones off without
// an error, so that two tables could become one.
const MaxIdentifier = 63

// The parts that several statements share.
const (
	// durable keeps a commit from being acknowledged before it is on disk,
	// whatever the pool or the server is set to; remote_apply asks for more.
	durable = `CASE WHEN current_setting('synchronous_commit') IN ('on', 'remote_apply') THEN 'as set'` +
		` ELSE set_config('synchronous_commit', 'on', true) END`

	// payload is the document where a notification can carry it. The server
	// counts, since the limit holds in its own encoding.
	payload = `CASE WHEN octet_length($4::text) < 8000 THEN $4::text ELSE '' END`

	// timeline differs after every promotion of a standby.
	timeline = `left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)`

	// untold stands in its place where the server does not tell it.
	untold = `'untold'`
)

// Queries holds the statements of one store, with its tables in place. The files in the
// folder sql say which arguments they take, and what they return.
type Queries struct {
	Migrate, Migrated             string
	Load, Insert, Update, History string
	Join, Renew, Remove, Replicas string
	RemoveUnrenewed               string

	Changed, Reported                               string // expressions: the names of the channels
	TableName, HistoryName, RosterName, EntriesName string // quoted
}

// For returns the statements for a switch in the table with these parts, as sqlrow.Table
// returns them.
func For(table []string, name string) *Statements {
	return &Statements{Queries: queries(table, name, timeline), untold: queries(table, name, untold)}
}

// queries returns the statements with this expression for the timeline. Only quoted
// identifiers, quoted literals and constants go into their text; every value is an argument.
func queries(table []string, name, timeline string) Queries {
	q := Queries{
		TableName:   identifier(table, ""),
		HistoryName: identifier(table, sqlrow.HistorySuffix),
		RosterName:  identifier(table, sqlrow.RosterSuffix),
		EntriesName: identifier(table, sqlrow.ReplicasSuffix),
	}
	q.Changed = Channel(q.TableName, "state", name)
	q.Reported = Channel(q.TableName, "replicas", name)
	fill := strings.NewReplacer(
		"{{table}}", q.TableName,
		"{{history}}", q.HistoryName,
		"{{roster}}", q.RosterName,
		"{{replicas}}", q.EntriesName,
		"{{table_text}}", literal(q.TableName),
		"{{history_text}}", literal(q.HistoryName),
		"{{roster_text}}", literal(q.RosterName),
		"{{replicas_text}}", literal(q.EntriesName),
		"{{lock}}", lockKey(q.TableName),
		"{{version}}", strconv.Itoa(sqlrow.Layout),
		"{{next}}", "(SELECT coalesce(max(h.number), 0) + 1 FROM "+q.HistoryName+" AS h WHERE h.name = $1::text)",
		"{{most}}", strconv.Itoa(maintenance.MaxHistory),
		"{{durable}}", durable,
		"{{payload}}", payload,
		"{{timeline}}", timeline,
		"{{vouched}}", sqlrow.VouchedID,
		"{{changed}}", q.Changed,
		"{{reported}}", q.Reported,
	)
	for file, into := range map[string]*string{
		"migrate": &q.Migrate, "migrated": &q.Migrated,
		"load": &q.Load, "insert": &q.Insert, "update": &q.Update, "history": &q.History,
		"join": &q.Join, "renew": &q.Renew, "remove": &q.Remove, "remove_unrenewed": &q.RemoveUnrenewed, "replicas": &q.Replicas,
	} {
		*into = fill.Replace(statement(file))
	}
	return q
}

// statement returns an embedded statement without its comments, which are for
// readers and not for the server.
func statement(file string) string {
	text, err := files.ReadFile("sql/" + file + ".sql")
	if err != nil {
		panic(err) // the file is part of the binary
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, ""))
}

// Channel returns an SQL expression for the name of a channel. Channels belong
// to the whole database, while a table's name may mean another table under
// another search_path, so the table's own number stands in it. The hash keeps
// it within the 63 bytes of an identifier, whatever the switch is called.
func Channel(table, kind, name string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + strconv.Itoa(sqlrow.Layout) + "\x00" + name))
	return "'ginmaint_' || " + literal(table) + "::regclass::oid::text || '_" + hex.EncodeToString(sum[:16]) + "'"
}

// lockKey returns the key of the advisory lock that Migrate takes.
func lockKey(table string) string {
	sum := sha256.Sum256([]byte("ginmaint migrate\x00" + table))
	return strconv.FormatInt(int64(binary.BigEndian.Uint64(sum[:8])>>1), 10)
}

// identifier quotes the name of a table. Its parts hold no zero byte.
func identifier(table []string, suffix string) string {
	quoted := make([]string, len(table))
	for i, part := range table {
		if i == len(table)-1 {
			part += suffix
		}
		quoted[i] = `"` + strings.ReplaceAll(part, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ".")
}

// literal quotes a text for SQL. With the E form a backslash means the same
// whatever standard_conforming_strings says.
func literal(text string) string {
	return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
