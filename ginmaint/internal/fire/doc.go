// Package fire puts the promise of maintenance.Drain under fire: real replica
// processes, a real store, and everything that can happen to them.
//
// Each replica runs units of work as fast as the gate lets it, and writes the
// begin and the end of each into a journal, by the machine's monotonic clock,
// which all processes share. The begin is written after Enter and the end before
// Leave, so the journal never claims more than what ran. Meanwhile replicas are
// killed (kill -9), paused (SIGSTOP) for longer and shorter than their lease,
// cut off, slowed down and asked to leave, new ones join, and the store is
// restarted, also empty.
//
// The test switches, drains, and notes the time during which Drain's promise
// holds: from its return without an error until just before the level is lowered.
// In the end Overlaps looks for work that ran in such a window. There must be
// none; and with a rule taken out of the code the same test must find some, or
// it would prove nothing.
//
// It runs on Linux, whose signals and clock it uses.
package fire
