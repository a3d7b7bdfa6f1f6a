// Package maintenance is the switch behind package ginmaint. It knows no web
// framework: a queue worker or a cron job uses it as a web server does.
//
// A service is at one of three levels: Off, ReadOnly (reads go on, writes are
// refused) and On (nothing is admitted except what is exempt). The level is part
// of one small document, the [State], kept in a [Store]. Every process that serves
// opens a [Mode] on that store and follows the document from then on:
//
//	mode, err := maintenance.Open(ctx, redisstore.New(client))
//	if err != nil {
//		return err
//	}
//	defer mode.Close()
//
// Whatever the process does for its users passes the Mode's gate:
//
//	ticket, ok := mode.Enter(maintenance.Write)
//	if !ok {
//		return maintenance.ErrRefused
//	}
//	defer ticket.Leave()
//
// An operator, on any replica or from a command line, switches and waits until
// nothing runs any more:
//
//	if err := mode.On(ctx); err != nil {
//		return err
//	}
//	if _, err := mode.Drain(ctx); err != nil {
//		return err
//	}
//	// Nothing writes now: migrate.
//
// [Mode.During] does all of that around a function.
//
// # Words
//
// Code, logs, command and pages use one word for one thing:
//
//	state       what is ordered: level, window, message, audit; the type State
//	document    a saved state, known by its ID; the store keeps the last one
//	in force    what a document orders at this moment: its level within its window
//	snapshot    what one Mode knows at one moment
//	switch      to save a document: Set, On, Off, Create, Update, Engage
//	take over   to obey another document
//	gate        what admits or refuses work in one process
//	hold        to let what a level refuses wait until it falls
//	epoch       the time in which the gate is at one level by one document
//	replica     a Mode that serves, and so has an entry in the list of them
//	idle        a Mode that has admitted nothing yet; its entry counts for nothing
//	roster      the list of replicas; a listing is document and list at one moment
//	join, renew what a replica does with its entry: once at first, then every poll
//	lease       how long an entry, and under FailClosed the right to admit, holds
//	lost        a replica that has not renewed its entry for longer than its lease
//	unknown     an entry that stands for replicas which a lost roster may have held
//	drain       to wait until nothing runs that a document refuses; report: what it found
//	running     by the names of its code, work in flight that a drain waits for
//	engage      to put a document in force while some work lasts; release: to put back
//	work        what somebody has engaged for, as it stands in the document
//
// # Switching
//
// On, Off, Set and Update save a new document each time, even if nothing seems to
// change. The order given last stands, and whoever engaged before finds out that
// another was given. Work that is under way stays noted in the document if the new
// order leaves room for it: ask [State].Exposed before you open a service under
// somebody. Create saves only if nothing was ever saved. All of them return once the
// store has kept the change and this process obeys it. If the store did not keep it,
// they return an error; if nobody can know whether it did, the error says so.
//
// [State].Level is what was ordered. What is in force is [Mode.Level], and
// [Snapshot].InForce beside the state that it belongs to.
//
// # Holding
//
// A State with a Hold has what its level refuses wait for so long before it is
// refused: for a migration of some seconds nobody sees an error. [Mode.Hold] waits;
// package ginmaint calls it for requests. What waits holds no ticket, so no drain
// waits for it, and it is admitted by the gate like everything else once the level
// falls. Releases that don't know Hold refuse at once.
//
// # What it costs
//
// After the first, which has the process join, Enter and Leave are two atomic additions on
// a cache line that hardly any other goroutine uses, and three loads. There is no I/O, no
// lock and no allocation, whatever the store is. The store sees one question a second from
// each process, and one save for each switch, however much traffic there is.
//
// # How current a process is
//
// A change travels by push: Redis and PostgreSQL carry the new document to every
// replica within milliseconds. Pushes may be late, so a push can only close the
// service; what would open it, or end a window sooner, makes the replica ask.
// Polling, every second unless the Poll option says otherwise, bounds what a lost
// push costs.
//
// While the store can't be reached a Mode keeps the last document that it knew. It
// logs the outage once at its beginning and once at its end. [Mode.Status] tells
// the document's age. To refuse work rather than serve on stale state, use
// FailClosed(lease): once the store has not confirmed the document for that long,
// nothing is admitted.
//
// A process that starts needs the store: otherwise Open returns the error. With
// Fallback(On) it starts closed and opens when the store answers. With any other
// fallback a process may work while a drain elsewhere counts on none; it is
// outside the promise below. It needs the store once more when the first work asks, which
// waits for four round trips: without an answer nothing is admitted until there is one.
//
// # Who is told of a change
//
// [OnChange] has a function called on every replica for each document that it takes over,
// and when a window begins or ends by the clock. No gate waits for it. Beside that each
// replica, but no Observer, logs one line for each change, all with the keys
//
//	from, to     the level in force before and now
//	level        that of the document; another than to outside of its window
//	origin       opened, here, elsewhere, clock or trust: see Origin
//	revision     of the document, and document its ID
//	by, reason   who has given the order, and why
//	replica      the Name of this process
//	start, end   of the window, where it has one
//
// A pass that was made or revoked is no change of what is in force, and has a line of its
// own: pass (its name), until, by (who did that), revision, document, replica.
//
// A level that stays in force is logged again after an hour, and then once a day, with
// for, the time since. An end that passes before anybody has lowered the level is a
// warning: the service is open again, and perhaps nobody has looked.
//
// # A store that loses what it had
//
// A Redis restarted without persistence, a fail-over to a copy that lags behind, a
// backup restored: none of them may reopen a closed service. A running Mode that
// loads an older document than its own, or none, keeps what it knows, says so in
// the log, and writes it back: over nothing, and over a document that it has held
// itself. If it does not know the one in the store, it saves a document that covers
// both, with a revision above both: the higher level, from the earlier start to the
// later end. What remains is the loss of the store together with all processes that
// knew better. Only a durable store closes that gap.
//
// # What Drain promises
//
// When Drain returns nil for a document, then on every replica that follows it,
// also on one that starts later, no work of a class that its level refuses is
// running, and none will be admitted until somebody saves a document with a lower
// level or another window, or until its End less the clock skew allowed for. This
// holds under kill -9, pauses, partitions and restarts of the store. After a
// restart or a fail-over of Redis, or a promotion in PostgreSQL, it asks for a
// person: Drain names an unknown entry until somebody has looked and calls Forget.
// Outside of the promise are exempt requests, goroutines and hijacked connections
// that outlive their Ticket, and processes started by a Fallback below On.
//
// # What a drain waits for, by name
//
// Work that is waited for longer than a second has a name in the replica's entry, in
// the Report and in the command's lists: see [Running]. Nothing is noted when work
// enters. The replica takes a goroutine profile of itself and goes by the functions on
// each stack. A framework's plugin says which of them are handlers that hold a Ticket:
// see [Mode.Recognise]; that of Gin is there already. What else is in flight, such as a
// worker that calls Enter by itself, can only be guessed.
//
// An entry names five at most, those first that the looks have found in one place for
// longest. With 10 000 goroutines a look takes 100 to 300 ms of one core, the more the
// deeper the stacks (BenchmarkLook), beside the renewals, which don't wait for it.
// Looks follow one another after ten seconds, or sooner where work has left, and use a
// fiftieth of one core at most.
//
// Work that is ended by force because a drain has waited for it too long, as by EndAfter
// of the plugin for Gin, is named by [Mode.TellEnded] in the entry and in Report.Ended.
//
// # In one process
//
// Each document in force is an epoch, with counters of its own for the work that
// it admitted. Enter loads the current epoch, adds to one of its counters, and then
// looks again whether that epoch is still current: it compares identity, not level,
// and comes last. If the switch came in between, the work backs out and begins
// anew. So whoever replaces the epoch and then reads its counters sees all that was
// admitted under it. Counters are striped, so that cores don't contend for one;
// work leaves by the stripe that it entered by, so that a reader who sums them one
// after the other never sees a departure without its arrival. All past epochs
// count, until neither a read nor a write is left in them. An edge of a window is
// passed once and never back, whatever the clock does.
//
// # Across replicas
//
// A store that is a [Roster] as well lists the replicas. Each entry names the
// document that the replica obeys and the work that still runs there from before.
// It is renewed once a second, in the same round trip that reads the document; a
// change and the last departure are told at once, but for an opening, which nobody waits
// for: that is told some tenth of a second later, after those who still ask. The rules:
//
//   - A starting replica commits its entry before its first load begins, and
//     admits nothing until that load is taken over.
//   - Before that load it waits a few seconds while the roster is new, or where others
//     obey a document that the store lacks: replicas that know better than the store may
//     still have to come back. A drain, too, trusts no new roster.
//   - A process that has admitted nothing yet is no replica. Its entry says that it is
//     idle: no drain waits for it, and whoever starts later removes it once it is silent.
//     (Who may only read where the state is a file has no entry, and counts from its start.)
//     The first work that asks has the process start as a replica, with an entry of its own
//     and the load after it, whatever it knew before. So a crash loop, or an address that
//     is already in use, leaves nothing that a drain waits for.
//   - Who is no replica, an observer too, writes back only what closes everything without
//     an end: no drain waits for it, so what it knows may be older than what the store has
//     lost, and would hide that from a joiner. Else it begins anew with what the store shows.
//   - A replica acknowledges after the switch: the epoch first, then the counters.
//   - Documents are compared by ID: a revision can come again, an ID never does.
//   - Renewing never creates an entry. A replica whose entry is gone shuts its
//     gate and joins afresh.
//   - Only the answer to a renewal opens the gate or renews a lease: it says in the
//     same moment that the replica is listed.
//   - A replica never goes back to a document that it has left.
//   - Drain looks at document and roster in one listing.
//   - A replica says goodbye after its last work has ended. Entries never expire:
//     that of a process which was killed goes by Forget, after somebody has looked
//     (with files, the kernel tells). A drain need not wait for one that has declared a
//     WorkLimit, in this incarnation, once it is lost for that long: see [WorkLimit].
//     Others that declare one then remove the entry, whether or not a drain waits. A
//     process that is [Sole] under its name removes its predecessor's, on the owner's word.
//   - On Linux, a process also removes the entries of those which have run on its machine
//     before it, in the same namespaces of process IDs and time, once the kernel says that
//     they have ended and they are lost as well. Each entry says how its kernel calls the
//     process ([Replica].Process). Two machines that were resumed from one snapshot share a
//     boot ID, and a process that is restored from a checkpoint has another start: the
//     kernel's word on them is not to be trusted.
//   - Nobody removes an entry by what was seen of it, but if it is still that entry, with
//     the same renewals: else a replica that has come back would work unseen.
//   - The roster has an incarnation, which changes with every loss and fail-over.
//     What was told to an earlier one counts for nothing, and the present one holds
//     an unknown entry for it: also a copy that came along may lack an entry. The copy
//     tells what it was, so nobody has to come back who belonged to it.
//   - A listing says where the store can't tell whether it has lost an entry, as its
//     server calls itself what others do. Nothing is proven by it, unless the store's
//     owner vouches: then the Report says on whose word.
//   - Lost is a replica whose entry was not renewed for its lease and a margin, on
//     the observer's own monotonic clock. No two machines' clocks are compared.
//
// The folder internal/model holds these rules as a program that searches every
// order of events, with a mutant without each rule that breaks the promise.
//
// # How the code is tested
//
// The folder internal/simulation runs this code in a simulated world: Modes that serve,
// switch and drain, on a store that loses, delays, repeats and forgets, with replicas
// that are killed, paused and cut off, on clocks that differ. All of it is drawn from
// one seed, and a seed gives the same run every time. An oracle that knows what really
// runs checks the promise after each step. A seed that shows a fault is shrunk and
// told step by step. Without one of its rules the code is found out by these seeds,
// and by those for the other rules in that folder's documentation:
//
//	no re-check                                         6
//	load, then join                                    97
//	it acknowledges before the switch                  27
//	a push opens                                     1887
//	it leaves before its work has ended               150
//	an old incarnation's report counts                  2
package maintenance
