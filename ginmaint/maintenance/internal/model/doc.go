// Package model is the protocol behind Drain as programs that search every order
// of its events. Nothing outside of its tests uses it.
//
// Drain promises that nothing which a level refuses runs anywhere any more, and
// that nothing will. Such a promise isn't tested by trying: the order of steps that
// breaks it comes up once in a million runs. So each part of the protocol stands
// here once more, small enough to be searched to the end: a state of at most some
// hundred bytes, and every step that may follow it. The search goes breadth first
// through all states that can be reached, and looks in each whether a promise is
// broken that a drain has given. Where one is, it has found the shortest way
// there, and prints it step by step:
//
//	go test -v -run 'TestMutants/re-check' ./ginmaint/maintenance/internal/model
//
// # The five models
//
// They are separate, since together they could not be searched. What one of
// them has shown, the next takes for a single step.
//
//	gate     one process: Enter, Leave, Switch and a waiting drain, cut into atomic
//	         steps; gate.go, enter.go, waiter.go beside the gate.go of package maintenance
//	cluster  replicas, store and observer, with joins, kills, goodbyes, lost and late
//	         messages; cluster.go, operator.go, replica.go, open.go, report.go, observe.go
//	         beside join.go, takeover.go, heartbeat.go, shutdown.go, drain.go, judge.go
//	window   a document with Start and End, on clocks that differ and are set;
//	         window.go, edges.go beside window.go, judge.go
//	loss     a store that is restarted empty or fails over to a copy that lags behind;
//	         loss.go, fate.go, survivor.go beside restore.go, join.go, takeover.go
//	lease    a replica that fails closed, and AllowLost, in discrete time;
//	         lease.go, renewal.go beside lease.go, gate.go, judge.go
//
// explore.go is the search, promise.go what is looked for.
//
// # What was searched
//
// In each of these worlds every state was met, none of them breaks a promise, and
// each situation that the model exists for (a drain that returned nil, a request
// that backed out, a replica that joined afresh) was come across. Farthest is the
// number of steps to the last state found.
//
//	model    searched                                             states  farthest
//	gate     off, on; 3 requests                                   96712        21
//	gate     off, read-only, on; 2 requests                       145875        37
//	gate     off, on, off, on; 2 requests                         361939        44
//	cluster  2 replicas, 2 saves, read-only                       544413        34
//	cluster  3 replicas, 1 save, kills                            190565        40
//	cluster  2 replicas, 3 saves, kills, late reports            1046248        42
//	cluster  1 replica, 3 saves, read-only, kills, late reports    29249        27
//	cluster  1 replica, 3 saves, read-only, revisions again       257992        35
//	cluster  2 replicas, 2 saves, revisions again                  27958        35
//	cluster  2 replicas, 1 save, 1 loss of the roster, kills       96891        36
//	cluster  2 replicas, 2 saves, load and list and load           71730        30
//	cluster  1 replica, 3 saves, a drain across saves              20707        20
//	window   2 replicas, 2 saves, skew 1                          666773        32
//	window   2 replicas, 1 save, skew 2                            55658        32
//	window   1 replica, 2 saves, read-only, skew 1                 36922        25
//	loss     2 survivors and a joiner, 1 save                     441273        28
//	loss     2 survivors, 2 saves                                 163549        24
//	loss     1 survivor and a joiner, 1 save, 2 losses            305682        29
//	lease    2 ticks, margin 1, grace 2                           393767        29
//	lease    3 ticks, margin 1, grace 1                           405042        28
//
// What a world leaves out it does not show. More than three replicas and more
// than three saves were not searched; no mutant below needs more than two
// replicas and three saves to break.
//
// # Why each rule is there
//
// A mutant is the protocol without one rule. The search finds for each of them
// how the promise breaks, in as few steps as any way does. The same numbers come
// out on every machine.
//
//	model    rule                            mutant                                        steps  states
//	gate     re-check                        no re-check                                      10    7642
//	gate     re-check                        it compares the level                            23  180388
//	gate     re-check                        it comes before the increment                    10    5685
//	gate     re-check                        one counter and no re-check (WaitGroup)          10    8264
//	gate     same stripe                     work leaves by the other stripe                  14   89172
//	gate     all past epochs                 the last alone counts                            14   48031
//	gate     all past epochs                 forgotten once the writes are zero               17   66346
//	gate     wake                            Leave wakes nobody                               12   28277
//	gate     wake                            a back-out wakes nobody                          12   24268
//	gate     wake                            decided before the decrement                     12   33244
//	gate     wake                            streams are not told                             11   22843
//	cluster  join before load                load, then join                                   6     811
//	cluster  join before load                both in one snapshot                              6     811
//	cluster  acknowledge after the switch    before it                                         8    2306
//	cluster  acknowledge after the switch    counters, then the document                      10    5899
//	cluster  one round trip at a time        an earlier answer is taken over                  15    8677
//	cluster  one round trip at a time        an answer that a push overtook is taken over      7    1472
//	cluster  a report never creates          it creates an entry                              14   91906
//	cluster  never go back                   any push is taken over                            8    1563
//	cluster  never go back                   any push but of a document held before            8    1464
//	cluster  never go back                   a push opens, and revisions come again            8    4641
//	cluster  ids                             acknowledgements compare revisions                9    2020
//	cluster  one snapshot                    list, then load                                   7    2290
//	cluster  ErrChanged                      a drain goes on with a lower level                8    5140
//	cluster  goodbye                         before the work has ended                         8    1966
//	cluster  entries never expire            they do                                           7    2122
//	window   the document's own level        the observer's level now                          8    3109
//	window   once and never back             edges go back with the clock                      9    8633
//	window   End less the skew               until End                                         8    2634
//	window   Start plus the skew             from Start                                        5     413
//	loss     incarnation                     ignored                                          13  104759
//	loss     Unknown                         no such entry                                    10   45590
//	loss     young roster                    trusted as soon as somebody has joined it         7   11778
//	loss     young roster                    trusted while nobody has joined it                4    1159
//	loss     write back                      nothing is                                       11   54203
//	loss     write back                      over a document not known                         8   16587
//	loss     a joiner waits                  it does not                                       8   23195
//	loss     a joiner waits                  only where it finds no document                  10   43091
//	lease    counts from before the sending  from the receipt                                 20  192541
//	lease    whose answer is taken over      renewed, then taken over                         19  161468
//	lease    add, clock, re-check            no look at the clock, the timer is late          16  147978
//	lease    add, clock, re-check            add, re-check, clock                             20  172420
//	lease    lost since the receipt          since the sending                                20  473041
//	lease    lost since the receipt          by a list sent before                            10   45454
//	lease    lost since the receipt          no margin                                        15  117523
//	lease    grace                           shorter than the work                            15   99009
//	cluster  gate shut without an entry      a replica admits until it has joined afresh    none  133322
//
// The last mutant keeps the promise, because an entry that has just joined has
// acknowledged nothing, and because the Unknown entry holds every drain up. The rule
// stays: it makes a mistake in either of them harmless.
//
// # What the models add to the rules
//
// Five rules are stronger here than their usual wording, because the weaker
// form has a counterexample.
//
//   - Work that backs out of Enter wakes the waiter too. It was counted for a moment,
//     and a drain that saw it sleeps.
//   - A push is taken over only with a higher revision, and only if it does not
//     lower the level; else it is a hint to ask, and the answer counts. Pushes may
//     be late, and where revisions come again (a file deleted, a store
//     restored) even a higher one may be the older.
//   - Start counts with the clock skew added, as End does with the skew taken off:
//     a replica that starts after the drain may have the slowest clock.
//   - A joiner waits in every young roster, not only where it finds no document:
//     after a fail-over it may find one that the others have left.
//   - A roster that nobody has joined yet is a young one. After a loss it looks like
//     that of a service without replicas.
//
// # What is assumed
//
//   - The steps of one process are seen by all its goroutines in one order, as those
//     of sync/atomic are.
//   - A store does each of its operations at one moment: a Report, a Join, a
//     snapshot.
//   - No person forgets a replica that is alive; Unknown entries are forgotten once
//     everybody is back.
//   - When a store loses what it had, at least one replica that follows the document
//     is alive and reaches the store, and stays so until it is back. This is the
//     hole that the design leaves to durable stores: where all survivors are gone or
//     cut off, nobody is left who knows.
//   - Under AllowLost no work lasts longer than the grace, the pauses of its process
//     included: the risk that its caller takes.
//   - Clocks differ by no more than the skew, and a lease is measured by clocks
//     that lose no more than the margin.
//
// # What makes the search small
//
// Equal parts are sorted, so that two replicas that have changed places are one
// state; and what no later step can look at is cleared (reduce.go, lossreduce.go).
// TestReductionsLoseNothing searches small worlds with and without that, and compares.
// Steps that only take time are left out: a process that is paused, or cut off,
// is one that takes no step for long, and every search includes it.
package model
