package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mysql is what is MySQL's own, and MariaDB's.
type mysql struct{}

// mysqlWords: comments that begin with /*! are read by MySQL from that version on, and
// those that begin with /*M! by MariaDB, so that both take the same statements.
//
// Keys are bytes, since a collation may take two texts for the same.
var mysqlWords = map[string]string{
	"key":  "VARBINARY(255)",
	"text": "MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
	"kind": " ENGINE=InnoDB",
	"now":  "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
	"mode": "CONCAT_WS(' ', CAST(@@global.read_only AS CHAR), CAST(@@global.innodb_read_only AS CHAR), CAST(@@session.autocommit AS CHAR))",
	"server": "CONCAT(@@global.server_id /*!80000 , ' ', @@global.server_uuid */" +
		" /*M! , ' ', @@global.hostname, ':', @@global.port */)",
	"lock": "FOR UPDATE",
	"keep": "ON DUPLICATE KEY UPDATE token = token",
	"replace": "ON DUPLICATE KEY UPDATE incarnation = VALUES(incarnation), work = VALUES(work), entry = VALUES(entry), " +
		"renewed_at = VALUES(renewed_at)",
	"keep_entry": "ON DUPLICATE KEY UPDATE work = work",
}

func newMySQL(table []string, name string) (engine, tables) {
	t := named(func(suffix string) string { return quoted(table, suffix, "`") }, "?")
	return &plain{name: name, q: fill(t, mysqlWords), own: mysql{}}, t
}

func (mysql) usable(mode string) error {
	// A variable that is off is told as 0 by MySQL and as OFF by MariaDB.
	on := func(value string) bool { return value != "0" && value != "OFF" }
	told := strings.Fields(mode)
	switch {
	case len(told) != 3:
		return fmt.Errorf("the server tells its mode as %q", mode)
	case on(told[0]) || on(told[1]):
		return errCopy
	case !on(told[2]):
		return errNoAutocommit
	}
	return nil
}

func (mysql) server(_ context.Context, _ querier, told string) (string, error) { return told, nil }

func (mysql) unproven(ctx context.Context, on querier, server string) (string, error) {
	var variable, cluster string
	err := on.QueryRowContext(ctx, "SHOW VARIABLES LIKE 'wsrep_on'").Scan(&variable, &cluster)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	return unprovenMySQL(server, cluster == "ON"), nil
}

// unprovenMySQL: a server that replicates has a server_id that no other has, and MySQL adds
// a UUID. Nodes of a Galera cluster may share the first, and lag behind one another.
func unprovenMySQL(server string, galera bool) string {
	id, more, _ := strings.Cut(server, " ")
	switch {
	case galera:
		return "this server is a node of a Galera cluster, which another node may lag behind"
	case id == "" || id == "0" || strings.Trim(more, "0-:") == "":
		return "this server does not tell who it is, so a fail-over to a copy that lags behind can't be noticed"
	}
	return ""
}

// json escapes all that is not ASCII, so that no character set of a connection or a server
// can change it.
func (mysql) json(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return text
	}
	var ascii strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			ascii.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&ascii, `\u%04x`, unit)
		}
	}
	return ascii.String()
}

func (mysql) duplicate(err error) bool { return mysqlNumber(err) == 1062 }

// durably: only the server's owner sets when a commit is on disk.
func (mysql) durably(_ context.Context, _ *sql.Conn, run func() error) error { return run() }

func (mysql) snapshot() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

// mysqlError is how the drivers for MySQL write the server's errors.
var mysqlError = regexp.MustCompile(`(?i)\berror (\d{4})\b`)

// mysqlNumber returns the server's number of an error, 0 where it came from elsewhere.
func mysqlNumber(err error) int {
	if err == nil {
		return 0
	}
	number := 0
	if match := mysqlError.FindStringSubmatch(err.Error()); match != nil {
		number, _ = strconv.Atoi(match[1]) // four digits
	}
	return number
}

func (mysql) local() bool { return false }

func (mysql) condition(err error) condition {
	number := mysqlNumber(err)
	switch number {
	case 0:
		if err != nil && strings.Contains(err.Error(), "server does not support TLS") {
			return noTLS
		}
		if err != nil && (connectionLost(err) || strings.Contains(err.Error(), "invalid connection")) {
			return unreachable
		}
		return unrecognised
	case 1213, 1205, 1020: // deadlock, lock wait timeout, changed since the snapshot
		return lockedOut
	case 1290, 1792, 1836: // --read-only, a read-only transaction, a read-only mode
		return takesNoWrites
	case 1045, 1130, 1251, 1698: // password, host, authentication
		return refusedUser
	case 1046, 1049:
		return noDatabase
	case 1146:
		return noTable
	case 1054, 1364:
		return noColumn
	case 1044, 1142, 1143, 1227:
		return noRight
	case 1040, 1203, 1226:
		return tooManyConnections
	case 1021, 1114, 3:
		return full
	case 1064, 1193: // syntax, a variable that does not exist
		return tooOld
	case 1568: // a transaction is open that nobody began
		return autocommitOff
	case 1053, 1077, 1927: // shutdown, killed
		return stopping
	}
	return failed
}
