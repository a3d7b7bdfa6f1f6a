// Package mariatest starts real MariaDB servers for tests: in a folder of their own, on a
// free port of the loopback interface, and gone afterwards.
//
//	server := mariatest.New(t)
//	db, err := sql.Open("mysql", server.DSN(server.Database(t)))
//
// Making a server takes some two seconds, making a database in one a fraction of that. A
// package with many tests therefore starts one server in TestMain, with Start, and gives
// each test a database.
//
// The programs mariadbd and mariadb-install-db are looked up in PATH and in /usr/sbin.
// Where they are missing, Start returns an error and New fails the test: a test that was
// skipped shows nothing.
//
// A server forgets on purpose how to survive a power failure, which makes the tests
// several times faster. A killed server loses nothing by it: what was committed is in the
// operating system's cache.
package mariatest
