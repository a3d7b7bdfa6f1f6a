// Package scale measures what a switch and a drain cost with many replicas, on
// real servers: benchmarks only, each with the figure that it is compared with
// in the same run.
//
// All replicas share one process and its cores, which the replicas of a service
// do not, so what each of them computes weighs more here than there.
package scale
