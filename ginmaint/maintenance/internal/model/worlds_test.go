package model

import (
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// mostStates bounds every search, and with it time and memory. The largest
// needs about half of it.
const mostStates = 2_500_000

// mostUnderRaces bounds it under the race detector, which makes a search ten times
// slower and finds nothing in it, as it runs in one goroutine. A search that was cut
// off proves nothing, so the tests are run without the detector as well.
const mostUnderRaces = 5_000

var underRaces = sync.OnceValue(func() bool {
	build, _ := debug.ReadBuildInfo()
	return slices.Contains(build.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
})

// search is a search to be made once, however many tests ask for its result.
type search struct {
	name  string
	found func() result
}

func searching[S comparable](name string, sys system[S]) search {
	return search{name, sync.OnceValue(func() result { return explore(sys, most()) })}
}

func most() int {
	if underRaces() {
		return mostUnderRaces
	}
	return mostStates
}

// cutOff tells whether the race detector's bound has ended the search.
func (r result) cutOff() bool { return r.full && underRaces() }

// protocol are the searches of the rules as they are.
var protocol = []search{
	searching[gateState]("gate: off, on; 3 requests", &gate{
		levels: offOn, requests: 3, streams: true}),
	searching[gateState]("gate: off, read-only, on; 2 requests", &gate{
		levels: allLevels, requests: 2, streams: true}),
	searching[gateState]("gate: off, on, off, on; 2 requests", &gate{
		levels: []level{off, on, off, on}, requests: 2, streams: true}),
	searching[gateState]("gate: off, read-only; 3 requests that extend", &gate{
		levels: []level{off, readOnly}, requests: 3, extends: true}),
	searching[gateState]("gate: off, read-only, on; 2 requests that extend", &gate{
		levels: allLevels, requests: 2, extends: true}),

	searching[clusterState]("cluster: 2 replicas, 2 saves, read-only", &cluster{
		replicas: 2, saves: 2, levels: allLevels, classes: allClasses, obeys: true}),
	searching[clusterState]("cluster: 3 replicas, 1 save, kills", &cluster{
		replicas: 3, saves: 1, levels: offOn, classes: writesOnly, kills: true, obeys: true}),
	searching[clusterState]("cluster: 2 replicas, 3 saves, kills, late renewals", &cluster{
		replicas: 2, saves: 3, levels: offOn, classes: writesOnly, kills: true, late: true, obeys: true}),
	searching[clusterState]("cluster: 1 replica, 3 saves, read-only, kills, late renewals", &cluster{
		replicas: 1, saves: 3, levels: allLevels, classes: allClasses, kills: true, late: true, obeys: true}),
	searching[clusterState]("cluster: 1 replica, 3 saves, read-only, revisions again", &cluster{
		replicas: 1, saves: 3, levels: allLevels, classes: allClasses, kills: true, late: true, again: true, obeys: true}),
	searching[clusterState]("cluster: 2 replicas, 2 saves, revisions again", &cluster{
		replicas: 2, saves: 2, levels: offOn, classes: writesOnly, again: true, obeys: true}),
	searching[clusterState]("cluster: 2 replicas, 2 saves, loads and saves beside the renewals", &cluster{
		replicas: 2, saves: 2, levels: offOn, classes: writesOnly, loads: true, obeys: true}),
	searching[clusterState]("cluster: 1 replica, 3 saves, likewise, read-only, revisions again", &cluster{
		replicas: 1, saves: 3, levels: allLevels, classes: allClasses, loads: true, again: true, obeys: true}),
	searching[clusterState]("cluster: 2 replicas, 1 save, 1 loss of the roster, kills", &cluster{
		replicas: 2, saves: 1, levels: offOn, classes: writesOnly, kills: true, losses: 1, obeys: true}),
	searching[clusterState]("cluster: 2 replicas, 2 saves, one that serves drains", &cluster{
		replicas: 2, saves: 2, levels: offOn, classes: writesOnly, own: true, obeys: true}),
	searching[clusterState]("cluster: 2 replicas, 2 saves, idle at first, kills", &cluster{
		replicas: 2, saves: 2, levels: offOn, classes: writesOnly, idles: true, kills: true, obeys: true}),
	searching[clusterState]("cluster: 1 replica, 3 saves, idle at first, revisions again", &cluster{
		replicas: 1, saves: 3, levels: allLevels, classes: allClasses, idles: true, again: true, obeys: true}),
	searching[clusterState]("cluster: 1 replica, 3 saves, a drain across saves", &cluster{
		replicas: 1, saves: 3, levels: allLevels, classes: allClasses, asks: true, obeys: true}),

	searching[windowState]("window: 2 replicas, 2 saves, skew 1", &window{
		replicas: 2, saves: 2, level: on, classes: writesOnly, spans: []span{{2, 5}}, last: 6, skew: 1}),
	searching[windowState]("window: 2 replicas, 1 save, skew 2", &window{
		replicas: 2, saves: 1, level: on, classes: writesOnly, spans: []span{{3, 8}}, last: 9, skew: 2}),
	searching[windowState]("window: 1 replica, 2 saves, read-only, skew 1", &window{
		replicas: 1, saves: 2, level: readOnly, classes: allClasses, spans: []span{{2, 6}}, last: 7, skew: 1}),
	searching[windowState]("window: 1 replica, 2 saves of 2 windows, revisions again", &window{
		replicas: 1, saves: 2, level: on, classes: writesOnly, spans: []span{{2, 5}, {3, 7}}, last: 8, skew: 1, again: true}),

	searching[lossState]("loss: 2 survivors and a joiner, 1 save", &loss{
		replicas: 3, serving: 2, saves: 1, losses: 1, levels: offOn}),
	searching[lossState]("loss: 1 survivor and a joiner, 2 saves, a fail-over noticed late", &loss{
		replicas: 2, serving: 1, saves: 2, losses: 1, levels: offOn, asksLate: true}),
	searching[lossState]("loss: 1 survivor and a joiner, 1 save, entries lost, noticed late", &loss{
		replicas: 2, serving: 1, begun: true, saves: 1, losses: 1, levels: []level{on}, nobody: true, asksLate: true}),
	searching[lossState]("loss: 1 survivor, 2 saves, 2 losses, fail-overs noticed late", &loss{
		replicas: 1, serving: 1, saves: 2, losses: 2, levels: offOn, asksLate: true}),
	searching[lossState]("loss: 2 survivors that save, 2 saves", &loss{
		replicas: 2, serving: 2, saves: 2, losses: 1, levels: offOn, changes: true}),
	searching[lossState]("loss: 1 survivor and a joiner, 1 save after another, 2 losses", &loss{
		replicas: 2, serving: 1, begun: true, saves: 1, losses: 2, levels: []level{on}}),
	searching[lossState]("loss: 1 survivor and a joiner, 2 saves, also of the document alone", &loss{
		replicas: 2, serving: 1, saves: 2, losses: 1, levels: offOn, evicts: true}),
	searching[lossState]("loss: 1 survivor and a joiner, 1 save, likewise, plain loads", &loss{
		replicas: 2, serving: 1, saves: 1, losses: 1, levels: offOn, evicts: true, loads: true}),

	searching[lossState]("loss: 1 survivor and an idle one, 2 saves", &loss{
		replicas: 2, serving: 1, saves: 2, losses: 1, levels: offOn, idles: true}),
	searching[lossState]("loss: 1 survivor and an idle one, 1 save more, the document alone", &loss{
		replicas: 2, serving: 1, begun: true, saves: 1, losses: 1, levels: []level{on}, idles: true, evicts: true}),
	searching[lossState]("loss: 1 survivor and an idle one, 1 save, also of the document alone", &loss{
		replicas: 2, serving: 1, saves: 1, losses: 1, levels: offOn, idles: true, evicts: true}),
	searching[lossState]("loss: 1 survivor and 2 joiners, 1 save, a copy that lacks entries alone", &loss{
		replicas: 3, serving: 1, begun: true, saves: 1, losses: 1, levels: []level{on}, nobody: true}),

	searching[lossState]("loss: 1 survivor and a joiner, 1 save, joins confirmed, 2 losses", &loss{
		replicas: 2, serving: 1, begun: true, saves: 1, losses: 2, levels: []level{on}, confirms: true}),
	searching[lossState]("loss: 1 survivor and 2 joiners, 1 save, likewise, 1 loss noticed late", &loss{
		replicas: 3, serving: 1, begun: true, saves: 1, losses: 1, levels: []level{on}, confirms: true, nobody: true, asksLate: true}),

	searching[leaseState]("lease: 2 ticks, margin 1, grace 2", &lease{
		length: 2, margin: 1, grace: 2, longest: 2, names: true}),
	searching[leaseState]("lease: 3 ticks, margin 1, grace 1, plain loads", &lease{
		length: 3, margin: 1, grace: 1, longest: 1, loads: true, names: true}),
	searching[leaseState]("lease: 2 ticks, margin 1, grace 1, 1 fail-over", &lease{
		length: 2, margin: 1, grace: 1, longest: 1, fails: true, names: true}),
	searching[leaseState]("lease: 2 ticks, margin 1, limit 1, 1 fail-over not noticed", &lease{
		length: 2, margin: 1, grace: 1, longest: 1, fails: true, split: true, declares: true}),
	searching[leaseState]("lease: 1 tick, margin 1, limit 1, removals, 1 fail-over", &lease{
		length: 1, margin: 1, grace: 1, longest: 1, fails: true, declares: true, removes: true}),
}

func TestProtocolHolds(t *testing.T) {
	t.Parallel()
	for _, s := range protocol {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			found := s.found()
			t.Logf("%d states, the farthest %d steps away", found.states, found.depth)
			assert.Empty(t, found.broken)
			assert.Empty(t, found.trace)
			if found.cutOff() {
				return
			}
			assert.False(t, found.full, "the bound was hit: not every state was searched")
			assert.Empty(t, found.missed, "situations that the search must come across")
		})
	}
}
