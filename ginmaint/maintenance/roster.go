package maintenance

import (
	"context"
	"fmt"
	"time"
)

// Roster is what a store adds so that replicas can be seen and drained: the
// list of the processes that follow the document, each with an entry of its own.
// Entries never expire; an entry goes by Remove or RemoveUnrenewed, or because the
// store knows that its process has ended.
//
// A roster has an incarnation, a text that differs after every loss of the
// roster and after every fail-over of its server: entries renewed under an
// earlier incarnation may have been lost with it, so they prove nothing. A store
// that can't tell every such loss says so in its Listing.
type Roster interface {
	// Join commits an entry for r, replacing one with the same ID, before it
	// returns, and returns r with the present incarnation. r.Incarnation names
	// the one that r belonged to before, or is empty. Where that is an earlier
	// one, Join also adds the entry that UnknownReplica returns: others may have
	// been lost with it, also where a copy of the roster came along. A copy tells the
	// incarnation that it is of: so then there is that entry also where nobody comes
	// who belonged to it, and Replicas returns it before anybody has joined.
	//
	// Where this process may only read in the store, and Replicas shows every
	// process all the same that there is a replica which obeys nothing, Join may
	// return r with Unlisted set in place of an error.
	Join(ctx context.Context, r Replica) (Replica, error)

	// Renew replaces the entry of r, and returns the document as of then, both
	// in one round trip. It never creates an entry: where there is none, or
	// r.Incarnation is not the present one, it returns ErrUnlisted. Where
	// Replica.Work changed, the watchers of the roster are woken.
	Renew(ctx context.Context, r Replica) (State, error)

	// Remove deletes the entry with this ID, and wakes the watchers. It
	// returns ErrUnlisted where there is none.
	Remove(ctx context.Context, id string) error

	// RemoveUnrenewed is Remove where the entry is exactly the one that a listing
	// showed: the same ID, Renewals and Incarnation. Else, and where there is none, it
	// changes nothing and returns ErrUnlisted. The comparison and the removal are one
	// step, so that no renewal comes in between.
	RemoveUnrenewed(ctx context.Context, r Replica) error

	// Replicas returns the document and the whole roster in one snapshot.
	Replicas(ctx context.Context) (Listing, error)

	// WatchReplicas calls changed once it listens, and then whenever an entry
	// came, went, or changed its Work. Several changes may make one call.
	// It returns as Watch does.
	WatchReplicas(ctx context.Context, changed func()) error
}

// Listing is a document and the roster of those who follow it, at one moment
// of the store.
type Listing struct {
	State       State
	Incarnation string        // empty where nobody ever joined
	Age         time.Duration // since this incarnation began, on the store's clock; 0 where nobody ever joined, or that is unknown: then each drain waits until it has seen enough
	Replicas    []Replica     // by ID

	// Unproven is for a store that can't tell at this moment whether its server is
	// still the one that it was: some loss or fail-over may have left the Incarnation
	// as it is, so no drain is proven by this listing. It says what can't be known,
	// and which option lets the owner vouch for it. nil: the server itself has told,
	// or the owner vouches.
	Unproven error

	// Vouched names the option, such as redisstore.AssumeNothingLost, where a proof by
	// this listing rests on the owner's word and not on what the server told. Then
	// Unproven is nil.
	Vouched string
}

// Replica is the entry of one Mode that serves.
type Replica struct {
	ID   string `json:"id"`             // random, made by each Open
	Name string `json:"name,omitempty"` // a label for people

	Document string `json:"document,omitempty"` // ID of the document that it obeys; empty before the first
	Level    Level  `json:"level"`              // what of that document is in force there: its Level, or Off outside the window
	Reads    int64  `json:"reads"`              // in flight, begun before the epoch now in force there
	Writes   int64  `json:"writes"`             // likewise

	Held int64 `json:"held,omitempty"` // how much work waits there in Mode.Hold; display only

	Running []Running `json:"running,omitempty"` // what is in flight that a drain has waited for longer than a second, a handful of it; display only

	Ended []Running `json:"ended,omitempty"` // what was ended there by force since work was last admitted: see Mode.TellEnded; display only

	Since time.Time `json:"since,omitzero"` // when the epoch ended that the oldest of that work began in, on the replica's clock; display only

	Idle bool `json:"idle,omitempty"` // has admitted nothing yet: no drain waits for it, anybody may remove it once it is silent, and it joins under another ID before it admits anything

	Renewals    uint64        `json:"renewals"`             // grows with every renewal
	Lease       time.Duration `json:"lease"`                // how long a renewal holds, in nanoseconds
	FailsClosed bool          `json:"fails_closed"`         // refuses new work once its lease has run out
	WorkLimit   time.Duration `json:"work_limit,omitempty"` // the declaration of that option, in nanoseconds; 0: none
	Sole        bool          `json:"sole,omitempty"`       // the declaration of that option: never two processes of this Name
	Process     string        `json:"process,omitempty"`    // what the kernel of its machine calls it, to be asked there whether it has ended; empty: nobody can be asked
	Incarnation string        `json:"incarnation"`          // of the roster that it last joined
	RenewedAt   time.Time     `json:"renewed_at"`           // on the store's clock, set by the store; display only
	Silent      time.Duration `json:"silent,omitempty"`     // since RenewedAt, on the store's clock, set by Replicas, in nanoseconds; display only
	Unknown     bool          `json:"unknown,omitempty"`    // stands for replicas that a lost roster may have held
	Unlisted    bool          `json:"unlisted,omitempty"`   // has no entry that others could read; set by the store
}

// Work is the text form of what a drain waits for in an entry: the document, the
// level and what is in flight. Renew wakes the watchers where it differs.
func (r Replica) Work() string {
	return fmt.Sprintf("%s %d %d %s", r.Level, r.Reads, r.Writes, r.Document)
}

// UnknownReplica returns the entry that Join adds under this ID where the
// incarnation that r belonged to has ended. It stands for the replicas of which
// nobody knows whether they were lost with it. The lease is r's, as the replicas
// of one service are set up alike.
func UnknownReplica(id string, r Replica) Replica {
	return Replica{ID: id, Name: "unknown replicas", Lease: r.Lease, Unknown: true}
}
