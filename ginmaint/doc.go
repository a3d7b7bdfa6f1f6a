// Package ginmaint puts a Gin application into maintenance mode: visitors see a
// 503 page, programs get a proper 503, staff go on working.
//
//	r := gin.Default()
//	r.Use(sessions.Sessions("session", store))
//	r.Use(ginmaint.New(ginmaint.Config{IgnoreStaff: true}))
//	ginmaint.Routes(r.Group("/maintenance-mode"))
//
// The switch itself is a [maintenance.Mode]. Where the [Config] names none, New
// uses the one of [DefaultMode], on a file; with a store in Redis or PostgreSQL
// every replica follows within milliseconds.
//
// # Order of the middleware
//
// Use New behind the middleware that the answer depends on, and before everything
// it should protect. Sessions come before it, because the role is read from them.
// CORS comes before it, so that a browser application can read the 503 and
// preflight requests are answered. Loggers, Recovery and time-outs come before it.
// Routes come after it: Gin copies the handlers when a route or a group is made, so
// whatever was registered earlier is never closed. Used on the engine it closes
// unknown paths and methods too; used on a group it does not. A redirect for a
// trailing slash is answered by Gin before any middleware.
//
// # Who passes
//
// When the level refuses a request, these questions are asked in this order,
// cheapest first: is its route marked ForceOff, is its path among IgnoreURLs, its
// address among IgnoreIPAddresses, does Ignore say so, is its role among those that
// pass? A route marked ForceOn is closed whatever the answers. NoRoute and NoMethod
// are marked like any route. Everything fails closed: a visitor whose role can't be
// read is Anonymous, an address that can be forged, or that may be a proxy's, is
// ignored, a path has to match in every form that a handler may take it for, and
// has no dot segment in any of them.
//
// Gin trusts every proxy unless SetTrustedProxies is called, so by default anybody
// can choose an address by sending a header. On such an engine no request with a
// forwarding header is exempt by its address; the log says so once. If your proxies
// set only X-Real-IP, take X-Forwarded-For out of the engine's RemoteIPHeaders:
// otherwise Gin believes the visitor's own.
//
// # What the others get
//
// A browser that opens a page gets a page by Gin's HTML renderer (your own 503.html,
// where the engine has one), a program application/problem+json, or what
// Config.Answer writes, and an image or a script an empty body: see [Negotiate]. All
// have Retry-After, Maintenance-Mode: on or read-only, and Cache-Control: no-store.
// Retry-After is the time until the End, or a minute, and 0 to 15 seconds more, so
// that not all come back in the same second; the JSON has the same number. No handler
// behind the middleware runs.
//
// Headers that middleware in front has set stay, such as CORS, Set-Cookie and policies,
// unless they are wrong on a refusal: those that describe another body (ETag,
// Content-Disposition), lead elsewhere (Location, X-Accel-Redirect) or have a cache
// keep it (Expires, CDN-Cache-Control, Surrogate-Control).
//
// # Caches in front
//
// No shared cache may show the staff's page to the others. What exempt visitors get is
// private, no-store, whatever its handler says, and a GET of theirs is not conditional:
// a 304 would have caches go on with the page from before. Answers of routes marked
// ForceOff are the same for everybody and stay as they are, so mark what caches should
// keep, rather than naming it in IgnoreURLs. A cache that is told to ignore
// Cache-Control (proxy_ignore_headers in nginx) keeps what it likes.
//
// # Reads and writes
//
// A read-only level refuses what writes. GET, HEAD, OPTIONS and TRACE read, all
// else writes, unless the route is marked Reads or Writes. A web socket begins with
// a GET, and so reads.
//
// # Draining
//
// Every admitted request is counted until its handler returns, so that Mode.Drain
// can tell when the last old one has ended. Exempt requests are not counted, nor
// are goroutines and hijacked connections that outlive their handler, unless they
// hold a ticket of [Extend]. A middleware that answers for a handler which is still
// running, as most time-outs do, belongs before New: behind it the handler goes on
// uncounted. Long streams end by themselves when they select on Mode.Draining, and
// stalled uploads when the server has a ReadTimeout or the Config an EndAfter.
//
// # Who switches
//
// [Routes] adds a panel and an API for superusers. A POST replaces what is stored, a
// PATCH changes what it names. The panel's forms leave what nobody has touched, and its
// buttons say what is in force afterwards: where it would be something else, a page asks
// first. No order opens the service under somebody's work unless it says so by force.
// Texts are bounded in bytes by the store, 2048 for the message and 512 for the reason,
// and an error counts them in characters (code points): 682 Chinese ones are 2046 bytes.
//
// # When it panics
//
// New panics with the error of Config.Validate, and with that of DefaultMode. Routes
// panics on a group without the middleware. No request makes ginmaint itself panic.
// A panic of TemplateContext, Answer or a template is logged, and the built-in answer
// is sent; that of another function in the Config is passed on, and http.ErrAbortHandler
// always is. Nobody is let in by that.
//
// # What it logs
//
// What fails on the way of requests is logged once for each cause, and once that it
// works again, with how often it failed: no visitor can fill the log.
package ginmaint
