package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mutant is the protocol without one of its rules.
type mutant struct {
	model string
	rule  string
	search
	small func(*testing.T) // compares the same in a smaller world, for models that reduce their states
}

func without[S comparable](model, rule, name string, sys system[S]) mutant {
	return mutant{model: model, rule: rule, search: searching(name, sys)}
}

func gateWithout(rule, name string, edit func(*gate)) mutant {
	g := &gate{levels: []level{off, on, off, on}, requests: 2}
	edit(g)
	return without[gateState]("gate", rule, name, g)
}

func clusterWithout(rule, name string, edit func(*cluster)) mutant {
	c := &cluster{replicas: 2, saves: 2, levels: offOn, classes: writesOnly}
	edit(c)
	m := without[clusterState]("cluster", rule, name, c)
	m.small = func(t *testing.T) {
		reduced := *c
		reduced.replicas, reduced.saves, reduced.losses = 1, min(c.saves, 2), 0
		plain := reduced
		plain.plain = true
		assertSame[clusterState](t, &reduced, &plain)
	}
	return m
}

func windowWithout(rule, name string, edit func(*window)) mutant {
	w := &window{replicas: 2, saves: 2, level: on, classes: writesOnly, spans: []span{{2, 5}}, last: 6, skew: 1}
	edit(w)
	m := without[windowState]("window", rule, name, w)
	m.small = func(t *testing.T) {
		reduced := *w
		reduced.replicas = 1
		plain := reduced
		plain.plain = true
		assertSame[windowState](t, &reduced, &plain)
	}
	return m
}

func lossWithout(rule, name string, edit func(*loss)) mutant {
	l := &loss{replicas: 2, serving: 2, saves: 1, losses: 1, levels: offOn}
	edit(l)
	m := without[lossState]("loss", rule, name, l)
	m.small = func(t *testing.T) {
		reduced := *l
		reduced.replicas, reduced.serving, reduced.saves, reduced.losses = 2, 1, 1, 1
		plain := reduced
		plain.plain = true
		assertSame[lossState](t, &reduced, &plain)
	}
	return m
}

func leaseWithout(rule, name string, edit func(*lease)) mutant {
	l := &lease{length: 1, margin: 1, grace: 1, longest: 1}
	edit(l)
	m := without[leaseState]("lease", rule, name, l)
	m.small = func(t *testing.T) {
		plain := *l
		plain.plain = true
		assertSame[leaseState](t, l, &plain)
	}
	return m
}

// mutants break the promise, each by one rule left out.
var mutants = []mutant{
	gateWithout("re-check", "no re-check", func(g *gate) { g.noRecheck = true }),
	gateWithout("re-check", "it compares the level", func(g *gate) { g.recheckLevel = true }),
	gateWithout("re-check", "it comes before the increment", func(g *gate) { g.checkBeforeAdd = true }),
	gateWithout("re-check", "one counter and no re-check (WaitGroup)", func(g *gate) { g.waitGroup = true }),
	gateWithout("same stripe", "work leaves by the other stripe", func(g *gate) { g.otherStripe = true }),
	gateWithout("all past epochs", "the last alone counts", func(g *gate) { g.lastPastOnly = true }),
	gateWithout("all past epochs", "forgotten once the writes are zero", func(g *gate) {
		g.levels, g.forgetWithoutRead = allLevels, true
	}),
	gateWithout("wake", "Leave wakes nobody", func(g *gate) { g.noWakeOnLeave = true }),
	gateWithout("wake", "a back-out wakes nobody", func(g *gate) { g.noWakeOnBackOut = true }),
	gateWithout("wake", "decided before the decrement", func(g *gate) { g.wakeDecidedFirst = true }),
	gateWithout("wake", "count takes the channel last, unlocked", func(g *gate) { g.channelLast = true }),
	gateWithout("wake", "streams are not told", func(g *gate) { g.streams, g.noClose = true, true }),
	gateWithout("extend", "it takes no lock", func(g *gate) {
		g.levels, g.extends, g.extendsUnlocked = offOn, true, true
	}),
	gateWithout("extend", "into an epoch that was counted to zero", func(g *gate) {
		g.levels, g.requests, g.extends, g.extendsSealed = []level{off, readOnly}, 3, true, true
	}),

	clusterWithout("join before load", "load, then join", func(c *cluster) { c.loadBeforeJoin = true }),
	clusterWithout("join before load", "both in one snapshot", func(c *cluster) { c.joinAndLoadAtOnce = true }),
	clusterWithout("an idle process joins to serve", "it opens by the document that it has read", func(c *cluster) { c.idles, c.opensByOld = true, true }),
	clusterWithout("an idle process joins to serve", "under the ID of its idle entry", func(c *cluster) { c.idles, c.sameID = true, true }),
	clusterWithout("acknowledge after the switch", "before it", func(c *cluster) { c.acksBeforeSwitch = true }),
	clusterWithout("acknowledge after the switch", "counters, then the document", func(c *cluster) { c.countersFirst = true }),
	clusterWithout("one round trip at a time", "an earlier answer is taken over", func(c *cluster) {
		c.keepsOldAnswers, c.late, c.replicas = true, true, 1
	}),
	clusterWithout("an overtaken answer is dropped", "it is not", func(c *cluster) {
		c.keepsOvertaken, c.loads, c.replicas = true, true, 1
	}),
	clusterWithout("an overtaken answer is dropped", "unless its revision is higher", func(c *cluster) {
		c.newerOvertaken, c.loads, c.again, c.replicas, c.saves = true, true, true, 1, 3
	}),
	clusterWithout("an overtaken answer is dropped", "unless it is to a save", func(c *cluster) {
		c.savedOvertaken, c.loads, c.again, c.replicas, c.saves = true, true, true, 1, 3
	}),
	clusterWithout("renewing never creates", "it creates an entry", func(c *cluster) { c.renewalCreates, c.losses = true, 1 }),
	clusterWithout("a push never opens", "any push is taken over", func(c *cluster) { c.anyPush = true }),
	clusterWithout("a push never opens", "any push but of a document held before", func(c *cluster) { c.olderPush = true }),
	clusterWithout("a push never opens", "one with a higher revision does", func(c *cluster) {
		c.pushOpens, c.again, c.saves = true, true, 3
	}),
	clusterWithout("IDs", "acknowledgements compare revisions", func(c *cluster) { c.comparesRevisions, c.again = true, true }),
	clusterWithout("one listing", "list, then load", func(c *cluster) { c.rosterFirst = true }),
	clusterWithout("a drain finds its own entry", "it does not look for it", func(c *cluster) { c.own, c.ownUnlisted = true, true }),
	clusterWithout("ErrChanged", "a drain goes on with a lower level", func(c *cluster) {
		c.acceptsLower, c.asks, c.levels, c.classes = true, true, allLevels, allClasses
	}),
	clusterWithout("goodbye", "before the work has ended", func(c *cluster) { c.removeFirst = true }),
	clusterWithout("entries never expire", "they do", func(c *cluster) { c.entriesExpire = true }),
	clusterWithout("evidence by the kernel", "another machine's is asked", func(c *cluster) { c.otherKernel = true }),

	windowWithout("the level that is obeyed", "the observer's level now", func(w *window) { w.ownLevelNow = true }),
	windowWithout("once and never back", "edges go back with the clock", func(w *window) { w.edgeGoesBack = true }),
	windowWithout("End less the skew", "until End", func(w *window) { w.endWithoutSkew = true }),
	windowWithout("Start plus the skew", "from Start", func(w *window) { w.startWithoutSkew = true }),
	windowWithout("a push covers the window", "it may end sooner", func(w *window) {
		w.pushUncovered, w.again, w.replicas, w.spans = true, true, 1, []span{{0, 0}, {0, 4}}
	}),
	windowWithout("a push covers the window", "it may begin later", func(w *window) {
		w.pushUncovered, w.again, w.replicas, w.spans = true, true, 1, []span{{0, 0}, {3, 0}}
	}),

	lossWithout("a listing asks who it is", "a constant identity is trusted", func(l *loss) {
		l.constant, l.asksLate = true, true
	}),
	lossWithout("a listing asks who it is", "joins and renewals ask, it does not", func(l *loss) {
		l.listingUnasked, l.asksLate = true, true
	}),
	lossWithout("unknown entry", "no such entry", func(l *loss) { l.noUnknown = true }),
	lossWithout("unknown entry", "none where a copy of the roster came along", func(l *loss) {
		l.unknownIfEmpty, l.serving = true, 1
	}),
	lossWithout("unknown entry", "none until one comes back that belonged to it", func(l *loss) {
		l.unknownBySurvivors, l.nobody, l.begun, l.serving = true, true, true, 0
	}),
	lossWithout("unknown entry", "none on the owner's word, and it is not true", func(l *loss) {
		l.confirms, l.unconfirmed, l.serving = true, true, 1
	}),
	lossWithout("unknown entry", "one ID for all ended incarnations", func(l *loss) {
		l.oneUnknown, l.losses, l.levels = true, 2, []level{on}
	}),
	lossWithout("young roster", "trusted as soon as somebody has joined it", func(l *loss) {
		l.trustsYoung, l.serving = true, 1
	}),
	lossWithout("young roster", "trusted while nobody has joined it", func(l *loss) { l.trustsEmpty = true }),
	lossWithout("a joiner waits", "it does not", func(l *loss) { l.doesNotWait, l.serving = true, 1 }),
	lossWithout("a joiner waits", "only where it finds no document", func(l *loss) {
		l.waitsForNothingOnly, l.serving, l.saves = true, 1, 2
	}),
	lossWithout("a joiner waits", "only in a young roster", func(l *loss) {
		l.waitsInYoungOnly, l.serving, l.evicts = true, 1, true
	}),
	lossWithout("a joiner waits", "not if it has followed the document while it was idle", func(l *loss) {
		l.idles, l.readersHurry, l.serving, l.saves = true, true, 1, 2
	}),
	lossWithout("only a renewal opens", "the first load is a plain one", func(l *loss) {
		l.firstLoadPlain, l.serving = true, 1
	}),
	lossWithout("only a renewal opens", "a plain load does as well", func(l *loss) {
		l.loadOpens, l.loads, l.serving = true, true, 1
	}),
	lossWithout("restore", "nothing is written back", func(l *loss) { l.writesNothingBack = true }),
	lossWithout("restore", "over a document not known", func(l *loss) { l.restoresOverUnknown, l.saves = true, 2 }),
	lossWithout("restore", "by an idle process, what opens", func(l *loss) {
		l.idles, l.readersOpen, l.serving, l.saves = true, true, 1, 2
	}),
	lossWithout("restore", "by an idle process, what opens nothing", func(l *loss) {
		l.idles, l.readersClose, l.evicts, l.begun, l.serving, l.levels = true, true, true, true, 1, []level{on}
	}),
	lossWithout("restore", "under a higher revision than its own", func(l *loss) {
		l.restoresAbove, l.begun, l.serving, l.losses, l.levels = true, true, 1, 2, []level{on}
	}),
	lossWithout("a change loads first", "not where it names a revision", func(l *loss) {
		l.savesUnloaded, l.changes, l.replicas, l.serving, l.saves = true, true, 1, 1, 3
	}),

	leaseWithout("counts from before the sending", "from the receipt", func(l *lease) { l.fromReceipt = true }),
	leaseWithout("whose answer is taken over", "renewed, then taken over", func(l *lease) { l.confirmFirst = true }),
	leaseWithout("only a renewal renews", "a plain load does as well", func(l *lease) { l.loadRenews, l.loads = true, true }),
	leaseWithout("add, clock, re-check", "no look at the clock, the timer is late", func(l *lease) { l.noClock = true }),
	leaseWithout("add, clock, re-check", "add, re-check, clock", func(l *lease) { l.clockLast = true }),
	leaseWithout("lost since the receipt", "since the sending", func(l *lease) { l.observerSending = true }),
	leaseWithout("lost since the receipt", "until a list asked for before", func(l *lease) { l.untilReceipt, l.names = true, true }),
	leaseWithout("lost since the receipt", "no margin", func(l *lease) { l.noMargin = true }),
	leaseWithout("lost since the receipt", "also of a list before a fail-over", func(l *lease) { l.keepsSightings, l.fails = true, true }),
	leaseWithout("WorkLimit", "also of an earlier incarnation", func(l *lease) {
		l.anyIncarnation, l.fails, l.split, l.declares = true, true, true, true
	}),
	leaseWithout("removal", "also of an entry renewed since", func(l *lease) {
		l.unconditional, l.declares, l.removes = true, true, true
	}),
	leaseWithout("removal", "once it is lost, before its limit", func(l *lease) {
		l.removesEarly, l.declares, l.removes, l.grace, l.longest = true, true, true, 2, 2
	}),
	leaseWithout("grace", "shorter than the work", func(l *lease) { l.longest = 2 }),
}

// unneeded are rules that the promise holds without, in these models. They are
// kept: they make a mistake elsewhere harmless.
var unneeded = []mutant{
	clusterWithout("gate shut without an entry", "a replica admits until it has joined afresh", func(c *cluster) {
		c.keepsGateOpen, c.losses, c.saves, c.levels = true, 1, 1, []level{on}
	}),
	clusterWithout("never go back", "a push of a document held is taken over", func(c *cluster) {
		c.heldPush, c.again, c.replicas, c.saves = true, true, 1, 3
	}),
	lossWithout("never go back", "likewise an answer, if its revision is higher", func(l *loss) {
		l.heldComesAgain, l.serving, l.saves = true, 1, 2
	}),
	lossWithout("incarnation", "ignored", func(l *loss) { l.incarnationIgnored, l.saves = true, 2 }),
}

func TestMutants(t *testing.T) {
	t.Parallel()
	for _, m := range mutants {
		t.Run(m.rule+"/"+m.name, func(t *testing.T) {
			t.Parallel()
			found := m.found()
			if found.cutOff() {
				return
			}
			require.NotEmpty(t, found.broken, "nothing breaks without this rule")
			t.Logf("%s\n%s", found.broken, story(found.trace))
		})
	}
}

func TestUnneeded(t *testing.T) {
	t.Parallel()
	for _, m := range unneeded {
		t.Run(m.rule+"/"+m.name, func(t *testing.T) {
			t.Parallel()
			found := m.found()
			assert.Empty(t, found.broken, "the rule is needed: it belongs among the mutants\n%s", story(found.trace))
			assert.False(t, found.full && !found.cutOff(), "the bound was hit: not every state was searched")
		})
	}
}

// story is a trace, a step a line.
func story(trace []move) string {
	var b strings.Builder
	for i, m := range trace {
		fmt.Fprintf(&b, "%3d. %s: %s\n", i+1, m.who, m.what)
	}
	return b.String()
}
