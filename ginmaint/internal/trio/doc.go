// Package trio shows what holds for three replicas on each store that has a real server,
// or files: tests only. Each replica has a client of its own, as a process has. Where
// writers are killed they are processes.
package trio
