// Package pgstore keeps the maintenance state in PostgreSQL, for services that
// run on many hosts and have a database anyway.
//
//	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
//	…
//	store := pgstore.New(pool)
//	if err := store.Migrate(ctx); err != nil { … }
//	mode, err := maintenance.Open(ctx, store)
//
// The pool stays the caller's, who closes it after the Mode. Where the application can use
// all connections up, give the store a small pool of its own: without a free connection a
// drain waits, and an order ends with an error that says so. It needs PostgreSQL 12
// or later; package stores has a table of servers, and which were run. All that the store knows is in four tables, which Migrate makes:
//
//	ginmaint           one row for each switch: its document as JSON, revision and id
//	ginmaint_history   its last 100 changes, each written in one step with the document
//	ginmaint_roster    one row for each switch: which roster this is
//	ginmaint_replicas  one row for each replica, with its last renewal
//
// Table gives them another name or schema, Name puts several switches side by
// side. A role that is not the owner needs SELECT, INSERT and UPDATE on all
// three and DELETE on the last; an error that a right is missing names it.
// Look at the document with psql as you like, but change it through a Mode: a
// change by hand has no new id, so no replica would take it for one. A row
// whose revision or id is not that of its document is refused.
//
// # Saving
//
// Save is one statement, and so one transaction: it replaces the row if the
// revision is still the one that was loaded, and notifies everybody who
// listens. It does not return before the server's disk has it, also where the
// pool or the server is set to synchronous_commit=off. Where the server has
// synchronous standbys, it waits for them as well.
//
// When the connection breaks before the answer came, Save sends the very same
// document again, for up to 5 seconds. At most one of the two can take effect,
// and the second finds out which: its own document is there, or somebody else's,
// or it is stored now. Where the server stays away, the error says that
// the document may be stored or not.
//
// # Following
//
// Watch listens on a connection of its own, which it takes out of the pool and
// closes in the end: the pool's limit does not count it, and a pool of one
// connection is enough for the rest. WatchReplicas, which only a drain needs,
// holds another. Notifications carry the document, so a change reaches a
// hundred replicas without a hundred queries; one of 8000 bytes and more is too
// long, and they are told to load it.
//
// A connection that was silent for 3 seconds is asked whether it still
// listens, and has 2 seconds to answer. So a server that vanished without a word, a
// firewall that dropped the connection, and a table that was made anew all end
// the Watch with an error, and the Mode begins another. It is asked no more often than
// maintenance.Poll says. Package stores tells what an idle replica costs.
//
// PostgreSQL lets every role that may connect to a database send notifications
// in it. A role without rights on the tables could so announce a document that
// was never saved, and the replicas would obey one that closes the service. Keep
// strangers out of the database, not only out of the tables.
//
// # Standbys and fail-over
//
// The copy on a hot standby may lag behind, and a replica that loads from it
// could miss a maintenance that is already proven. The store refuses a
// standby: let the pool name all servers, and target_session_attrs=read-write
// choose the primary.
//
// Every promotion begins a new timeline, and with it a new incarnation of the
// roster: what was told before counts no longer, and each replica
// joins again. From the promotion on an unknown replica is listed, as after
// the loss of the whole roster: the copy may have lagged behind, and lack the
// entry of one that does not come back. A person looks, and removes that entry
// (ginmaint replicas forget). Where the owner knows that a promotion loses nothing, as with
// synchronous standbys alone, [AssumeNothingLost] says so: then there is no such replica.
// The store checks what the server tells of that. A restored dump, or the snapshot of a disk, on a server whose
// timeline has the same number is not recognised as another incarnation; truncate
// ginmaint_roster and ginmaint_replicas before the service uses it.
//
// # Servers that don't tell their timeline
//
// Amazon Aurora refuses it ("wal_level must be set to logical", SQLSTATE 55000) unless
// wal_level is logical, and databases that only speak PostgreSQL's protocol lack it. There the
// switch works, replicas are listed, and a roster that was lost is noticed by its token. A
// fail-over to a copy that lags behind is not. So [maintenance.Mode.Drain] waits for
// all that are listed, and then returns [maintenance.ErrNotDrained] with what the server
// said. Aurora is taken for such a server whatever its wal_level, as nobody has seen
// a fail-over there begin a new timeline.
//
// Where you know that your server never loses a write that it has acknowledged, vouch for
// it by [AssumeNothingLost], or assume=nothing-lost in a store's URL. By its documentation
// that is so with Aurora, whose instances share one volume. Drains then succeed, and their
// Report says on whose word. The command "ginmaint store check" prints what a server tells.
//
// Such a server is asked for its timeline once a minute, and each time its log has an error.
// It may begin to tell it at any time: then all replicas join again within that minute, and
// an unknown one is listed, as after a promotion.
//
// # Joining and renewing
//
// The proof of a drain rests on the order of snapshots, and the statements
// keep it:
//
//   - Join is committed, on disk, before it returns. The load that follows
//     is another transaction with a later snapshot. Were they one, a drain that
//     lists the roster and a replica that joins could each begin before the
//     other has committed, and miss each other.
//   - Replicas reads document and roster in one statement, and so in one snapshot.
//   - Report updates the entry only if it is there and belongs to the present
//     incarnation. The document that it returns may be the one before a save
//     that is under way; a replica acknowledges only what it was given.
//
// A renewal does not wait for the disk, which makes a heartbeat cheap: the crash of a
// server may take back the last ones, and an earlier renewal of the same
// replica proves less, never more. Renewals that change neither document, level nor
// work in flight wake nobody.
//
// # Poolers
//
// All statements stand alone and need no session, so PgBouncer may stand between in
// any mode. Where it does not carry prepared statements over, set the pool's
// DefaultQueryExecMode to pgx.QueryExecModeExec or
// pgx.QueryExecModeSimpleProtocol, as for every other use of pgx.
//
// LISTEN, though, is lost where the pooler's mode is transaction or statement. Watch finds
// that out before it listens: behind a pooler it sends itself a notification from another
// connection. Where that does not come within 2 seconds, it ends with an error, which the
// Mode's log tells once, and tries again a minute later. A drain stays a proof, it only
// takes longer. To have both, give the store a small pool that connects directly.
//
//	PgBouncer's mode  works        the last replica follows   connections of the server
//	session           all          within milliseconds        one more for each replica and for each drain
//	transaction       all but the  within a poll interval     none beyond its statements
//	statement         pushes
//
// The tests run this package behind PgBouncer 1.18 in each mode. That release has two faults
// that concern whoever shares the pooler, and the store keeps clear of both:
//
//   - A request to cancel may bring it down. A LISTEN is therefore not
//     cancelled by a drain that ends. Others of the store's statements are, where
//     their context ends first.
//   - In session mode, where a notification comes while it resets a connection, the answer to
//     that goes to the next client, as if it were the one to its statement. So a
//     Watch stops listening before it parts. A process that is killed can't: with that
//     release in session mode, connect directly.
package pgstore
