package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
)

// The conditions of the server that have a remedy of their own, by SQLSTATE.
const (
	serializationFailure = "40001"
	readOnlyTransaction  = "25006"
	wrongPassword        = "28P01"
	refusedUser          = "28000"
	noDatabase           = "3D000"
	noSchema             = "3F000"
	noTable              = "42P01"
	noColumn             = "42703"
	noPermission         = "42501"
	diskFull             = "53100"
	tooManyConnections   = "53300"
	shutdown             = "57P01"
	crashShutdown        = "57P02"
	cannotConnectNow     = "57P03"
	noStatement          = "26000"
	statementExists      = "42P05"
	noFunction           = "42883"
	notSupported         = "0A000"
	noSuchCharacter      = "22P05"
	notInEncoding        = "22021"
	canceled             = "57014"
)

var errStandby = errors.New("the server is a hot standby, whose copy may lag behind; " +
	"let the pool connect to the primary (target_session_attrs=read-write)")

// action is what a method was doing: words for its errors, and the rights that
// it needs.
type action struct {
	failed string // "the state can't be loaded"
	rights string // for the remedy: "SELECT on …"
}

// explain turns an error of pgx into one sentence that ends with the remedy.
// The text of err names host, user and database; pgx puts no password in it.
func (s *Store) explain(ctx context.Context, a action, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(err, errExhausted) {
		if errors.Is(err, ended) {
			return fmt.Errorf("pgstore: %s in the time given: %w", a.failed, err)
		}
		return fmt.Errorf("pgstore: %s in the time given: %w (%w)", a.failed, ended, err)
	}
	if remedy := s.remedy(a, err); remedy != "" {
		return fmt.Errorf("pgstore: %s: %w; %s", a.failed, err, remedy)
	}
	return fmt.Errorf("pgstore: %s: %w", a.failed, err)
}

// remedy says what to do about err, in half a sentence.
func (s *Store) remedy(a action, err error) string {
	if errors.Is(err, errExhausted) {
		return "give the store a small pool of its own, or raise the pool's MaxConns"
	}
	if remedy := sqlrow.Certificate(err, "sslrootcert= in the pool's URL"); remedy != "" {
		return remedy
	}
	switch code(err) {
	case "":
		if connectionLost(err) {
			return "check that the server runs and that the pool's address is right"
		}
	case readOnlyTransaction:
		return "let the pool connect to the primary, with a role whose transactions may write"
	case wrongPassword, refusedUser:
		return "correct the user name or the password of the pool, or its certificate where the server wants one (sslcert= and " +
			"sslkey= in its URL), or the server's pg_hba.conf"
	case noDatabase:
		return "create the database, or correct its name in the pool"
	case noSchema:
		return "create the schema first, or name another with pgstore.Table"
	case noTable:
		return "make the tables once, by calling Migrate or by ginmaint store migrate"
	case noColumn:
		return "the table is not one that Migrate made; name another with pgstore.Table"
	case noPermission:
		return "grant the pool's role " + a.rights + ", and USAGE on the schema"
	case diskFull:
		return "free space on the server's disk"
	case tooManyConnections:
		return "raise max_connections, or make the pools smaller"
	case noStatement, statementExists:
		return "a pooler stands between that keeps no prepared statements; set the pool's DefaultQueryExecMode to " +
			"pgx.QueryExecModeExec (default_query_exec_mode=exec in its URL)"
	case noFunction, notSupported:
		return "the store needs PostgreSQL 12 or later; a database that only speaks its protocol may lack what it asks for"
	case noSuchCharacter, notInEncoding:
		return "write the message without the characters that the database's encoding lacks, or use a database in UTF8"
	case canceled:
		return "the server gave the statement up; raise statement_timeout for the pool's role, or look for a lock that is held"
	case shutdown, crashShutdown, cannotConnectNow:
		return "the server is stopping or starting; try again once it is up"
	}
	return ""
}

// connectionLost tells whether err came from the network rather than from what
// was asked.
func connectionLost(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed)
}

// code returns the SQLSTATE of err, or "" where it did not come from a server.
func code(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}
