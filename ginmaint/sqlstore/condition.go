package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
)

// condition is what an error of a driver means, where that has a remedy of its own.
// A dialect tells it by the server's number, SQLSTATE or text, since a driver's types are
// none of this package's.
type condition uint8

const (
	unrecognised condition = iota
	unreachable            // no answer
	stopping               // the server is starting or stopping
	lockedOut              // a deadlock, or a lock that was held for too long
	takesNoWrites
	refusedUser
	noDatabase
	noFile       // it is not there, or this user may not open it
	readOnlyFile // this user may not write it
	otherFile    // it is no database
	noTLS
	noTable
	noColumn
	noRight
	tooManyConnections
	full
	tooOld
	autocommitOff
	failed // the server says that it failed; there is no remedy to tell
)

// What a server may answer that is no error to its driver.
var (
	errCopy = errors.New("the server takes no writes, so it may be a copy that lags behind")

	errNoAutocommit = errors.New("the pool's connections have autocommit switched off, so that each sees what was stored " +
		"when it looked first")
)

// errMoved: another file has the name of the one that this process has opened.
var errMoved = errors.New("the file of the database was moved, deleted or replaced while this process has it open")

// connectionLost tells whether err came from the network rather than from what was asked.
func connectionLost(err error) bool {
	var network net.Error
	return errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, driver.ErrBadConn)
}
