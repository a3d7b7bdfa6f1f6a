// Package edge shows what shared caches in front of a service keep while it is under
// maintenance: real nginx and Varnish, configured as operators do who want as much
// as possible from the cache, in front of a Gin application that asks them to.
//
// And it shows what visitors notice of a short maintenance behind a load balancer, and how
// a balancer that probes the wrong page shows its own error in place of the service's.
//
// It needs nginx, HAProxy, varnishd and redis-server, with a C compiler, which the Debian package brings.
package edge
