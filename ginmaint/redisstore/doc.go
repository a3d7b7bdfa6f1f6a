// Package redisstore keeps the state of a maintenance switch in Redis, for
// replicas on many hosts. It follows changes by push, lists the replicas for a
// drain, and notices when the server lost what it had.
//
//	client := redis.NewClient(&redis.Options{Addr: "redis:6379"})
//	mode, err := maintenance.Open(ctx, redisstore.New(client))
//
// [New] takes a client that the application has anyway: for one server, for a
// cluster, or for a master that Sentinels watch. It does no I/O and can't fail.
// The caller closes the client, after the Mode.
//
// # What it needs
//
// Redis 5.0 or later with Lua scripts enabled, or a server that resembles it: see the
// table below. Each call is one round trip: a script that checks and acts in one step.
// A user under access control needs, for the default prefix (Redis 6.0 knows no
// channels: there, leave out the first two):
//
//	resetchannels &ginmaint:* ~ginmaint:* +hello +ping +eval +evalsha +subscribe +publish +info
//	+time +type +get +set +del +hget +hmget +hset +hsetnx +hexists +hdel +hgetall
//
// Configure maxmemory-policy as noeviction or as one of the volatile policies:
// the others may evict the state, and with it the order to stay closed. Every
// call reads or writes on the master, also where the client of a cluster sends
// reads to replicas; a client that is connected to a replica gets an error from
// every call.
//
// # What is stored
//
// A switch has two keys and two channels, with one hash tag:
//
//	ginmaint:{default}:state     the document, a string: its public JSON and nothing else
//	ginmaint:{default}:roster    the replicas, a hash
//	ginmaint:{default}:changes   each saved document is published here
//	ginmaint:{default}:replicas  the ID of each replica that comes, goes or has news
//
// [Prefix] and [Switch] change the first two parts, so that several switches live
// side by side. A channel spans all databases of a server, so in database 3 the
// channels end in @3; a client that hides its options from the store (no method
// Options that returns *redis.Options) counts as one of database 0, and then
// needs a Prefix of its own.
//
// In an emergency, without any program of this project, a person may write the
// document, with a revision above the one stored and an id that was never used:
//
//	redis-cli GET     'ginmaint:{default}:state'
//	redis-cli SET     'ginmaint:{default}:state'   '{"level":"on","revision":1000,"id":"by-hand-1"}'
//	redis-cli PUBLISH 'ginmaint:{default}:changes' ''
//
// Without a higher revision the replicas take it for what a store holds that
// lost its state, and write theirs back. The third line is for the impatient:
// replicas that hear a message which is no document load at once, and otherwise
// with their next renewal.
//
// # Saving
//
// Save compares and swaps. The script compares the whole stored text with what
// the store believes to be there, and returns the text found where it differs;
// the store decides by revisions, in Go. No number of a document passes through
// Lua, which keeps whole numbers only up to 2^53, and members that this release
// does not know are neither read nor lost. The same script publishes the
// document, so whoever listens needs no second look. Where the user may not
// publish, the script takes the save back: one of which nobody hears must not
// pass for a switch.
//
// An answer may be lost on its way, and go-redis may then send the script again
// by itself. That is why the new ID is made once, before anything is sent: a
// script that finds this very document stored has succeeded. Where an error
// remains whose outcome is open, Save sends the same document once more, for at
// most five seconds. Found stored, it has succeeded; another document of that
// revision proves that ours was never stored; and otherwise the error says that
// the outcome can't be known. A lower timeout of the client, or a deadline of
// the context, makes that answer come sooner.
//
// # Listening
//
// Watch subscribes, and asks for a load as soon as the subscription is
// confirmed: what was saved before is found by that load, what is saved later is
// heard. It ends with an error on every loss of the connection, because messages
// are not repeated; go-redis alone would reconnect in silence. A connection
// without a message is asked every two seconds, so one that was cut without a
// word is given up within four. Listening begins anew with the next call of
// Watch.
//
// A message that is no document means: load now. Anybody who may publish on the
// channel can make the replicas believe a document that closes the service, so
// protect Redis as you protect the switch.
//
// # Losing
//
// Redis can lose what it acknowledged: restarted without its data, after an
// eviction, or by a fail-over to a replica that lagged behind. The roster has an
// incarnation for that, TOKEN.REPLID: a random token that is stored in the
// roster and lost with it, and the master_replid that the server took at its start
// or at its promotion. A renewal that names another incarnation than the present
// one is refused, and the replica joins again. What it told the server before may
// be lost, so it proves nothing.
//
// For each incarnation that has ended there is an entry unknown-TOKEN.REPLID, which
// stands for those who don't come back: also where the data came along, an entry may be
// missing that was made in the last moment. If the data came along, the server itself
// adds that entry, else the first who belonged to the earlier incarnation. A drain waits
// until somebody has made sure that nobody is missing, and removes it (ginmaint replicas
// forget). So each restart and each fail-over of Redis asks for one look before the
// next drain. It is added once for each incarnation that ended.
//
// The server is asked who it is within the script of a join and of a listing: no
// proxy and no fail-over can come between question and answer. INFO takes longer than
// all else there, so a renewal asks only where none has within the last five seconds.
// A drain does not rest on that: it goes by a listing, and where that finds another server
// nothing counts that was told before. Keep repl-backlog-ttl at its default, an hour, or
// at least at a minute: until it has passed, a promotion can be seen.
//
// # Servers that don't tell who they are
//
// Some servers refuse INFO in scripts, leave out run_id, master_replid or
// master_replid2, or give a constant for them, such as forty zeros; an ID that looks as if
// drawn at random is believed. There the switch works, replicas are listed, and a server
// restarted empty is noticed by the token. A fail-over to a copy that lags behind is not,
// and neither is a restart from an older snapshot. So [maintenance.Mode.Drain] waits for
// all that are listed, and then returns [maintenance.ErrNotDrained] with the reason: the
// copy may lack a replica which still works.
//
// Where you know that your server never loses a write that it has acknowledged, unless it
// loses all, vouch for it by [AssumeNothingLost], or assume=nothing-lost in a store's
// URL. Drains then succeed, and their Report says on whose word. One that fails over to
// an asynchronous copy is no such server. The command "ginmaint store check" prints what
// a server tells, and so does [maintenance.Listing].
//
// # Which servers
//
// Run means that this package's tests ran on that very release, in November 2026 (access
// control on Redis 6.2 and later). What the others would do is concluded from their
// documentation.
//
//	server                            run     works                 a drain rests on
//	Redis 7.0.15, 7.4.1               yes     all, also Cluster     the server
//	Redis 6.2.14, 6.0.20, 5.0.14      yes     all; Cluster not run  the server
//	Valkey 7.2.7, 8.0.1               yes     all, also Cluster     the server
//	miniredis 2.40.0                  yes     all but fail-over     your word
//	Redis 8, KeyDB 6.3                no      as Redis 7            the server
//	KeyDB with active-replica         no      as Redis 7            your word
//	Redis Cloud, Redis Software,      no      as Redis 7            your word: INFO is
//	Azure Managed Redis                                             refused in scripts
//	Garnet, Kvrocks, Dragonfly        no      not known             your word
//	Tair, cluster edition             no      not: PUBLISH is       –
//	                                          refused in scripts
//
// # In your application's tests
//
// github.com/alicebob/miniredis/v2 runs a server within the test, and passes the suite
// of package storetest. It does not tell who it is, and it is never failed over, so vouch
// for it where you test a drain:
//
//	server := miniredis.RunT(t)
//	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
//	store := redisstore.New(client, redisstore.AssumeNothingLost())
//	mode, err := maintenance.Open(ctx, store, maintenance.Poll(100*time.Millisecond))
//
// # Durability
//
// Only a durable Redis closes the last gap, the loss of everything at a moment
// when no replica is left that knew: "appendonly yes" with "appendfsync always",
// and min-replicas-to-write where there are fail-overs.
package redisstore
