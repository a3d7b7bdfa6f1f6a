package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/sqlrow"
)

// action is what a method was doing: words for its errors, and the rights that it needs.
type action struct {
	failed string // "the state can't be loaded"
	rights string // for the remedy: "SELECT on …"
}

// explain turns an error of a driver into one sentence that ends with the remedy.
func (s *Store) explain(ctx context.Context, a action, err error) error {
	if err == nil {
		return nil
	}
	remedy := s.remedy(a, err)
	if s.engine.condition(err) == noFile {
		err = unopened{err}
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(err, errExhausted) {
		if errors.Is(err, ended) {
			return fmt.Errorf("sqlstore: %s in the time given: %w", a.failed, err)
		}
		return fmt.Errorf("sqlstore: %s in the time given: %w (%w)", a.failed, ended, err)
	}
	if remedy != "" {
		return fmt.Errorf("sqlstore: %s: %w; %s", a.failed, err, remedy)
	}
	return fmt.Errorf("sqlstore: %s: %w", a.failed, err)
}

// unopened is the error of a file that can't be opened. SQLite adds "out of memory" where
// there is no connection yet to ask for more.
type unopened struct{ error }

func (e unopened) Error() string { return strings.Replace(e.error.Error(), ": out of memory", "", 1) }
func (e unopened) Unwrap() error { return e.error }

const switchOn = "leave autocommit=0 out of its data source name"

// remedy says what to do about err, in half a sentence.
func (s *Store) remedy(a action, err error) string {
	switch {
	case errors.Is(err, errExhausted):
		return "give the store a small pool of its own, or raise SetMaxOpenConns"
	case errors.Is(err, errMoved):
		return "restart this process, and stop all processes before you exchange the file"
	case errors.Is(err, errCopy):
		return "let the pool connect to the primary"
	case errors.Is(err, errNoAutocommit):
		return switchOn
	}
	if remedy := sqlrow.Certificate(err, "the driver's TLS settings (ca= in a mysql: URL of package stores)"); remedy != "" {
		return remedy
	}
	switch s.engine.condition(err) {
	case unreachable:
		return "check that the server runs and that the pool's address is right"
	case stopping:
		return "the server is stopping or starting; try again once it is up"
	case lockedOut:
		return fmt.Sprintf("somebody else has held a lock on these rows for %s; look for a transaction that was left open", retryFor)
	case takesNoWrites:
		return "let the pool connect to the primary, with an account whose transactions may write"
	case refusedUser:
		return "correct the user name or the password of the pool, or its certificate where the server wants one, or the server's list of who may connect"
	case noDatabase:
		return "create the database or the schema first, or correct its name"
	case noFile:
		return "correct its path, make the folder, or give this user the right to read and write the file and the folder"
	case readOnlyFile:
		return "give this user the right to write the file of the database and its folder, and leave mode=ro out of its data source name"
	case otherFile:
		return "correct its path: the file there belongs to something else, or is damaged"
	case noTLS:
		return "the server has no TLS: set it up there, or leave tls out of the pool's data source name (tls= and ca= out of a mysql: URL)"
	case noTable:
		return "make the tables once, by calling Migrate or by ginmaint store migrate"
	case noColumn:
		return "the table is not one that Migrate made; name another with sqlstore.Table"
	case noRight:
		return "grant the pool's account " + a.rights
	case tooManyConnections:
		return "raise the server's limit of connections, or make the pools smaller"
	case full:
		return "free space on the disk"
	case autocommitOff:
		return switchOn
	case tooOld:
		return "the store needs MySQL 8.0, MariaDB 10.5, SQLite 3.35 or PostgreSQL 12"
	}
	return ""
}
