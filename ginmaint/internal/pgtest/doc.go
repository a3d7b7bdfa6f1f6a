// Package pgtest starts real PostgreSQL servers for tests: in a folder of
// their own, on a free port of the loopback interface, and gone afterwards.
//
//	server := pgtest.New(t)
//	pool, err := pgxpool.New(ctx, server.Database(t))
//
// Making a server takes about a second, making a database in one a fraction
// of that. A package with many tests therefore starts one server in TestMain,
// with Start, and gives each test a database.
//
// Server.Standby and Server.Pooler put a standby and a PgBouncer beside it.
//
// The programs postgres and initdb are looked up where distributions keep
// them, by pg_config, and in PATH; a file that only bears the name is passed
// over. Where there are none, Start returns an error and New fails the test:
// a test that was skipped shows nothing.
//
// PostgreSQL refuses to run as root. Where the tests do, the server runs as
// the user "postgres", or else as "nobody".
//
// A server forgets on purpose how to survive a power failure (fsync=off),
// which makes the tests several times faster. A killed server loses nothing by
// it: what was committed is in the operating system's cache.
package pgtest
