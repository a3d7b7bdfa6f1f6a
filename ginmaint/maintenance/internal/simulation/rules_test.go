package simulation

// What the machines of some mutants do, which the code bears.
const (
	stalls     = "goroutines stall"
	lateTimers = "timers are late"
	clocksSet  = "clocks are set"
)

// mutant is the code without one of its rules.
type mutant struct {
	rule   string
	name   string // of a switch among the edits; of the store's own where it begins with that
	with   string // what the machine does meanwhile
	breaks string // what the oracle has to find; empty: anything
	seed   uint64 // that finds it; 0: none is known
	found  finder
}

// finder is who finds a mutant.
type finder int

const (
	bySeed    finder = iota
	seedNamed        // in the documentation of package maintenance too
	onlyModel        // the search in package model, in a few steps that are rare here
	nobody           // what it lets happen is harmless by another rule
)

var mutants = []mutant{
	{"re-check", "no re-check", stalls, "promise", 6, seedNamed},
	{"re-check", "the re-check compares the level", stalls, "promise", 774, bySeed},
	{"re-check", "the re-check comes before the increment", stalls, "promise", 7, bySeed},
	{"all past epochs", "the last past epoch alone counts", "", "promise", 1088, bySeed},
	{"all past epochs", "an epoch is forgotten once its writes are zero", "", "promise", 2, bySeed},
	{"wake", "Leave wakes nobody", "", "", 16, bySeed},
	{"wake", "the wake is decided before the decrement", stalls, "", 526, bySeed},
	{"wake", "streams are not told", "", "", 1, bySeed},
	{"re-check", "what was held enters without the gate", stalls, "promise", 2119, bySeed},
	{"join before load", "load, then join", "", "promise", 97, seedNamed},
	{"an idle process joins to serve", "an idle process admits work", "", "promise", 2, bySeed},
	{"an idle process joins to serve", "an idle process opens by the document that it has read", "", "promise", 1364, bySeed},
	{"write back", "who is no replica writes back what opens", "", "promise", 609, bySeed},
	{"acknowledge after the switch", "it acknowledges before the switch", "", "promise", 27, seedNamed},
	{"acknowledge after the switch", "the counters come first, then the document", stalls, "promise", 42, bySeed},
	{"one round trip at a time", "an overtaken answer is taken over", "", "", 26, bySeed},
	{"one round trip at a time", "an overtaken answer with a higher revision is taken over", "", "", 0, onlyModel},
	{"never go back", "any push is taken over", "", "promise", 203, bySeed},
	{"never go back", "an older push is taken over", "", "", 102, bySeed},
	{"never go back", "a push brings back a document that was left", "", "", 0, nobody},
	{"never go back", "a document that was left is taken over again", "", "", 0, nobody},
	{"a push only closes", "a push opens", "", "promise", 1887, seedNamed},
	{"a push only closes", "a push need not cover the window", "", "promise", 1887, bySeed},
	{"only a renewal opens", "a load opens", "", "", 139, bySeed},
	{"gate shut without an entry", "the gate stays open without an entry", "", "", 0, nobody},
	{"one listing", "the roster is read, then the document", "", "promise", 0, onlyModel},
	{"ErrChanged", "a drain goes on with a lower level", "", "", 2, bySeed},
	{"goodbye", "it leaves before its work has ended", "", "promise", 150, seedNamed},
	{"the document's own level", "the level in force there does not count", "", "promise", 180, bySeed},
	{"once and never back", "edges go back", clocksSet, "promise", 1118, bySeed},
	{"End less the skew", "the proof lasts until End", "", "promise", 1968, bySeed},
	{"Start plus the skew", "the proof holds from Start on", "", "promise", 160, bySeed},
	{"incarnation", "an old incarnation's report counts", "", "promise", 2, seedNamed},
	{"what the store can't tell", "a drain believes a store that can't tell", "", "promise", 237, bySeed},
	{"young roster", "a drain trusts a young roster", "", "", 21, bySeed},
	{"young roster", "a drain trusts a roster that nobody has joined", "", "", 21, bySeed},
	{"young roster", "a drain does not look for its own process", "", "", 0, onlyModel},
	{"write back", "nothing is written back", "", "promise", 26, bySeed},
	{"write back", "it writes over a document that it does not know", "", "", 308, bySeed},
	{"write back", "what is written back need not cover the window", "", "", 555, bySeed},
	{"write back", "what is written back gets a higher revision", "", "", 0, onlyModel},
	{"one round trip at a time", "the answer to a save that was overtaken is taken over", "", "", 0, onlyModel},
	{"never lost too early", "lost counts across incarnations", "", "", 857, bySeed},
	{"a joiner waits", "a joiner does not wait", "", "", 246, bySeed},
	{"a joiner waits", "a joiner waits only where it finds no document", "", "", 0, onlyModel},
	{"a joiner waits", "a joiner waits in a young roster only", "", "", 246, bySeed},
	{"a joiner waits", "a joiner takes an older document than was there", stalls, "", 0, nobody},
	{"lease", "a lease counts from the receipt", "", "", 66, bySeed},
	{"lease", "the gate does not look at the clock", lateTimers, "", 12, bySeed},
	{"lease", "an answer opens after its lease", "", "", 0, nobody},
	{"never lost too early", "lost counts from the sending", "", "", 0, onlyModel},
	{"never lost too early", "lost counts to the receipt", "", "", 0, onlyModel},
	{"never lost too early", "lost has no margin", "", "", 5960, bySeed},
	{"never lost too early", "lost needs no grace", "", "promise", 3086, bySeed},
	{"never lost too early", "a declaration needs no limit", "", "promise", 3086, bySeed},
	{"the store: renewing never creates", "store: a renewal creates an entry", "", "", 1137, bySeed},
	{"the store: entries never expire", "store: entries expire", "", "", 12, bySeed},
	{"the store: removals", "store: an entry is removed that was renewed since", "", "lost", 0, onlyModel},
	{"the store: an unknown entry", "store: no unknown entry", "", "", 21, bySeed},
	{"the store: an unknown entry", "store: the owner's word is not true", "", "promise", 0, onlyModel},
	{"the store: an unknown entry", "store: none until one comes back that belonged to it", "", "", 0, onlyModel},
	{"the store: incarnation", "store: a renewal of an earlier incarnation counts", "", "", 490, bySeed},
	{"the store: incarnation", "store: a constant identity is believed", "", "promise", 2, bySeed},
	{"evidence by the kernel", "kernel: machines are not told apart", "", "", 1289, bySeed},
	{"evidence by the kernel", "a copy of the roster is not looked through again", "", "liveness", 15881, bySeed},
	{"the store: IDs", "store: an ID comes again with its revision", "", "", 0, onlyModel},
}
