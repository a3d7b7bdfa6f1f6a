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
// Redis 5.0 or later with Lua scripts enabled, or a compatible server: see the table of
// servers in package stores. Each call is one round trip: a script that checks and acts in
// one step. A user under access control needs the following for the default prefix (Redis
// 6.0 has no rules for channels, so leave out the first two there):
//
//	resetchannels &ginmaint:* ~ginmaint:* +hello +ping +eval +evalsha +subscribe +publish +info
//	+time +type +get +set +del +hget +hmget +hset +hsetnx +hexists +hdel +hgetall
//	+lpush +ltrim +lrange
//
// Configure maxmemory-policy as noeviction or as one of the volatile policies:
// the others may evict the state, and with it the order to stay closed. Every
// call reads or writes on the master, also where the client of a cluster sends
// reads to replicas; a client that is connected to a replica gets an error from
// every call.
//
// # What is stored
//
// A switch has three keys and two channels, with one hash tag:
//
//	ginmaint:{default}:state     the document, a string: its public JSON and nothing else
//	ginmaint:{default}:history   its last changes, a list
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
// In an emergency you can write the document by hand, without any program of this
// project. Give it a revision above the stored one, and an id that was never used:
//
//	redis-cli GET     'ginmaint:{default}:state'
//	redis-cli SET     'ginmaint:{default}:state'   '{"level":"on","revision":1000,"id":"by-hand-1"}'
//	redis-cli PUBLISH 'ginmaint:{default}:changes' ''
//
// Without a higher revision the replicas assume that the store has lost its state, and
// write theirs back. The third line saves time: replicas that hear it load at once,
// instead of with their next renewal.
//
// # Saving
//
// Save compares and swaps. The script compares the whole stored text with what
// the store believes to be there, and returns the text found where it differs;
// the store decides by revisions, in Go. No number of a document passes through
// Lua, which keeps whole numbers only up to 2^53, and members that this release
// does not know are neither read nor lost. The same script publishes the
// document, so listeners need not load it. Where the user may not publish, the
// script takes the save back: a change that nobody hears of is no switch.
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
// without a message is asked every two seconds (no more often than maintenance.Poll
// says: package stores lists this beside the other costs), so a connection that was cut
// silently is given up within four. Listening begins anew with the next call of
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
// Each incarnation that has ended leaves one entry, unknown-TOKEN.REPLID. It stands for
// replicas that don't come back: even where the data survived, an entry of the last moment
// may be missing. If the data survived, the server itself adds it, otherwise the first
// replica that belonged to the earlier incarnation. A drain waits until somebody has made
// sure that nobody is missing, and removes the entry (ginmaint replicas forget). So each
// restart and each fail-over of Redis asks for one look before the next drain.
//
// With [AssumeNothingLost] you declare that the server loses nothing unless it loses
// everything. Then no such entry is added where the token survived. This requires
// "appendonly yes", "appendfsync always" and, where there are copies,
// "min-replicas-to-write 1" or more: the store checks that, if the user may call CONFIG
// GET. Each join waits until the connected copies have its entry (WAIT, for which the user
// needs +wait). That takes a client of go-redis itself, or one that has its method Conn.
// Which copy is promoted stays your word: one that was cut off at the last join may lack an
// entry.
//
// The server is asked who it is within the script of a join or of a listing, so no proxy
// and no fail-over can come between question and answer. INFO takes longer than all else
// there, so a renewal asks only where none has within the last five seconds. A drain does
// not rest on that: it goes by a listing, and where that finds another server, nothing
// counts that was told before. Keep repl-backlog-ttl at its default, an hour, or at least
// at a minute: until it has passed, a promotion can be seen.
//
// # Servers that don't tell who they are
//
// Some servers refuse INFO in scripts, leave out run_id, master_replid or
// master_replid2, or give a constant for them, such as forty zeros. (An ID that looks
// random is believed.) There the switch works, replicas are listed, and the token shows
// that a server was restarted empty. Nothing shows a fail-over to a copy that lags behind,
// or a restart from an older snapshot. So [maintenance.Mode.Drain] waits for all that are
// listed, and then returns [maintenance.ErrNotDrained] with the reason: the copy may lack a
// replica that still works.
//
// If you know that your server never loses a write that it has acknowledged, unless it
// loses everything, vouch for it by [AssumeNothingLost], or assume=nothing-lost in a
// store's URL. Drains then succeed, and their Report says on whose word. A server that
// fails over to an asynchronous copy is not of that kind. The command "ginmaint store check" prints what
// a server tells, and so does [maintenance.Listing].
//
// # In your application's tests
//
// github.com/alicebob/miniredis/v2 runs a server within the test, and passes the suite
// of package storetest. It does not tell who it is and never fails over, so vouch for it
// where you test a drain:
//
//	server := miniredis.RunT(t)
//	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
//	store := redisstore.New(client, redisstore.AssumeNothingLost())
//	mode, err := maintenance.Open(ctx, store, maintenance.FreshStore())
//
// # Durability
//
// Only a durable Redis closes the last gap, the loss of everything at a moment
// when no replica is left that knew: "appendonly yes" with "appendfsync always",
// and min-replicas-to-write where there are fail-overs.
package redisstore
