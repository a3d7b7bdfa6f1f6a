// Package sqlstore keeps the maintenance state in an SQL database, by way of database/sql:
// in MySQL 8.0 or MariaDB 10.5, in a file of SQLite 3.35, or in PostgreSQL 12, or later.
// It links no driver; it uses the *sql.DB that the application has.
//
//	store := sqlstore.New(db, sqlstore.MySQL)
//	if err := store.Migrate(ctx); err != nil { … }
//	mode, err := maintenance.Open(ctx, store)
//
// The same with GORM, where db is a *gorm.DB (sqlx has db.DB, ent keeps what its driver was
// opened with, sqlc uses a *sql.DB anyway):
//
//	pool, err := db.DB()
//	if err != nil { … }
//	store := sqlstore.New(pool, sqlstore.MySQL) // or SQLite, or PostgreSQL
//	if err := store.Migrate(ctx); err != nil { … }
//	mode, err := maintenance.Open(ctx, store)
//
// Three processes on GORM, on MariaDB and on SQLite, are one of the tests that
// ginmaint/NEIGHBOURS.md names.
//
// The pool stays the caller's, who closes it after the Mode. One connection is enough. A
// pool whose connections the application has all in use makes the store wait for one, and
// its error says that; give the store a small pool of its own where that can happen.
//
// All that the store knows is in four tables, which Migrate makes, or
// ginmaint store migrate:
//
//	ginmaint           one row for each switch: its document as JSON, revision and id
//	ginmaint_history   its last 100 changes, each written in one step with the document
//	ginmaint_roster    one row for each switch: which roster this is, and of which server
//	ginmaint_replicas  one row for each replica, with its last renewal
//
// Table gives them another name or schema, Switch puts several switches side by side. An
// account that is not the owner needs SELECT, INSERT and UPDATE on all three and DELETE on
// the last. Look at the document as you like, but change it through a Mode: a row whose
// revision or id is not that of its document is refused.
//
// # Following
//
// There are no pushes. Watch asks at each interval of Poll for the revision and the ID,
// one row by its primary key, and has the Mode ask for the document where they differ. So
// the last replica follows within that interval and the time of two questions; by default
// that is a second. With Poll(100*time.Millisecond) it is a tenth of that, for ten
// questions a second in place of one. A drain takes as long: it waits until all replicas
// have followed, and told so. It is as much of a proof as with pushes.
//
// A replica that is idle sends three statements a second: two for its heartbeat (one in
// PostgreSQL), and one for Watch. A longer maintenance.Poll makes both rarer, unless Poll
// says otherwise for Watch. A data source name of MySQL without
// interpolateParams=true makes each cost a second round trip. A process that drains asks
// once more for each interval.
//
// # Saving
//
// Save is one statement, and so one transaction: it replaces the row if the revision is
// still the one that was loaded. When the connection breaks before the answer came, Save
// sends the very same document again, for up to 5 seconds. At most one of the two can take
// effect, and the second finds out which. Where the server stays away, the error says that
// the document may be stored or not. MySQL goes on with a statement that the client has
// given up: where another transaction holds the row, the order may still take effect until
// innodb_lock_wait_timeout has passed, 50 s by default. Save another to be certain. A transaction that lost against another (a deadlock, a
// lock that was held for too long) is tried again for 5 seconds.
//
// In PostgreSQL and SQLite, what was saved is on disk before Save returns, whatever the
// pool is set to. MySQL and MariaDB let only the server's owner decide that: with
// innodb_flush_log_at_trx_commit=1, their default, it is. Set otherwise, the crash of the
// machine takes the last second back, and with it perhaps a replica that has just joined.
//
// # The order of snapshots
//
// The proof of a drain rests on the order of what is seen:
//
//   - Join is committed before it returns, and the load that follows is another
//     transaction. Those who join at once take turns at the roster's row, which each locks.
//   - Replicas reads document and roster in one snapshot: a transaction at REPEATABLE READ
//     in MySQL, one statement in PostgreSQL, a read transaction in SQLite.
//   - Renew changes the entry only if it is there, and then loads the document in the same
//     statement as the incarnation of the roster. If that is no longer the entry's, the
//     answer counts for nothing.
//
// A connection with autocommit=0 would see the same snapshot for ever, and is refused. So is
// a server that takes no writes (read_only, innodb_read_only): it may be a copy that lags
// behind. Set read_only on your replicas, as their documentation asks for.
//
// # Who the server is
//
// A fail-over to a copy that lagged behind may have lost the entry of a replica. The
// roster's row names the server that it was made on. The first that joins on another one
// begins a new incarnation: what was told before counts no longer, and each replica joins
// again. An unknown replica is listed, for those that may not come back, until a person
// removes it (ginmaint replicas forget).
//
//   - MySQL tells server_uuid, and MariaDB its server_id, which replication wants to be
//     another one on each server, with the host's name and port. Another host name counts as
//     another server: give the container of a database a fixed one.
//   - PostgreSQL tells its timeline, as package pgstore describes; Amazon Aurora and some
//     others don't.
//   - SQLite is its file, below.
//
// Not recognised is a server that is set back in place, from a dump or the snapshot of a
// disk: delete the rows of ginmaint_roster and ginmaint_replicas before the service
// uses it.
//
// Package stores has a table of servers: which of them the tests were run on, and what a
// drain rests on there.
//
// Where a server does not tell who it is, everything works but the proof: a drain ends with
// the reason, unless AssumeNothingLost vouches for the server. A node of a Galera cluster
// counts as such a server. Vouch for it only if all connections lead to the same node, or
// set wsrep_sync_wait=7, so that no node answers with less than another has acknowledged.
// The same goes for a proxy that sends reads elsewhere than writes.
//
// # SQLite
//
// The processes are those of one host, and the file is on a local disk: the locks of
// SQLite don't work over a network, and its WAL mode needs shared memory. Open it with a
// busy_timeout, such as 1 s, and in WAL mode, in which readers and the writer don't wait
// for each other:
//
//	db, err := sql.Open("sqlite", "file:app.db?_pragma=busy_timeout(1000)&_pragma=journal_mode(WAL)")
//
// The file's identity is its number in the file system. A copy beside it has another one,
// so a restored backup lists an unknown replica, as a fail-over does; but where the old
// file was deleted first, ext4 may give its number away again. Then delete the rows of
// ginmaint_roster and ginmaint_replicas.
// A process whose file was deleted, moved or replaced sees what nobody else sees:
// from its next heartbeat on it refuses all work, and its errors ask for a restart. What
// it has begun goes on meanwhile. So stop all processes before you exchange the file. A
// backup that is written over the file in place is not noticed; SQLite itself may be
// damaged by that.
//
// A process that was killed leaves its entry, which is called lost once its lease is over.
//
// # PostgreSQL
//
// The tables and statements are those of package pgstore, and a save by either is told to
// those who listen there. If the application uses pgx, use pgstore: its pushes reach all
// replicas within milliseconds. Beside a *sql.DB of GORM, open a pool of two connections for
// it, or make both from one pool, by stdlib.OpenDBFromPool(pool).
package sqlstore
