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
// A drain takes the time of two to three looks at the roster (p50/question), however many
// replicas there are: the first finds hardly anybody, those between are woken by
// acknowledgements, and the last one proves. A look reads and decodes every entry, so all
// of that grows with their number.
//
// From Off on each replica asks for itself, since no push may open: a hundred round trips,
// 2 ms of Redis's thread, through one client here, which is most of what p50-with-Off
// shows. From On on a push alone closes.
package scale
