package maintenance

import (
	"context"
	"time"
)

// Roster is what a store adds so that replicas can be seen and drained: the
// list of the processes that follow the document, each with what it last
// reported. Entries never expire; an entry goes by Remove, or because the
// store knows that its process has ended.
//
// A roster has an incarnation, a text that differs after every loss of the
// roster and after every fail-over of its server: what was reported to an
// earlier incarnation may have been lost with it, so it proves nothing.
type Roster interface {
	// Join commits an entry for r, replacing one with the same ID, before it
	// returns, and returns r with the present incarnation. r.Incarnation names
	// the one that r belonged to before, or is empty. Where that is an earlier
	// one, Join also adds the entry that Vanished returns: others may have been
	// lost with it, also where a copy of the roster came along.
	Join(ctx context.Context, r Replica) (Replica, error)

	// Report replaces the entry of r, and returns the document as of then, both
	// in one round trip. It never creates an entry: where there is none, or
	// r.Incarnation is not the present one, it returns ErrUnlisted. Where
	// the entry's Document, Level or work in flight changed, the watchers of
	// the roster are woken.
	Report(ctx context.Context, r Replica) (State, error)

	// Remove deletes the entry with this ID, and wakes the watchers. It
	// returns ErrUnlisted where there is none.
	Remove(ctx context.Context, id string) error

	// Replicas returns the document and the whole roster in one snapshot.
	Replicas(ctx context.Context) (Snapshot, error)

	// WatchReplicas calls changed once it listens, and then whenever an entry
	// came, went, or changed as Report says. Several changes may make one call.
	// It returns as Watch does.
	WatchReplicas(ctx context.Context, changed func()) error
}

// Snapshot is a document and the roster of those who follow it, at one moment
// of the store.
type Snapshot struct {
	State       State
	Incarnation string        // empty where nobody ever joined
	Age         time.Duration // since this incarnation began, on the store's clock; 0 where nobody ever joined, or that is unknown: then each drain waits until it has seen enough
	Replicas    []Replica     // by ID
}

// Replica is the entry of one Mode that serves.
type Replica struct {
	ID   string `json:"id"`             // random, made by each Open
	Name string `json:"name,omitempty"` // a label for people

	Document string `json:"document,omitempty"` // ID of the document that it obeys; empty before the first
	Level    Level  `json:"level"`              // what of that document is in force there: its Level, or Off outside the window
	Reads    int64  `json:"reads"`              // in flight, begun before the epoch now in force there
	Writes   int64  `json:"writes"`             // likewise

	Since time.Time `json:"since,omitzero"` // when the epoch ended that the oldest of that work began in, on the replica's clock; display only

	Reports     uint64        `json:"reports"`           // grows with every report
	Lease       time.Duration `json:"lease"`             // how long a report holds, in nanoseconds
	FailsClosed bool          `json:"fails_closed"`      // refuses new work once its lease has run out
	Incarnation string        `json:"incarnation"`       // of the roster that it last joined
	ReportedAt  time.Time     `json:"reported_at"`       // on the store's clock, set by the store; display only
	Unknown     bool          `json:"unknown,omitempty"` // stands for replicas that a lost roster may have held
}

// sameWork tells whether two reports agree in what a drain waits for.
func (r Replica) sameWork(other Replica) bool {
	return r.Document == other.Document && r.Level == other.Level && r.Reads == other.Reads && r.Writes == other.Writes
}

// Vanished returns the entry that Join adds under this ID where the incarnation
// that r belonged to has ended: it stands for those who may be lost with it.
// The lease is r's, as replicas of one service are set up alike.
func (r Replica) Vanished(id string) Replica {
	return Replica{ID: id, Name: "lost with the roster", Lease: r.Lease, Unknown: true}
}
