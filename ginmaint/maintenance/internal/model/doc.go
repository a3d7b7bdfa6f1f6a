// Package model is the protocol behind Drain, model-checked: five programs that
// search every order of its events, with up to three replicas and three saves. It
// leaves out all that is no rule of the protocol (engines, encodings, timeouts), and
// each program leaves out what another one has searched. So it shows that the rules
// are right, and not that the code keeps them: for that package simulation
// runs the code itself, in orders drawn at random. All but this text is in test files.
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
// them has shown, the next takes for a single step. Each stands beside the files of
// package maintenance that it has the words of:
//
//	gate     one process: Enter, Extend, Leave, switchTo and a waiting drain, cut into
//	         atomic steps; beside gate.go and drain.go
//	cluster  replicas, store and drains, with joins, kills, goodbyes, lost and late
//	         messages, and changes beside the renewals; beside follow.go, takeover.go,
//	         switch.go, shutdown.go, drain.go and judge.go
//	window   documents with Start and End, on clocks that differ and are set; beside
//	         state.go, takeover.go and judge.go
//	loss     a store that is restarted empty, fails over to a copy that lags behind, or
//	         loses the document alone; beside follow.go, takeover.go, switch.go and judge.go
//	lease    a replica that fails closed, AllowLost, and the removal of entries, in
//	         discrete time; beside lease.go, gate.go, takeover.go, judge.go and tidy.go
//
// explore_test.go is the search, promise_test.go what is looked for, worlds_test.go
// what was searched, mutants_test.go the rules.
//
// # What was searched
//
// In each of these worlds every state was met, none of them breaks a promise, and
// each situation that the model exists for (a drain that returned nil, a request
// that backed out, a replica that joined afresh) was come across. Farthest is the
// number of steps to the last state found.
//
//	model    searched                                                            states  farthest
//	gate     off, on; 3 requests                                                  32010        22
//	gate     off, read-only, on; 2 requests                                       42092        33
//	gate     off, on, off, on; 2 requests                                         92827        43
//	gate     off, read-only; 3 requests that extend                              152230        40
//	gate     off, read-only, on; 2 requests that extend                           54844        46
//	cluster  2 replicas, 2 saves, read-only                                      569621        38
//	cluster  3 replicas, 1 save, kills                                           244808        46
//	cluster  2 replicas, 3 saves, kills, late renewals                          1151859        46
//	cluster  1 replica, 3 saves, read-only, kills, late renewals                  29852        29
//	cluster  1 replica, 3 saves, read-only, revisions again                      273863        37
//	cluster  2 replicas, 2 saves, revisions again                                 34473        39
//	cluster  2 replicas, 2 saves, loads and saves beside the renewals            710159        32
//	cluster  1 replica, 3 saves, likewise, read-only, revisions again            390417        29
//	cluster  2 replicas, 1 save, 1 loss of the roster, kills                     134147        43
//	cluster  2 replicas, 2 saves, one that serves drains                         188384        38
//	cluster  2 replicas, 2 saves, idle at first, kills                            35396        32
//	cluster  1 replica, 3 saves, idle at first, revisions again                   62848        28
//	cluster  1 replica, 3 saves, a drain across saves                             21224        22
//	window   2 replicas, 2 saves, skew 1                                         666773        32
//	window   2 replicas, 1 save, skew 2                                           55658        32
//	window   1 replica, 2 saves, read-only, skew 1                                36922        25
//	window   1 replica, 2 saves of 2 windows, revisions again                    278757        23
//	loss     2 survivors and a joiner, 1 save                                    458547        32
//	loss     1 survivor and a joiner, 2 saves, a fail-over noticed late          349804        28
//	loss     1 survivor and a joiner, 1 save, entries lost, noticed late          38507        25
//	loss     1 survivor, 2 saves, 2 losses, fail-overs noticed late               71438        24
//	loss     2 survivors that save, 2 saves                                      200953        23
//	loss     1 survivor and a joiner, 1 save after another, 2 losses            1417126        32
//	loss     1 survivor and a joiner, 2 saves, also of the document alone        261234        27
//	loss     1 survivor and a joiner, 1 save, likewise, plain loads               43809        24
//	loss     1 survivor and an idle one, 2 saves                                 301970        27
//	loss     1 survivor and an idle one, 1 save more, the document alone          73786        24
//	loss     1 survivor and an idle one, 1 save, also of the document alone       30406        24
//	loss     1 survivor and 2 joiners, 1 save, a copy that lacks entries alone   833837        36
//	loss     1 survivor and a joiner, 1 save, joins confirmed, 2 losses          977149        33
//	loss     1 survivor and 2 joiners, 1 save, likewise, 1 loss noticed late     480451        35
//	lease    2 ticks, margin 1, grace 2                                          429993        29
//	lease    3 ticks, margin 1, grace 1, plain loads                             809961        27
//	lease    2 ticks, margin 1, grace 1, 1 fail-over                             407216        27
//	lease    2 ticks, margin 1, limit 1, 1 fail-over not noticed                 255816        27
//	lease    1 tick, margin 1, limit 1, removals, 1 fail-over                    113419        30
//
// What a world leaves out it does not show. More than three replicas and more
// than three saves were not searched; no mutant below needs more than two
// replicas and three saves to break. The store that loses what it had was searched
// without pushes and without windows, the lease with one replica.
//
// # Why each rule is there
//
// A mutant is the protocol without one rule. The search finds for each of them
// how the promise breaks, in as few steps as any way does. The same numbers come
// out on every machine.
//
//	model    rule                            mutant                                                 steps  states
//	gate     re-check                        no re-check                                               11    3185
//	gate     re-check                        it compares the level                                     24   48484
//	gate     re-check                        it comes before the increment                             11    2400
//	gate     re-check                        one counter and no re-check (WaitGroup)                   11    3227
//	gate     same stripe                     work leaves by the other stripe                           15   41410
//	gate     all past epochs                 the last alone counts                                     15   16591
//	gate     all past epochs                 forgotten once the writes are zero                        18   21974
//	gate     wake                            Leave wakes nobody                                        12    7870
//	gate     wake                            a back-out wakes nobody                                   12    7029
//	gate     wake                            decided before the decrement                              12   10752
//	gate     wake                            count takes the channel last, unlocked                    13    9500
//	gate     wake                            streams are not told                                      11    7203
//	gate     extend                          it takes no lock                                          14    3519
//	gate     extend                          into an epoch that was counted to zero                    15   53138
//	cluster  join before load                load, then join                                            6     925
//	cluster  join before load                both in one snapshot                                       6     925
//	cluster  an idle process joins to serve  it opens by the document that it has read                  5     865
//	cluster  an idle process joins to serve  under the ID of its idle entry                            10    6456
//	cluster  acknowledge after the switch    before it                                                 10    2091
//	cluster  acknowledge after the switch    counters, then the document                               12    4219
//	cluster  one round trip at a time        an earlier answer is taken over                           16   10623
//	cluster  an overtaken answer is dropped  it is not                                                 13   12116
//	cluster  an overtaken answer is dropped  unless its revision is higher                             14   43551
//	cluster  an overtaken answer is dropped  unless it is to a save                                    13   38960
//	cluster  renewing never creates          it creates an entry                                       18  129621
//	cluster  a push never opens              any push is taken over                                    10    1800
//	cluster  a push never opens              any push but of a document held before                    10    1697
//	cluster  a push never opens              one with a higher revision does                           10    5756
//	cluster  IDs                             acknowledgements compare revisions                        11    2308
//	cluster  one listing                     list, then load                                            9    2614
//	cluster  a drain finds its own entry     it does not look for it                                    9    3605
//	cluster  ErrChanged                      a drain goes on with a lower level                        10    4971
//	cluster  goodbye                         before the work has ended                                 10    1819
//	cluster  entries never expire            they do                                                    9    2836
//	cluster  evidence by the kernel          another machine's is asked                                 9    2836
//	window   the level that is obeyed        the observer's level now                                   8    3109
//	window   once and never back             edges go back with the clock                               9    8633
//	window   End less the skew               until End                                                  8    2634
//	window   Start plus the skew             from Start                                                 5     413
//	window   a push covers the window        it may end sooner                                          9   22116
//	window   a push covers the window        it may begin later                                         6    8095
//	loss     a listing asks who it is        a constant identity is trusted                             4     752
//	loss     a listing asks who it is        joins and renewals ask, it does not                        4     830
//	loss     unknown entry                   no such entry                                             10    7485
//	loss     unknown entry                   none where a copy of the roster came along                13   20939
//	loss     unknown entry                   none until one comes back that belonged to it             10    8034
//	loss     unknown entry                   none on the owner's word, and it is not true              13   20939
//	loss     unknown entry                   one ID for all ended incarnations                         17  139337
//	loss     young roster                    trusted as soon as somebody has joined it                  7    3821
//	loss     young roster                    trusted while nobody has joined it                         4     720
//	loss     a joiner waits                  it does not                                                9    7538
//	loss     a joiner waits                  only where it finds no document                           11   57021
//	loss     a joiner waits                  only in a young roster                                     9    8418
//	loss     a joiner waits                  not if it has followed the document while it was idle     11   94797
//	loss     only a renewal opens            the first load is a plain one                              9    8099
//	loss     only a renewal opens            a plain load does as well                                  8   18398
//	loss     restore                         nothing is written back                                    6    2028
//	loss     restore                         over a document not known                                  8   19836
//	loss     restore                         by an idle process, what opens                            18  273596
//	loss     restore                         by an idle process, what opens nothing                    12   38580
//	loss     restore                         under a higher revision than its own                      17  786421
//	loss     a change loads first            not where it names a revision                              4    1471
//	lease    counts from before the sending  from the receipt                                          17   50034
//	lease    whose answer is taken over      renewed, then taken over                                  16   43118
//	lease    only a renewal renews           a plain load does as well                                 15  310970
//	lease    add, clock, re-check            no look at the clock, the timer is late                   13   40889
//	lease    add, clock, re-check            add, re-check, clock                                      17   56575
//	lease    lost since the receipt          since the sending                                         17   89692
//	lease    lost since the receipt          until a list asked for before                              9   15569
//	lease    lost since the receipt          no margin                                                 12   26311
//	lease    lost since the receipt          also of a list before a fail-over                         18   92727
//	lease    WorkLimit                       also of an earlier incarnation                            18  108964
//	lease    removal                         also of an entry renewed since                            21   64813
//	lease    removal                         once it is lost, before its limit                         16   96354
//	lease    grace                           shorter than the work                                     13   47143
//	cluster  gate shut without an entry      a replica admits until it has joined afresh             none   83533
//	cluster  never go back                   a push of a document held is taken over                 none    8603
//	loss     never go back                   likewise an answer, if its revision is higher           none  228355
//	loss     incarnation                     ignored                                                 none  226084
//
// The last four mutants keep the promise. An entry that has just joined has
// acknowledged nothing, and an unknown entry holds every drain up, also until everybody
// has joined the present incarnation; a push can only close; and a document that was
// left comes back with a higher revision only after more losses than were searched. The
// rules stay: they make a mistake elsewhere harmless.
//
// Beside the promise the search looks for four things that must never be: a replica
// that is opened by an older document than the one that it obeyed; a document
// written back over a later one with a higher level; a change saved over a document
// that its author has not seen; and a replica called lost within its lease.
//
// # What the models add to the rules
//
// These rules are stronger than their usual wording, because the weaker form has a
// counterexample.
//
//   - Work that backs out of Enter wakes the waiter too. It was counted for a moment,
//     and a drain that saw it sleeps.
//   - Extend enters no past epoch in which its class was counted to zero: what is
//     counted there later is work that backs out.
//   - A push is taken over only with a higher revision, and only if it does not lower
//     the level and covers what is left of the window; else it is a hint to ask, and
//     the answer counts. Pushes may be late, and where revisions come again (a file
//     deleted, a store restored) even a higher one may be the older.
//   - For the same reason an answer is dropped whatever its revision, where another
//     document was taken over since the question: also the answer to a save.
//   - Start counts with the clock skew added, as End does with the skew taken off:
//     a replica that starts after the drain may have the slowest clock.
//   - A renewal need not ask which server it reached: a listing, which a drain goes by,
//     asks at the same moment, and with another server all that was told before counts
//     for nothing. A server that calls itself what others do is none to prove anything by.
//   - A joiner waits in every young roster, not only where it finds no document:
//     after a fail-over it may find one that the others have left. And it waits where
//     it finds none in an old roster whose replicas obey one.
//   - A roster that nobody has joined yet is a young one. After a loss it looks like
//     that of a service without replicas.
//   - A document is written back under its own revision: under a higher one it would
//     pass for later than one that was saved after it.
//   - Each ended incarnation has an unknown entry with an ID of its own, so that who
//     forgets one does not forget the next. Where a copy of the roster came along the
//     store knows the ended one by itself: perhaps nobody comes back who belonged to it.
//   - An idle process reads the document and has no entry that counts, so here it has none.
//     What it has read does not stand for a load after its join. Nor may it write it back,
//     not even with its first renewal, unless that closes everything: while no drain waited
//     for it, a higher document may have come and be lost, which a joiner would not notice.
//   - What a drain has seen of a replica counts within one incarnation of the roster.
//     A WorkLimit counts only in an entry of the present one: the server that was
//     replaced may go on renewing the lease.
//
// # Rules that need no model
//
//   - News is told at once or soon, pushes wake, and drains watch the roster: that is speed. A
//     poll brings the same.
//   - Attempts to join and to save are bounded: what is given up is a step here.
//   - A drain that finds an older document than its own waits for the newer one to be
//     written back. Else it would return the wrong error, never nil.
//   - The store remembers for which incarnations it has made an unknown entry. One more
//     would hold drains up, which is safe.
//   - A Join that arrives late acknowledges nothing, so it can only hold a drain up.
//   - Of two overlapping questions the later one counts for the lease. Where there is a
//     roster, renewals don't overlap.
//   - An answer that took longer than the lease does not make the document trusted. The
//     gate looks at the clock in any case.
//   - A lease is looked at on two clocks, as either may stand still or be set back. The
//     model has one, which loses no more than the margin.
//   - A window's phase begins anew with another document. Else a drain would wait for a
//     level that is never in force.
//   - The last 64 documents that were left are remembered. The models remember all.
//
// # What is assumed
//
//   - The steps of one process are seen by all its goroutines in one order, as those
//     of sync/atomic are.
//   - A store does each of its operations at one moment: a Join, a Renew, a listing.
//     Its IDs come again only where a document is written back.
//   - No person forgets a replica that is alive, nor does a process replace one whose
//     name it shares (Sole), but by mistake the one that drains, which then finds out;
//     unknown entries are forgotten once everybody is back.
//   - A machine's kernel knows which of its own processes have ended. So where it is asked
//     for a process of its own, the step is that of a person who has looked. What is searched
//     is that no other machine's may be asked.
//   - When a store loses what it had, at least one replica that follows the document
//     is alive and reaches the store, and stays so until it is back: that is, where it
//     is noticed late, until a renewal has asked and it has joined again. This is the
//     hole that the design leaves to durable stores: where all survivors are gone or
//     cut off, nobody is left who knows. It is not assumed where the document is kept,
//     and entries alone are lost.
//   - A document is not lost alone while a joiner is between its look at the roster
//     and its first renewal. The code notices by the revision and joins anew, which
//     is tested there and not searched here. Nor is it before the renewal that follows at
//     once, by which the joiner's entry first names a document: till then another joiner
//     finds nobody who knows better. Where one is lost alone and an earlier
//     one written back, a drain for that promises nothing of a replica that obeys the
//     later one: it holds from the next renewal on.
//   - Revisions come again, or clocks are set back, but not both in one window.
//   - Under AllowLost no work lasts longer than the grace, the pauses of its process
//     included: the risk that its caller takes. The same under WorkLimit, by the word
//     of whoever declared it; and no drain asks a server that was replaced.
//   - Clocks differ by no more than the skew, and a lease is measured by clocks
//     that lose no more than the margin.
//
// # What makes the search small
//
// Equal parts are sorted, so that two replicas that have changed places are one
// state; and what no later step can look at is cleared (canonical).
// TestReductionsLoseNothing searches small worlds with and without that, and compares.
// Steps that only take time are left out: a process that is paused, or cut off,
// is one that takes no step for long, and every search includes it.
package model
