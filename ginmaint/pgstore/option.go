package pgstore

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// The tables beside the one that Table names.
const (
	rosterSuffix   = "_roster"
	replicasSuffix = "_replicas"
)

// PostgreSQL cuts longer identifiers off without an error, so that two tables
// could become one.
const (
	maxIdentifier = 63
	maxName       = 255
)

// Option changes a Store that New makes.
type Option func(*settings)

type settings struct {
	table string
	name  string
}

// Table sets the name of the table that holds the document, "ginmaint" by
// default. The roster is kept in two more with the suffixes "_roster" and
// "_replicas". A schema may stand before the name, with a dot between, as in
// "ops.ginmaint"; without one the search_path decides. Both are quoted, so
// upper and lower case are as written. Where a part is empty, longer than 63
// bytes (54 for the table), or holds control characters, each method of the
// store returns an error that says so.
func Table(name string) Option { return func(s *settings) { s.table = name } }

// Switch names the switch that is kept, "default" by default: several share the
// tables side by side. Where the name is empty, longer than 255 bytes, not UTF-8,
// or holds control characters, each method of the store returns an error that says
// so.
func Switch(name string) Option { return func(s *settings) { s.name = name } }

// identifier returns the table as a quotable identifier.
func (s settings) identifier() (pgx.Identifier, error) {
	parts := strings.Split(s.table, ".")
	if len(parts) > 2 {
		return nil, fmt.Errorf("pgstore: the table name %q has more than one dot; write table or schema.table", s.table)
	}
	for i, part := range parts {
		most := maxIdentifier
		if i == len(parts)-1 {
			most -= len(replicasSuffix)
		}
		if err := checkName(part, most); err != nil {
			return nil, fmt.Errorf("pgstore: the table name %q %w", clip(s.table), err)
		}
	}
	return pgx.Identifier(parts), nil
}

func (s settings) check() error {
	if err := checkName(s.name, maxName); err != nil {
		return fmt.Errorf("pgstore: the switch's name %q %w", clip(s.name), err)
	}
	return nil
}

func checkName(name string, most int) error {
	switch {
	case name == "":
		return fmt.Errorf("has an empty part; write at least one character")
	case len(name) > most:
		return fmt.Errorf("has a part of %d bytes; write at most %d", len(name), most)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("holds characters that are not text; leave them out")
	}
	return nil
}

// clip bounds a name quoted in an error.
func clip(name string) string {
	if len(name) <= maxIdentifier {
		return name
	}
	return strings.ToValidUTF8(name[:maxIdentifier], "") + "…"
}
