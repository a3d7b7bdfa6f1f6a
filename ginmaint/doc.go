// Package ginmaint puts a Gin application into maintenance mode: visitors see a
// 503 page, programs get a proper 503, staff go on working.
//
//	r := gin.Default()
//	r.Use(sessions.Sessions("session", store))
//	r.Use(ginmaint.New(ginmaint.Config{IgnoreStaff: true}))
//	ginmaint.Routes(r.Group("/maintenance-mode"))
//
// The switch itself is a maintenance.Mode. Where the Config names none, New
// opens one on a file; with a store in Redis or PostgreSQL every replica
// follows within milliseconds.
//
// # Order of the middleware
//
// New belongs behind the middleware that the answer depends on, and in front of
// all that it shall close. Sessions come before it, since the role is read from
// them. CORS comes before it, so that a browser application can read the 503 and its preflight
// requests are answered. Loggers and Recovery come before it. Routes come after
// it: Gin copies the handlers when a route or a group is made, so whatever was
// registered earlier is never closed. Used on the engine it closes unknown paths
// and methods too, used on a group it does not. A redirect for a trailing slash is
// answered by Gin before any middleware.
//
// # Who passes
//
// A request that the level refuses is asked in this order, cheapest first: is
// its route marked ForceOff, is its path among IgnoreURLs, its address among
// IgnoreIPAddresses, its role among those that pass? A route marked ForceOn
// is closed whatever the answers. Everything fails closed: a role that can't
// be read is Anonymous, an address that the visitor may have made up is none, a
// path has to match in every form that it may be taken for.
//
// Gin trusts every proxy unless SetTrustedProxies is called, and so lets
// anybody choose his address by a header. On such an engine a request with a
// forwarding header is exempted by no address; the log says so once. Where the
// proxies that you name set X-Real-IP alone, take X-Forwarded-For out of the
// engine's RemoteIPHeaders: Gin would believe the visitor's own.
//
// # What the others get
//
// The answer is a page by Gin's HTML renderer (your own 503.html, where the
// engine has one), application/problem+json or plain text, as the Accept header
// asks. It says Retry-After, Maintenance-Mode: on or read-only, and
// Cache-Control: no-store; what exempt visitors get is no-store as well. No
// handler behind the middleware runs.
//
// # Reads and writes
//
// A read-only level refuses what writes. GET, HEAD, OPTIONS and TRACE read, all
// else writes, unless the route is marked Reads or Writes. A web socket begins
// with a GET, and so reads.
//
// # Draining
//
// Every request that was admitted is counted until its handler returns, so that
// Mode.Drain can tell when the last old one has ended. Goroutines and hijacked
// connections that outlive their handler are not counted, nor are exempt
// requests. Long streams end by themselves when they select on Mode.Draining.
//
// # When it panics
//
// New panics with the error of Config.Validate, and with that of opening the
// default Mode. Routes panics on a group without the middleware. No request
// makes ginmaint itself panic; what the functions of a Config do is passed on, and
// so is http.ErrAbortHandler out of a template. Nobody is let in by that.
package ginmaint
