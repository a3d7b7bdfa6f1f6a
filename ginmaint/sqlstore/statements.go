package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// statements are those of one store, with its tables in place. Every value is an argument.
type statements struct {
	create []string // one for each table
	there  []string // succeeds where the table is there

	load, insert, update         string
	lockRow, record, recordFirst string
	forget, history              string
	begin, roster, beginAnew     string
	accept                       string
	enter, enterUnknown, renew   string
	remove, removeUnrenewed      string
	entries                      string
}

// fill puts the tables and the dialect's words into the statements.
func fill(t tables, words map[string]string) statements {
	pairs := []string{
		"{{table}}", t.document, "{{history}}", t.history, "{{roster}}", t.roster, "{{replicas}}", t.replicas,
		"{{version}}", strconv.Itoa(sqlrow.Layout), "{{most}}", strconv.Itoa(maintenance.MaxHistory),
	}
	for word, text := range words {
		pairs = append(pairs, "{{"+word+"}}", text)
	}
	in := strings.NewReplacer(pairs...).Replace
	return statements{
		create: []string{
			// One row for each switch. Revision and id repeat what the document says, for
			// the comparison in a save. Times are microseconds since 1970, in UTC.
			in(`CREATE TABLE IF NOT EXISTS {{table}} (
				name     {{key}}    NOT NULL PRIMARY KEY,
				version  INTEGER    NOT NULL,
				revision BIGINT     NOT NULL,
				id       {{key}}    NOT NULL,
				document {{text}}   NOT NULL,
				saved_at BIGINT     NOT NULL){{kind}}`),
			// One row for each of the last changes.
			in(`CREATE TABLE IF NOT EXISTS {{history}} (
				name            {{key}}  NOT NULL,
				number          BIGINT   NOT NULL,
				document_before {{text}},
				document_after  {{text}} NOT NULL,
				PRIMARY KEY (name, number)){{kind}}`),
			// One row for each switch that a replica ever joined.
			in(`CREATE TABLE IF NOT EXISTS {{roster}} (
				name     {{key}}    NOT NULL PRIMARY KEY,
				token    {{key}}    NOT NULL,
				server   {{key}}    NOT NULL,
				began_at BIGINT     NOT NULL){{kind}}`),
			// One row for each replica, rewritten with every renewal.
			in(`CREATE TABLE IF NOT EXISTS {{replicas}} (
				name        {{key}}  NOT NULL,
				id          {{key}}  NOT NULL,
				incarnation {{key}}  NOT NULL,
				work        {{text}} NOT NULL,
				entry       {{text}} NOT NULL,
				renewed_at  BIGINT   NOT NULL,
				PRIMARY KEY (name, id)){{kind}}`),
		},
		there: []string{in(`SELECT 1 FROM {{table}} WHERE 1 = 0`), in(`SELECT 1 FROM {{history}} WHERE 1 = 0`), in(`SELECT 1 FROM {{roster}} WHERE 1 = 0`),
			in(`SELECT 1 FROM {{replicas}} WHERE 1 = 0`)},

		load: in(`SELECT {{mode}}, {{server}}, r.token, r.server, {{now}} - r.began_at, s.version, s.revision, s.id, s.document
			FROM (SELECT 1 AS one) AS always
			LEFT JOIN {{table}} AS s ON s.name = ?
			LEFT JOIN {{roster}} AS r ON r.name = ?`),
		insert: in(`INSERT INTO {{table}} (revision, id, document, name, version, saved_at) VALUES (?, ?, ?, ?, {{version}}, {{now}})`),
		update: in(`UPDATE {{table}} SET revision = ?, id = ?, document = ?, version = {{version}}, saved_at = {{now}}
			WHERE name = ? AND revision = ? AND (? = '' OR id = ?) AND version <= {{version}}`),

		// The row's lock first, as a write: SQLite can't make a reader a writer where another
		// has written since.
		lockRow: in(`UPDATE {{table}} SET version = version WHERE name = ?`),
		record: in(`INSERT INTO {{history}} (name, number, document_before, document_after)
			SELECT s.name, (SELECT COALESCE(MAX(h.number), 0) + 1 FROM {{history}} AS h WHERE h.name = s.name), s.document, ?
			FROM {{table}} AS s WHERE s.name = ?`),
		recordFirst: in(`INSERT INTO {{history}} (name, number, document_after)
			SELECT ?, COALESCE(MAX(h.number), 0) + 1, ? FROM {{history}} AS h WHERE h.name = ?`),
		// MySQL reads the table that it deletes from only by way of another.
		forget: in(`DELETE FROM {{history}} WHERE name = ? AND number <=
			(SELECT last FROM (SELECT MAX(number) - {{most}} AS last FROM {{history}} WHERE name = ?) AS newest)`),
		history: in(`SELECT document_before, document_after FROM {{history}} WHERE name = ? ORDER BY number DESC`),

		begin:        in(`INSERT INTO {{roster}} (name, token, server, began_at) VALUES (?, ?, ?, {{now}}) {{keep}}`),
		roster:       in(`SELECT token, server, {{server}}, {{now}} FROM {{roster}} WHERE name = ? {{lock}}`),
		beginAnew:    in(`UPDATE {{roster}} SET token = ?, server = ?, began_at = ? WHERE name = ?`),
		accept:       in(`UPDATE {{roster}} SET token = ?, server = ?, began_at = {{now}} WHERE name = ? AND token = ?`),
		enter:        in(`INSERT INTO {{replicas}} (name, id, incarnation, work, entry, renewed_at) VALUES (?, ?, ?, ?, ?, ?) {{replace}}`),
		enterUnknown: in(`INSERT INTO {{replicas}} (name, id, incarnation, work, entry, renewed_at) VALUES (?, ?, ?, '', ?, ?) {{keep_entry}}`),
		renew:        in(`UPDATE {{replicas}} SET work = ?, entry = ?, renewed_at = {{now}} WHERE name = ? AND id = ? AND incarnation = ?`),
		remove:       in(`DELETE FROM {{replicas}} WHERE name = ? AND id = ?`),
		// Quotes within a text are escaped, so no name can pass for the field.
		removeUnrenewed: in(`DELETE FROM {{replicas}} WHERE name = ? AND id = ? AND incarnation = ? AND entry LIKE ?`),
		entries:         in(`SELECT id, incarnation, entry, renewed_at, {{now}} - renewed_at FROM {{replicas}} WHERE name = ? ORDER BY id`),
	}
}

func (p *plain) migrate(ctx context.Context, on *sql.Conn) error {
	for i, there := range p.q.there {
		_, err := on.ExecContext(ctx, there)
		if p.own.condition(err) == noTable {
			_, err = on.ExecContext(ctx, p.q.create[i])
		}
		if err != nil {
			return fmt.Errorf("table %d of %d: %w", i+1, len(p.q.there), err)
		}
	}
	return nil
}
