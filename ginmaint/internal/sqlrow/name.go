package sqlrow

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The tables beside the one that holds the documents.
const (
	HistorySuffix  = "_history"
	RosterSuffix   = "_roster"
	ReplicasSuffix = "_replicas"
)

// MaxSwitch is how many bytes the name of a switch may have.
const MaxSwitch = 255

// Table returns the parts of a table's name: the table alone, or a schema before it. The
// longest identifier that the database takes has so many bytes, the suffixes included.
func Table(pkg, name string, longest int) ([]string, error) {
	parts := strings.Split(name, ".")
	if len(parts) > 2 {
		return nil, fmt.Errorf("%s: the table name %q has more than one dot; write table or schema.table", pkg, Clip(name))
	}
	for i, part := range parts {
		most := longest
		if i == len(parts)-1 {
			most -= len(ReplicasSuffix)
		}
		if err := checkName(part, most); err != nil {
			return nil, fmt.Errorf("%s: the table name %q %w", pkg, Clip(name), err)
		}
	}
	return parts, nil
}

// CheckSwitch returns an error where a switch can't have this name.
func CheckSwitch(pkg, name string) error {
	if err := checkName(name, MaxSwitch); err != nil {
		return fmt.Errorf("%s: the switch's name %q %w", pkg, Clip(name), err)
	}
	return nil
}

func checkName(name string, most int) error {
	switch {
	case name == "":
		return errors.New("has an empty part; write at least one character")
	case len(name) > most:
		return fmt.Errorf("has a part of %d bytes; write at most %d", len(name), most)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("holds characters that are not text; leave them out")
	}
	return nil
}

// Clip bounds a name that an error quotes.
func Clip(name string) string {
	const most = 63
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}
