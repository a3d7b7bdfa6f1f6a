package pgstore

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/*.sql
var files embed.FS

// layout is the version of a row's form that this release writes, and the
// newest that it reads.
const layout = 1

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
)

// queries holds the statements of one store, with its tables in place.
type queries struct {
	migrate, migrated                   string
	load, insert, update                string
	join, renew, remove, replicas       string
	changed, reported                   string // expressions: the names of the channels
	tableName, rosterName, replicasName string // quoted
}

// newQueries fills the statements in. Only quoted identifiers, quoted literals
// and constants go into their text; every value is an argument.
func newQueries(table pgx.Identifier, name string) queries {
	last := len(table) - 1
	beside := func(suffix string) string {
		id := append(pgx.Identifier(nil), table...)
		id[last] += suffix
		return id.Sanitize()
	}
	q := queries{
		tableName:    table.Sanitize(),
		rosterName:   beside(rosterSuffix),
		replicasName: beside(replicasSuffix),
	}
	q.changed = channel(q.tableName, "state", name)
	q.reported = channel(q.tableName, "replicas", name)
	fill := strings.NewReplacer(
		"{{table}}", q.tableName,
		"{{roster}}", q.rosterName,
		"{{replicas}}", q.replicasName,
		"{{table_text}}", literal(q.tableName),
		"{{roster_text}}", literal(q.rosterName),
		"{{replicas_text}}", literal(q.replicasName),
		"{{lock}}", lockKey(q.tableName),
		"{{version}}", strconv.Itoa(layout),
		"{{durable}}", durable,
		"{{payload}}", payload,
		"{{timeline}}", timeline,
		"{{changed}}", q.changed,
		"{{reported}}", q.reported,
	)
	for file, into := range map[string]*string{
		"migrate": &q.migrate, "migrated": &q.migrated,
		"load": &q.load, "insert": &q.insert, "update": &q.update,
		"join": &q.join, "renew": &q.renew, "remove": &q.remove, "replicas": &q.replicas,
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

// channel returns an SQL expression for the name of a channel. Channels belong
// to the whole database, while a table's name may mean another table under
// another search_path, so the table's own number stands in it. The hash keeps
// it within the 63 bytes of an identifier, whatever the switch is called.
func channel(table, kind, name string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + strconv.Itoa(layout) + "\x00" + name))
	return "'ginmaint_' || " + literal(table) + "::regclass::oid::text || '_" + hex.EncodeToString(sum[:16]) + "'"
}

// lockKey returns the key of the advisory lock that Migrate takes.
func lockKey(table string) string {
	sum := sha256.Sum256([]byte("ginmaint migrate\x00" + table))
	return strconv.FormatInt(int64(binary.BigEndian.Uint64(sum[:8])>>1), 10)
}

// literal quotes a text for SQL. With the E form a backslash means the same
// whatever standard_conforming_strings says.
func literal(text string) string {
	return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
