package maintenance

import (
	"context"
	"time"
)

// Store keeps one document. Its methods may be called at the same time, by
// several Modes and processes. A method whose context ends returns promptly,
// with an error that wraps the context's. Package storetest holds the suite
// that every store passes.
type Store interface {
	// Load returns the document, the zero State where none was ever saved. It
	// asks the authority, never a copy that may lag behind. A document that
	// can't be read is an error, never the zero State.
	Load(ctx context.Context) (State, error)

	// Save replaces the document whose revision is s.Revision (0: none was ever
	// saved), and returns what it stored: s with the next revision and a new
	// ID. It returns ErrConflict, and stores nothing, where another revision is
	// there. A save whose answer was lost, tried again and found stored, has
	// succeeded; where the outcome can't be known the error says so.
	Save(ctx context.Context, s State) (State, error)

	// Watch calls changed once it listens, with the zero State (load now), and
	// then for every save, by whomever: with the document where the engine
	// carries it, else with the zero State. Calls may be lost, repeated or late;
	// they are never concurrent. Watch returns an error on every loss of the
	// connection, and the context's when that ends.
	Watch(ctx context.Context, changed func(State)) error
}

// Restorer is what a store adds that can lose what it kept: a server restarted
// empty, a fail-over to a copy that lags behind, a backup restored.
type Restorer interface {
	// Restore writes s back, under the ID that s has and with the revision that
	// follows the higher one of s and over, if the document stored is still
	// over (by ID and revision; the zero State: none). Else it returns
	// ErrConflict. Watchers are told as after a save.
	Restore(ctx context.Context, s, over State) (State, error)
}

// Pacer is what a store adds that asks its server of its own accord: whether a connection
// that listens is still there, or what has changed where there are no pushes.
type Pacer interface {
	// Pace tells how often the Mode asks, which is its Poll, before it watches. While
	// nothing happens, Watch asks no more often than that, so that a database which sleeps
	// without questions may sleep. A shorter one does not hurry it. Of several Modes on
	// one value of a store, the one that was opened last decides.
	Pace(poll time.Duration)
}

type fixed State

// Fixed returns a store whose document is l for ever, for a level set by
// configuration. Save returns ErrFixed.
func Fixed(l Level) Store {
	return fixed{Level: l, Revision: 1, ID: "fixed-" + l.String()}
}

func (f fixed) Load(ctx context.Context) (State, error) { return State(f), ctx.Err() }

func (f fixed) Save(context.Context, State) (State, error) { return State{}, ErrFixed }

func (f fixed) Watch(ctx context.Context, changed func(State)) error {
	changed(State{})
	<-ctx.Done()
	return ctx.Err()
}
