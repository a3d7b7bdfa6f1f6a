// Package scale measures what a switch and a drain cost with many replicas, on
// real servers: benchmarks only, each with the figure that it is compared with
// in the same run.
//
// All replicas share one process and its cores, which the replicas of a service
// do not, so what each of them computes weighs more here than there.
//
// # What bounds the costs
//
// A report takes 20 µs of Redis's one thread, and 71 µs for the one in five seconds that
// asks who the server is (redisstore's BenchmarkRenew, November 2026).
//
// A drain takes as long as the replicas take to acknowledge, and then half a look at the
// roster with a hundred replicas and more (p50-after-last-told/question), since a look is
// under way whenever the last one tells; with one replica it is a whole look, and some time
// for the message that wakes it. (The replica itself notes when it was told.) Fewer looks
// on the way were tried, and brought the end no nearer. What grows with their number is
// the acknowledgements: 20 µs of Redis's thread each, and here 150 µs of the two cores that
// all share.
//
// From Off on each replica asks for itself, since no push may open: a hundred round trips,
// 2 ms of Redis's thread, through one client here, which is most of what p50-with-Off
// shows. That they have opened they tell a tenth of a second later: told at once, as what
// closes is, it took the thread twice, and a quarter more time until the last was open
// (18.5 and 14.5 ms, November 2026). From On on a push alone closes. What lies between a
// bare message and that is the decoding of a hundred documents, and the first reports.
package scale
