// Package ginmaint puts a Gin application into maintenance mode: visitors see a
// 503 page, programs get a proper 503, staff go on working.
//
//	r := gin.Default()
//	r.Use(sessions.Sessions("session", store))
//	r.Use(ginmaint.New(ginmaint.Config{IgnoreStaff: true}))
//	ginmaint.Routes(r.Group("/maintenance-mode"))
//
// The switch itself is a [maintenance.Mode]. If the [Config] names none, New uses
// the one of [DefaultMode], which is kept in a file. With a store in Redis or
// PostgreSQL every replica follows within milliseconds.
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
// address among IgnoreIPAddresses, does it bear a pass, does Ignore say so, is its role
// among those that pass? A route marked ForceOn is closed whatever the answers. NoRoute
// and NoMethod are marked like any route. Everything fails closed. A visitor whose role
// can't be read is Anonymous. An address that can be forged, or that may be a proxy's, is
// ignored. A path has to match in every form that a handler may take it for, and
// must have no dot segment in any of them.
//
// Gin trusts every proxy unless SetTrustedProxies is called, so by default anybody
// can choose an address by sending a header. On such an engine no request with a
// forwarding header is exempt by its address; the log says so once. If your proxies
// set only X-Real-IP, take X-Forwarded-For out of the engine's RemoteIPHeaders:
// otherwise Gin believes the visitor's own.
//
// # Passes
//
// A pass is a link for people without an account: see maintenance.Mode.IssuePass and the
// command ginmaint pass. Who opens https://shop.example/?maintenance-pass=TOKEN while
// maintenance is on gets a cookie (HttpOnly, SameSite=Lax, over TLS with the prefix
// __Host-) and a redirect that takes the token out of the address; the log names the pass.
// From then on the visitor passes like staff, on the paths that the pass opens, until it
// expires, is revoked or goes with its maintenance. The link can be opened again, in
// another browser: keep it as you would a password. Logs of requests hold it, Gin's own
// among them. While maintenance is off the middleware does not look at it.
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
// The built-in page speaks the visitor's language, comes back by itself, and gives back
// what somebody typed into a form that was refused: see package templates. Such an
// answer, which holds what one visitor sent, is made for that request alone.
//
// Headers set by middleware in front stay, such as CORS, Set-Cookie and policies.
// Those that would be wrong on a refusal are removed: headers that describe another
// body (ETag, Content-Disposition), lead elsewhere (Location, X-Accel-Redirect), or
// ask a cache to keep the answer (Expires, CDN-Cache-Control, Surrogate-Control).
//
// # What admitted visitors are told
//
// While a window is announced or a level is in force, answers that are not refused have
// the header Maintenance-Notice, a structured field (RFC 9651) with the times as Dates,
// in seconds since 1970:
//
//	Maintenance-Notice: announced;start=@1795647600;end=@1795651200
//	Maintenance-Notice: read-only;end=@1795651200
//	Maintenance-Notice: on
//
// start is there until the window begins, end where one is known. A refusal has
// Maintenance-Mode instead. For people, [H] has what maintenance.html of package
// templates shows on a page of yours.
//
// # Caches in front
//
// No shared cache may show a page made for staff to anybody else. Answers to exempt
// visitors are private, no-store, whatever the handler says, and their GETs are made
// unconditional: after a 304 caches would go on serving the old page. Answers of
// routes marked ForceOff are the same for everybody and stay as they are, so mark
// what caches should keep, rather than naming it in IgnoreURLs. A cache that is told
// to ignore Cache-Control (proxy_ignore_headers in nginx) keeps what it likes.
//
// # Reads and writes
//
// A read-only level refuses what writes. GET, HEAD, OPTIONS and TRACE read, and
// every other method writes, unless the route is marked Reads or Writes. A web
// socket begins with a GET, so it counts as a read.
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
// # Probes
//
// A service under maintenance is alive and ready: it wants to show its page. A probe
// of an ordinary page takes it out of the balancer instead, and visitors see the
// balancer's own error.
//
//	r.GET("/livez", ginmaint.ForceOff, func(c *gin.Context) { c.Status(http.StatusOK) })
//	r.GET("/readyz", ginmaint.Ready(mode))
//
// In Kubernetes the livenessProbe asks /livez and the readinessProbe /readyz, on every
// container that serves; there is no need for another period than usual. HAProxy needs
// "option httpchk GET /readyz" and "http-check expect status 200", and no 503 in retry-on.
// nginx, which looks at answers alone, needs proxy_next_upstream without http_503, as it
// is by default: with it, a replica that shows its page counts as failed, and once all
// have, visitors get 502 for the length of fail_timeout.
//
// # Who switches
//
// [Routes] adds a panel and an API for superusers. A POST replaces what is stored, a
// PATCH changes what it names. The panel's forms change only what was touched, and
// its buttons say what will be in force: if the outcome would be another, a page asks
// first. No order opens the service while somebody works under it, unless it is
// forced. Texts are bounded in bytes by the store, 2048 for the message and 512 for
// the reason, and an error counts them in characters (code points): 682 Chinese ones
// are 2046 bytes.
//
// # When it panics
//
// New panics with the error of Config.Validate, and with that of DefaultMode. Routes
// panics on a group without the middleware. No request makes ginmaint itself panic.
// If TemplateContext, Answer or a template panics, the panic is logged and the built-in
// answer is sent. A panic of another function in the Config is passed on, and
// http.ErrAbortHandler always is. Neither lets anybody in.
//
// # What it logs
//
// A failure while a request is served is logged once for each cause, and once more when
// it works again, with how often it failed. So no visitor can fill the log. With a Logger
// at the level Debug, each request that passes while a level is in force is a line, with
// the rule by which it does; [Routes] has an endpoint that tells the same for any request,
// also for one that is refused.
package ginmaint
