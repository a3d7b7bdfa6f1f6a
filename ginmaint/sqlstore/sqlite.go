package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// sqlite is what is SQLite's own. It remembers which file the pool has opened.
type sqlite struct {
	schema string // of the tables

	mu     sync.Mutex
	asked  bool
	path   string      // empty: in memory
	opened os.FileInfo // the file, when it was looked at first
}

var sqliteWords = map[string]string{
	"key":        "TEXT",
	"text":       "TEXT",
	"kind":       "",
	"now":        "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000",
	"mode":       "''",
	"server":     "''",
	"lock":       "",
	"keep":       "ON CONFLICT (name) DO NOTHING",
	"keep_entry": "ON CONFLICT (name, id) DO NOTHING",
	"replace": "ON CONFLICT (name, id) DO UPDATE SET incarnation = excluded.incarnation, work = excluded.work, " +
		"entry = excluded.entry, renewed_at = excluded.renewed_at",
}

func newSQLite(table []string, name string) (engine, tables) {
	t := named(func(suffix string) string { return quoted(table, suffix, `"`) }, "?")
	own := &sqlite{schema: "main"}
	if len(table) == 2 {
		own.schema = table[0]
	}
	return &plain{name: name, q: fill(t, sqliteWords), own: own, undo: "ROLLBACK"}, t
}

func (*sqlite) usable(string) error { return nil }

// server returns the number of the database's file. The number of a file that some process
// has open is given to no other. It returns errMoved where the path leads to another file
// than when it was looked at first: what the pool has open is then seen by nobody else.
func (s *sqlite) server(ctx context.Context, on querier, _ string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.asked {
		if err := s.locate(ctx, on); err != nil {
			return "", err
		}
	}
	if s.path == "" {
		return "memory", nil
	}
	present, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && s.opened != nil && !os.SameFile(s.opened, present):
		return "", errMoved
	case err != nil:
		return "", fmt.Errorf("the file of the database can't be looked at: %w", err)
	}
	s.opened = present
	return fileNumber(present), nil
}

// locate asks for the path. The caller holds mu.
func (s *sqlite) locate(ctx context.Context, on querier) error {
	rows, err := on.QueryContext(ctx, "PRAGMA database_list")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var number int
		var schema string
		var path sql.NullString
		if err := rows.Scan(&number, &schema, &path); err != nil {
			return err
		}
		if schema == s.schema {
			s.path = path.String
		}
	}
	s.asked = rows.Err() == nil
	return rows.Err()
}

func (*sqlite) unproven(context.Context, querier, string) (string, error) { return "", nil }

func (*sqlite) json(text string) string { return text }

func (*sqlite) duplicate(err error) bool {
	return err != nil && strings.Contains(err.Error(), "UNIQUE constraint failed")
}

// durably has SQLite sync the file also where the application has told it not to: in WAL
// mode below FULL, the loss of power takes the last commits back.
func (*sqlite) durably(ctx context.Context, on *sql.Conn, run func() error) (err error) {
	const full = 2
	var before int
	if err := on.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&before); err != nil {
		return err
	}
	if before >= full {
		return run()
	}
	if _, err := on.ExecContext(ctx, "PRAGMA synchronous = FULL"); err != nil {
		return err
	}
	defer func() {
		// The connection goes back to the application as it was, also after the context has ended.
		_, undone := on.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA synchronous = %d", before))
		if err == nil && undone != nil {
			err = fmt.Errorf("the setting synchronous of the connection can't be put back: %w", undone)
		}
	}()
	return run()
}

// snapshot: each transaction of SQLite is one, and some drivers refuse any options.
func (*sqlite) snapshot() *sql.TxOptions { return nil }

func (*sqlite) local() bool { return true }

// sqliteTexts are how SQLite begins or names its errors, whatever the driver adds to them.
var sqliteTexts = []struct {
	text  string
	means condition
}{
	{"is locked", lockedOut},
	{"SQLITE_BUSY", lockedOut},
	{"no such table", noTable},
	{"no such column", noColumn},
	{"has no column named", noColumn},
	{"attempt to write a readonly database", readOnlyFile},
	{"unable to open database", noFile},
	{"file is not a database", otherFile},
	{"unknown database", noDatabase},
	{"database or disk is full", full},
	{"disk I/O error", unrecognised},
	{"interrupted", unrecognised},
	{"syntax error", tooOld},
	{"no such function", tooOld},
}

func (*sqlite) condition(err error) condition {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return unrecognised
	}
	text := err.Error()
	for _, t := range sqliteTexts {
		if strings.Contains(text, t.text) {
			return t.means
		}
	}
	return failed
}
