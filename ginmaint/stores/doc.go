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
// client that it has anyway.
//
// # The URLs
//
//	file:maintenance_mode.json                        a file, from the working directory
//	file:///var/lib/shop/maintenance_mode.json        a file, from the root
//	redis://user:password@redis:6379/0                a Redis server, and its database
//	rediss://…                                        the same over TLS
//	redis://node1:6379,node2:6379?cluster=true        a Redis Cluster
//	redis://sentinel1,sentinel2/0?master_name=NAME    the master that Sentinels name
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
// A file of SQLite must be there, or be made by the store's Migrate, as by ginmaint store
// migrate: a mistyped path would otherwise become an empty database.
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
//	               all but file: its owner's word, as AssumeNothingLost of packages
//	               redisstore, pgstore and sqlstore describe
//	table=NAME     postgres, mysql and sqlite: the table, also with a schema before it; "ginmaint"
//	poll=DURATION  mysql and sqlite: how often to look for a change, at least 100ms; 1s, or the
//	               Mode's Poll where that is longer
//	socket=PATH    mysql: the socket of a server on this host
//	tls=HOW        mysql: true, preferred or skip-verify
//	ca=FILE        rediss and mysql: who has signed the server's certificate, in PEM; the system's
//	cert=FILE      rediss and mysql: the client's certificate, in PEM; none
//	key=FILE       rediss and mysql: its key
//	password_file=FILE
//	               redis, postgres and mysql: a file with the password alone
//	cluster=true   redis: the hosts are nodes of a cluster
//	master_name=NAME
//	               redis: the hosts are Sentinels, at 26379, which name the master
//	sentinel_username=NAME, sentinel_password_file=FILE
//	               redis: how to log in to the Sentinels
//
// With rediss://, dial_timeout= is 3s unless given, so that within the time of the command
// a port without TLS can be told from a server that is away.
//
// PostgreSQL has sslrootcert, sslcert and sslkey for ca, cert and key. For mysql and
// sqlite there are no others. For redis and postgres there are those of
// the client. For redis these are the ones that
// redis.ParseURL knows, such as read_timeout and pool_size; for
// postgres those that pgxpool.ParseConfig knows, such as sslmode and
// pool_max_conns, and a few settings of the session, such as application_name. A
// parameter that is none of these is an error: a mistyped switch= must not switch
// another one. What a postgres URL does not say is taken from the
// environment, as psql does: PGHOST, PGPASSWORD, a password file, a service.
//
// # Which servers
//
// Run names the release that the store's tests ran on, in November 2026. What is not run is
// concluded from the documentation of the server. "Your word" is assume=nothing-lost: without
// it everything works there but the proof of a drain.
//
//	server                             run                   works                   a drain rests on
//	file: a local disk                 Linux                 all, on one host        the locks of the host
//	Redis                              5.0.14, 6.0.20,       all                     the server
//	                                   6.2.14, 7.0.15,
//	                                   7.4.1, 8.0-M01
//	Redis Cluster                      7.0.15, 7.4.1,        all                     the server
//	                                   8.0-M01
//	Redis behind Sentinels             7.0.15                all                     the server
//	Valkey, also Cluster               7.2.7, 8.0.1          all                     the server
//	miniredis                          2.40.0                all but fail-over       your word
//	KeyDB 6.3                          no                    as Redis 7              the server
//	KeyDB with active-replica          no                    as Redis 7              your word
//	Redis Cloud, Redis Software,       no                    as Redis 7              your word: INFO is
//	Azure Managed Redis                                                              refused in scripts
//	Garnet, Kvrocks, Dragonfly         no                    not known               your word
//	Tair, cluster edition              no                    not: PUBLISH is         –
//	                                                         refused in scripts
//	PostgreSQL 12 or later             15.18                 all                     the timeline
//	PgBouncer, session                 1.18, before 15.18    all                     the timeline
//	PgBouncer, transaction, statement  1.18, before 15.18    all but pushes          the timeline
//	Amazon Aurora PostgreSQL           a stand-in            all                     your word
//	Neon                               no                    all; pushes keep it     the timeline
//	                                                         awake
//	YugabyteDB                         no                    not known: it has       –
//	                                                         NOTIFY from 2025.2.3
//	                                                         on, off by default
//	CockroachDB                        no                    not known               –
//	MariaDB 10.5 or later              10.11.19              all, no pushes          server_id, host, port
//	MySQL 8.0 or later                 no                    as MariaDB              server_uuid
//	Galera                             no                    as MariaDB              your word
//	SQLite 3.35 or later               3.46.0                all, no pushes, on      the number of the file
//	                                                         one host
//
// The stand-in for Aurora is a PostgreSQL 15.18 that refuses its timeline as Aurora does. Access
// control was run on Redis 6.2 and later, TLS with certificates of one's own on Redis,
// PostgreSQL and MariaDB, a promoted standby on PostgreSQL, and GORM on MariaDB and SQLite.
//
// # What an idle replica costs
//
// A replica asks the store as often as maintenance.Poll says, by default each second, and
// looks now and then whether its connection still listens. The tests count this for each
// replica that does nothing else:
//
//	store                        at each Poll           beside it, while nothing happens
//	file                         reads the file, and    nothing that is written
//	                             writes its own entry
//	redis                        1 script               1 PING after 2 s
//	postgres                     1 statement            1 statement after 3 s
//	mysql, sqlite                2 statements           1 statement each second
//	sqlstore.PostgreSQL          1 statement            1 statement each second
//
// So many operations a second are sent for each replica, by calculation:
//
//	store                        Poll(time.Second)      Poll(30*time.Second)
//	redis                        1.5                    0.07
//	postgres                     1.3                    0.07
//	mysql, sqlite                3                      0.1
//	sqlstore.PostgreSQL          2                      0.07
//
// No question comes more often than Poll, unless sqlstore.Poll says so. The file is written
// only once somebody has switched. A script of Redis counts as one here; it runs four to
// ten commands.
//
// A serverless database that sleeps without questions needs a Poll longer than it waits
// for that. It also closes connections, and a Watch of package pgstore that loses its own
// begins another at once, which wakes the database: use sqlstore.New(db,
// sqlstore.PostgreSQL) there, which looks only as often as Poll says.
//
// # Secrets
//
// [FromEnvironment] reads the URL from GINMAINT_STORE, or from the file that
// GINMAINT_STORE_FILE names. Line breaks at the end of such a file, and of those of
// password_file=, are no part of the secret. [ExposedSecrets] returns the files with secrets that every
// account of the host may read, as a warning of the command does.
//
// URLs hold passwords, and errors end up in logs. No error of [Open] quotes the
// URL, and none wraps an error of a parser that does: url.Parse repeats the whole
// URL, and pgx conceals a password before the @ but not one in a parameter.
package stores
