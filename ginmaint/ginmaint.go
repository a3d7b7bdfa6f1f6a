package ginmaint

import (
	"log/slog"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Config says who passes while maintenance is on, and what the others get. The
// zero value works: it keeps the state in the file maintenance_mode.json of
// the working folder, and gives everybody the page.
type Config struct {
	// Mode is the switch. Default: the one of DefaultMode, on the file
	// maintenance_mode.json.
	Mode *maintenance.Mode

	// IgnoreAnonymous lets those pass who have no role, and only those, as in
	// Django. Default: false.
	IgnoreAnonymous bool

	// IgnoreAuthenticated, IgnoreStaff and IgnoreSuperuser let the role pass,
	// and the roles above it. Default: false.
	IgnoreAuthenticated, IgnoreStaff, IgnoreSuperuser bool

	// IgnoreIPAddresses lets requests from these addresses pass: addresses
	// (10.0.0.1), CIDR prefixes (10.0.0.0/8), else regular expressions that
	// must match an address as a whole. An address that a visitor may have
	// invented, or that may be a proxy's, passes nobody: see ClientIP. Default:
	// none.
	IgnoreIPAddresses []string

	// IgnoreURLs lets requests pass whose path one of these regular expressions
	// matches from its start: ^/static/ for what lies under it, ^/admin(/|$) for
	// the path itself as well, ^/healthz$ for one path. The path has to match in
	// each form that it may be taken for: as asked, as Gin has routed it, with all
	// escapes resolved. A path with a dot segment or of more than 8000 bytes is
	// not exempt. To exempt a handler rather than a path, mark its route ForceOff.
	// Default: none.
	IgnoreURLs []string

	// Ignore lets a request pass for which it returns true. It is asked of
	// requests that the level refuses and that no list above exempts, while the
	// maintenance work is under way: it must be quick, and must not write.
	// Default: nil.
	Ignore func(*gin.Context) bool

	// SessionKey is where gin-contrib/sessions holds the role: a Role, or its text
	// form "authenticated", "staff" or "superuser"; any other text is somebody who
	// is logged in. The session is read only while maintenance is on, and only where
	// some role passes; give its store a time-out, or the answer waits for a store
	// that hangs. Default: "role".
	SessionKey string

	// SessionName is the session that holds the role, where there are several by
	// sessions.SessionsMany. Default: the one of sessions.Sessions.
	SessionName string

	// Role replaces the look-up in the session, for applications that know their
	// users by a token or a database. It is called for each request that is refused
	// otherwise, so it runs during the migration: it must not write, not even a time
	// of last use, and has to obey the context of its request, which ends after two
	// seconds. A visitor who is not known by then is Anonymous. Default: nil.
	Role func(*gin.Context) Role

	// Identity names who switches by the endpoints, for the state's ChangedBy.
	// Default: the session's "user".
	Identity func(*gin.Context) string

	// FormToken returns the name and the value of a hidden field that another
	// middleware wants in every form, against forged requests: csrf.TemplateField of
	// gorilla/csrf is "gorilla.csrf.Token" and csrf.Token(c.Request). Default: none.
	FormToken func(*gin.Context) (field, token string)

	// ClientIP replaces the safe default, which is Gin's ClientIP where that is
	// certain to be the visitor's own address. Where the engine trusts all proxies,
	// as Gin does unless SetTrustedProxies is called, a request with a forwarding
	// header comes from nowhere, and so does one by a trusted proxy whose header
	// names no address, such as 203.0.113.9:51234. Return "" for an address that is
	// not known.
	ClientIP func(*gin.Context) string

	// Logout names the roles whose session is cleared when they are met during
	// maintenance; they count as Anonymous from then on. Default: none.
	Logout []Role

	// RedirectURL sends everybody elsewhere with 302 instead of answering: a
	// path of this service, which itself then passes for GET and HEAD, or an
	// http(s) URL. Behind a proxy that strips a prefix write the path with the
	// prefix, as browsers need it, and mark the page's route ForceOff. Default: none.
	RedirectURL string

	// LoginURL is where somebody logs in: the visitors' page links to it, and so does
	// the page that the endpoints show to those who are not superusers, or no longer
	// are. A path of this service, whose route you mark ForceOff, or an http(s) URL.
	// Default: none, the pages have no link.
	LoginURL string

	// Location is the zone of the times in the panel's forms, which names it, and of
	// those on the pages of visitors without script, beside UTC. Default: time.UTC.
	Location *time.Location

	// Service is the name of the service, which stands on the page. Default: none.
	Service string

	// StatusURL is where the page links to: a status page, an http(s) URL, or an address,
	// mailto:help@example.com. Default: none, the page has no such link.
	StatusURL string

	// Texts replaces single texts of the built-in page and of maintenance.html, or adds
	// a language, by its tag and the text's name:
	//
	//	Texts: map[string]map[string]string{"en": {"closed": "The kettle is being cleaned"}}
	//
	// Package templates lists the names; a text that a new language does not name is
	// that of the closest one. Visitors get the language that fits their Accept-Language
	// best, else English. Default: none, the built-in texts.
	Texts map[string]map[string]string

	// Template is the page's name in Gin's HTML renderer. Default: "503.html"
	// where the engine has one, else the built-in page.
	Template string

	// TemplateContext returns further data for the page. With it the page is rendered
	// for each request, else once per change. Where it panics or takes longer than two
	// seconds, the end of its request's context, the built-in page is shown. Default:
	// nil.
	TemplateContext func(*gin.Context) gin.H

	// Answer writes the answer to programs, what would be JSON by Format, in the
	// application's own form:
	//
	//	Answer: func(c *gin.Context, s maintenance.State) {
	//		c.JSON(http.StatusOK, gin.H{"code": 50301, "msg": s.Message, "data": nil})
	//	},
	//
	// The State has the level in force, and no audit fields. The status is StatusCode
	// whatever Answer says, Retry-After can be read from c.Writer.Header(), and of the
	// headers that Answer sets those stay that middleware in front could have set, and
	// its Content-Type. Where it writes nothing, panics or takes longer than two
	// seconds, the end of its request's context, problem details are sent, and the log
	// says so. It runs while maintenance is on, for each of these requests. Default: nil,
	// problem details (RFC 9457).
	Answer func(*gin.Context, maintenance.State)

	// StatusCode is the answer's status: from 200 to 599, but 204 and 304,
	// which have no body. Default: 503.
	StatusCode int

	// RetryAfter is what the Retry-After header says where the state names no End, in
	// whole seconds, rounded up. Default: 1 min and 0 to 15 s more, for each answer in
	// turn, as is added to the time until an End, so that not all come back in the same
	// second.
	RetryAfter time.Duration

	// Format chooses the form of the answer. HTML for everybody, as in Django:
	//
	//	Format: func(*gin.Context) ginmaint.Format { return ginmaint.HTML },
	//
	// Default: Negotiate, HTML for those who name it, as browsers do.
	Format func(*gin.Context) Format

	// MaxHeld is how many requests may wait at the same time, in each process, where
	// the state has a Hold; the others are refused at once. Their bodies are kept
	// meanwhile, 32 KiB of each, and 32 MiB of all beyond that. Over HTTP/1 a request
	// whose body does not fit is refused at once: nobody would notice that its client
	// has gone. A request that a handler makes within an admitted one, as by
	// HandleContext of Gin's engine, is refused at once too; where it calls its own
	// service over the network, that call waits like any other, and a drain for both.
	// A WriteTimeout of the server begins anew after the wait, over HTTP/2 a
	// ReadTimeout as well: each replaces what middleware in front has set. Without it
	// that stays. Negative: none waits. Default: 1000.
	MaxHeld int

	// EndAfter ends admitted requests that a drain has waited for so long, so that a
	// stalled upload can't hold it up for ever: the request's context is cancelled,
	// and what is still read or written on its connection fails. The drain's Report
	// names the routes (Report.Ended), the replica's entry and one line of the Mode's
	// log do as well. A handler that looks at none of these goes on, and the drain with
	// it. Costs a goroutine for each request. Default: 0, never.
	EndAfter time.Duration

	// TrustedOrigins are further origins, such as https://admin.example.com,
	// whose pages may post to the endpoints; needed behind a proxy that
	// rewrites Host. Each is named in full, there is no wildcard. Default: none.
	TrustedOrigins []string

	// Logger is told what an operator should know. Default: slog.Default().
	Logger *slog.Logger
}

// Validate returns an error that names every wrong field, and what to write
// instead.
func (c Config) Validate() error {
	_, err := compile(c)
	return err
}

// New returns the middleware. Use it on the engine, behind the middleware for
// sessions and CORS, and before the routes:
//
//	r.Use(sessions.Sessions("session", store), ginmaint.New(cfg))
//
// It panics with the error of Config.Validate, and where Config.Mode is nil with
// that of maintenance.Open. Each engine takes a middleware of its own.
func New(cfg Config) gin.HandlerFunc {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	if cfg.Mode == nil {
		mode, err := defaultModes.open(withDefaults(cfg).Logger)
		if err != nil {
			panic(err)
		}
		cfg.Mode = mode
	}
	m, err := compile(cfg)
	if err != nil {
		panic(err)
	}
	cfg.Mode.Recognise(m.recognise)
	cfg.Mode.Contribute(m.tally.contribute)
	return m.handle
}

// Routes adds the endpoints by which a superuser sees and switches maintenance:
//
//	ginmaint.Routes(r.Group("/maintenance-mode"))
//
//	GET   /maintenance-mode/          the status, as a page or as JSON
//	PATCH /maintenance-mode/          changes the fields that it names, and no other
//	GET   /maintenance-mode/on/       asks, and names what goes; changes nothing
//	POST  /maintenance-mode/on/       switches on, and replaces all that was stored
//	GET   /maintenance-mode/off/      asks, and names what goes; changes nothing
//	POST  /maintenance-mode/off/      switches off
//	GET   /maintenance-mode/preview/  the page that visitors get, or would get
//	GET   /maintenance-mode/explain/  who passes, and why: ?method=POST&path=/orders&ip=203.0.113.7&role=staff
//	POST  /maintenance-mode/preview/  the same for what is typed; changes nothing
//	GET   /maintenance-mode/replicas/ who follows the state, and what runs there
//	GET   /maintenance-mode/history/  who changed what, when, from where and why
//	GET   /maintenance-mode/passes/   the passes that there are, without their links
//	POST  /maintenance-mode/passes/   makes a pass, or revokes one
//	GET   /maintenance-mode/drain/    how a drain goes, or went
//	POST  /maintenance-mode/drain/    waits until nothing that is refused runs any more
//	GET   /maintenance-mode/events/   state, replicas and drain as server-sent events
//	GET   /maintenance-mode/openapi.json  all of this in OpenAPI 3.1
//
// each with and without the last slash, and HEAD as GET. They are never refused by
// maintenance, answer nobody but a superuser, and refuse what a page of another origin
// posts. Beside them lie panel.css and panel.js, which everybody may read.
//
// An order is a form or a JSON object of texts: level, message, reason, start and end
// (RFC 3339), for and hold (durations such as "30m"), revision and force. An empty text,
// and null in a PATCH, takes away what is stored. Over another revision than the one that
// the order names, or than its If-Match, nothing is changed: 409, or 412. Where somebody
// works under the state (see maintenance.Mode.Engage) an order that would open the
// service needs force, "yes"; without it, it is a 409 that names them. Errors are
// application/problem+json, with the state that is stored, and each wrong field under
// errors.
//
// A pass takes name, for (a duration such as "4h"), path and stays ("yes"), and is answered
// with its token and its link, which are kept nowhere: not even by this process. revoke, a
// name, takes one away, 404 where there is none; If-Match is obeyed. See
// maintenance.Mode.IssuePass.
//
// A drain takes timeout ("60s", at most an hour), expect and allow_lost, as the
// command does, and stop, "yes", which ends the one that runs. One runs in a process
// at a time. It is tied to no request: it goes on if the client goes away, and ends
// at its time-out or with the process. A program gets the Report once it is proven,
// and a 409 with it where it is not; with Prefer: respond-async it gets a 202 at
// once.
//
// A stream of events ends after a minute, and the browser opens the next one with the
// session that it has then: somebody who has logged out sees no more. There are at
// most 32 in a process, no drain waits for them, and they end when the server shuts
// down.
//
// It panics where the middleware is not among the group's handlers: where the
// group was made before it was used, or where a function of yours calls it. In that
// case give it to the group too: r.Group("/maintenance-mode", middleware).
func Routes(group *gin.RouterGroup) {
	if !slices.ContainsFunc(group.Handlers, func(h gin.HandlerFunc) bool { return handlerName(h) == middlewareName }) {
		panic("ginmaint: Routes finds no middleware of ginmaint.New among the handlers of its group. " +
			"Call r.Use(ginmaint.New(cfg)) before r.Group, which copies the handlers used so far. " +
			"Where a function of yours calls the middleware, Routes can't see it: " +
			"give it to the group as well, r.Group(\"/maintenance-mode\", middleware), or use it directly and move the condition to Config.Ignore")
	}
	register(group)
}
