// Package redistest starts real Redis servers for tests: one server, a cluster
// of three, or a master and its replica under a Sentinel. It needs redis-server,
// for a cluster 7.0 or later, in the PATH; where that is missing a test fails and says what to
// install, it never passes by leaving something out.
//
// A test takes the functions that begin with Start. They stop what they
// started in t.Cleanup:
//
//	server := redistest.Start(t, "maxmemory 2mb")
//	client := server.Client(t)
//
// Code without a test at hand, such as a TestMain or a program that drives
// several processes, takes [Launch], which returns an error, and stops the server
// with [Server.Kill].
//
// Servers listen on free ports of 127.0.0.1, each in a folder of its own, and
// write nothing to disk unless a configuration line says so ("appendonly yes").
// A server keeps its port for as long as it lives, also through Kill, Stop and
// Restart, so that clients find it again. On Linux servers end with the
// process that started them, however it ends.
//
// Configuration lines are those of redis.conf, one directive each. A later line
// wins over an earlier one and over the defaults here.
package redistest
