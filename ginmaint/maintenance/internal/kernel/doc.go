// Package kernel asks this machine's kernel whether a process has ended.
//
// A process is named by a text: the machine's boot, the namespaces of process IDs and of
// time, the process ID, and the time of its start. Only names of the same boot and
// namespaces can be compared. Where there is another process of that ID, its start tells.
//
// It is assumed that two machines have two boot IDs, and that a process keeps the time of
// its start. Machines that are resumed from one snapshot break the first, and processes
// that are restored from a checkpoint the second.
package kernel
