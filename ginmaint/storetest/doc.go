// Package storetest is the suite that every [maintenance.Store] passes: the
// stores of this project, and those that others write. It imports the standard
// library and package maintenance, nothing else.
//
// A store's own test hands over a way to open it, and the suite does the rest:
//
//	func TestConformance(t *testing.T) {
//		client := connect(t)
//		storetest.Run(t, storetest.Harness{
//			Open: func(t *testing.T, name string) maintenance.Store {
//				return mystore.New(client, mystore.Name(name))
//			},
//			Interrupt: func(t *testing.T) { killConnections(t) },
//		})
//	}
//
// # What is checked
//
// Of every Store: the zero State where nothing was saved; every field of State
// kept, also a field that a later release adds; times to the microsecond and in
// UTC; members of the document that this release does not know; long and odd
// texts; revisions that grow by one, and a new random ID with each save; a
// conflict, a state that is not valid and a context that has ended store
// nothing; eight writers at once lose no update; Watch tells of every save, also
// of those around its start; two switches beside each other see nothing of each
// other; nothing is left running.
//
// Of a store that is a [maintenance.Restorer] or a [maintenance.Roster] as
// well: that part of the contract. The suite asks the value that Open returns,
// so write this guard beside the implementation. Then a method with a wrong
// signature fails to compile instead of going unchecked:
//
//	var _ maintenance.Roster = (*Store)(nil)
//
// Where a Harness has an Interrupt: Watch returns an error once its connection
// is gone, and a second Watch sees what was saved meanwhile.
//
// # Where the contract leaves room
//
// The contract lets a call of Watch be lost, repeated or late. The suite runs
// on a connection that nobody disturbs, so there a save must be told, within ten
// seconds; repeated calls, and calls that ask to load once more than needed, are
// accepted. A document that a call carries must be one that was saved.
//
// A report that changes nothing need not wake anybody. Stray wakes are allowed,
// but not one for each heartbeat: a thousand replicas would wake a waiting drain
// a thousand times a second. The suite sends forty heartbeats and accepts ten
// wakes.
//
// A replica reports through the Store value that it joined through, as a Mode
// does. Removing it works through any.
//
// # What is not checked
//
// Whether a saved document survives the loss of power, whether a fail-over changes
// the incarnation, whether an error says what to do: these depend on the
// engine, and are for the store's own tests.
//
// # Running
//
// The checks run one after the other, in a few seconds. They look at the number of
// goroutines, so no other test may run in parallel with [Run]. Every wait is for
// a signal and is bounded, so a store that hangs fails with a sentence.
package storetest
