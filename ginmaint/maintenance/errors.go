package maintenance

import "errors"

// Errors of stores and Modes. Others wrap them: ask with errors.Is.
var (
	// ErrConflict means that somebody else saved first, so nothing was stored.
	ErrConflict = errors.New("maintenance: somebody else changed the state first; load it and decide again")

	// ErrInvalid means that a state asks for what can't be; the error that wraps
	// it names all that is wrong.
	ErrInvalid = errors.New("maintenance: the state is not valid")

	// ErrFixed means that the level is set by configuration.
	ErrFixed = errors.New("maintenance: the level is fixed by the application's configuration and can't be switched")

	// ErrUnlisted means that the roster does not hold the replica that
	// reported: it was forgotten, or the roster was lost.
	ErrUnlisted = errors.New("maintenance: the roster does not list this replica")

	// ErrRefused is for applications to return where Enter has refused a unit of
	// work: the service is closed for maintenance.
	ErrRefused = errors.New("maintenance: the service is closed for maintenance, try again later")

	// ErrClosed means that the Mode was shut down.
	ErrClosed = errors.New("maintenance: the mode is closed")

	// ErrNotDrained means that work was still running, or might have been.
	ErrNotDrained = errors.New("maintenance: not drained")

	// ErrChanged means that somebody saved a lower level while the drain
	// waited, so that work is admitted again.
	ErrChanged = errors.New("maintenance: the level was lowered while the drain waited")

	// ErrOff means that there is nothing to drain: the level is off.
	ErrOff = errors.New("maintenance: the level is off, so nothing drains; switch on first")

	// ErrLowers means that a higher level is in force than the one asked for.
	ErrLowers = errors.New("maintenance: this would lower the level; ask for the one in force, or for a higher one")

	// ErrNoPass means that the document has no pass of that name.
	ErrNoPass = errors.New("maintenance: there is no such pass")

	// ErrEnding means that the window ends before the drain can prove anything.
	ErrEnding = errors.New("maintenance: the window ends too soon for a drain; move its end, or take it out")
)
