// Package stores opens a store from a URL, for programs that learn only when
// they run where the state is kept: the command, and applications that take it
// from a flag or an environment variable.
//
//	store, done, err := stores.Open(ctx, os.Getenv("MAINTENANCE_STORE"))
//	if err != nil {
//		return err
//	}
//	defer done()
//	mode, err := maintenance.Open(ctx, store)
//
// It imports every store with its client, so an application that knows its store
// does better to call [filestore.New], [redisstore.New], [pgstore.New] or [sqlstore.New] with the
// client that it has anyway: also for a cluster of Redis or Sentinels,
// for which there is no URL here.
//
// # The URLs
//
//	file:maintenance_mode.json                        a file, from the working directory
//	file:///var/lib/shop/maintenance_mode.json        a file, from the root
//	redis://user:password@redis:6379/0                a Redis server, and its database
//	rediss://…                                        the same over TLS
//	redis+unix:///run/redis/redis.sock?db=0           the same over a socket of this host
//	unix://…                                          the same, as go-redis writes it
//	postgres://user:password@db:5432/shop             a PostgreSQL database
//	postgresql://…                                    the same
//	postgres:///shop?host=/run/postgresql             the same over a socket of this host
//	mysql://user:password@db:3306/shop                a database in MySQL or MariaDB
//	mariadb://…                                       the same
//	mysql:///shop?socket=/run/mysqld/mysqld.sock      the same over a socket of this host
//	sqlite:app.db                                     a file of SQLite, from the working directory
//	sqlite:///var/lib/shop/app.db                     the same, from the root
//
// A path alone, such as ./maintenance_mode.json, is refused: a mistyped URL of a
// server would otherwise become a file of an odd name, and a switch that nobody else
// sees. In each part but the host, write what is special percent-encoded: / as %2F,
// ? as %3F, # as %23, @ as %40, : as %3A and % as %25.
//
// # Parameters
//
// After a question mark, separated by &, each at most once:
//
//	switch=NAME    all but file: the name of the switch; "default"
//	prefix=TEXT    redis: what its keys and channels begin with; "ginmaint"
//	assume=nothing-lost
//	               redis, mysql and sqlite: its owner's word, as
//	               redisstore.AssumeNothingLost and sqlstore.AssumeNothingLost describe
//	table=NAME     postgres, mysql and sqlite: the table, also with a schema before it; "ginmaint"
//	poll=DURATION  mysql and sqlite: how often to look for a change; 1s, at least 100ms
//	socket=PATH    mysql: the socket of a server on this host
//	tls=HOW        mysql: true, preferred or skip-verify
//
// For mysql and sqlite there are no others. For redis and postgres there are those of
// the client. For redis these are the ones that
// redis.ParseURL knows, such as read_timeout and pool_size; for
// postgres those that pgxpool.ParseConfig knows, such as sslmode and
// pool_max_conns, and a few settings of the session, such as application_name. A
// parameter that is none of these is an error: a mistyped switch= must not switch
// another one. What a postgres URL does not say is taken from the
// environment, as psql does: PGHOST, PGPASSWORD, a password file, a service.
//
// # Secrets
//
// URLs hold passwords, and errors end up in logs. No error of [Open] quotes the
// URL, and none wraps an error of a parser that does: url.Parse repeats the whole
// URL, and pgx conceals a password before the @ but not one in a parameter.
package stores
