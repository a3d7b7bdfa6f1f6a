// Package templates holds the HTML of the project: 503.html, which visitors see
// during maintenance, panel.html, with which a superuser looks at the state and
// switches it, and maintenance.html, a part for an application's own pages. The
// pages are complete documents without scripts, fonts or images from elsewhere, so
// they show while everything else is down. They follow the visitor's light or dark
// preference, fit a screen of 320 pixels, and hold nothing that moves.
//
// # What 503.html does
//
// It says what is going on in the operator's words, whose links are links, and since
// when and until when: in the visitor's own zone where its script runs, else in UTC and
// the zone of the application. It counts down to an end. In a small frame it shows the
// text rather than the icon.
//
// It comes back by itself. The script asks the page's own address by fetch: first
// after the Retry-After of the application, then more slowly up to every three
// minutes, each time up to half as long again by chance, never within ten seconds,
// and not while the page is hidden. If the answer has no header Maintenance-Mode, and
// its status is not 429, 502, 503 or 504, which a proxy may give meanwhile, the page
// reloads. When an end is known it asks within 30 seconds after that, so that not all
// come at once. Without script the page reloads at half the pace, and at least 60
// seconds apart.
//
// After a refused write it says that nothing was saved, and gives back the fields of a
// small form: urlencoded, of at most 16 KiB and 32 fields, and sent by a page of the
// service's own. Fields whose names or values look like passwords or tokens stay out.
// That page sends nothing again. It offers the way back to the form when the service
// is open to writes, which the header Maintenance-Notice tells it.
//
// # A part for the application's pages
//
// maintenance.html announces a window on pages that are shown, and says that changes
// are paused, or that maintenance is under way, while it lasts. Its script counts down,
// turns the words when the window begins, and hides them when it ends. Parse it into
// the application's set, and give it what ginmaint.H returns:
//
//	template.Must(set.ParseFS(templates.FS, "maintenance.html"))
//
//	{{ template "maintenance.html" . }}
//
// With LoadHTMLGlob, copy the file among the others. Where there is nothing to tell it
// renders nothing.
//
// # A page of your own
//
// An application replaces the page by having a template of the same name. Gin
// names a template after its file, without the folder, so a file 503.html
// among the application's templates is all that it takes:
//
//	r := gin.Default()
//	r.LoadHTMLGlob("web/templates/*.html") // web/templates/503.html is found
//	r.Use(ginmaint.New(ginmaint.Config{}))
//
// With templates that are embedded in the binary, or parsed in another way:
//
//	//go:embed web/templates/*.html
//	var files embed.FS
//
//	r.SetHTMLTemplate(template.Must(template.ParseFS(files, "web/templates/*.html")))
//
// Each of these calls replaces what an earlier one loaded, so 503.html belongs
// in the same set as the other templates. A template with another name is
// chosen by Config.Template. An engine that has no such template shows the
// page of this package.
//
// Start with a copy of 503.html, from [FS] or from the source. With [FS] you can also
// parse the page unchanged into a set of your own, for handlers that render it
// themselves.
//
// # What 503.html is given
//
// The data is a map. Any entry may be missing, and the map may be nil; the page
// then says only, in English, that the service will be back soon.
//
//	.maintenance_mode  bool: maintenance is in force. Without it the page shows
//	                   nothing of .maintenance: a window that is only announced,
//	                   or is over, says nothing about this refusal.
//	.maintenance       the state: .Level ("on" or "read-only" as text),
//	                   .Start and .End (time.Time; zero: at once, until changed),
//	                   .Message (plain text for visitors; may be empty, may hold
//	                   line breaks)
//
//	.maintenance_page  what else the built-in page shows, a map:
//	  .lang            string: the visitor's language, a BCP 47 tag
//	  .text            its texts by name, as Texts returns them
//	  .zone            *time.Location: shown beside UTC; nil where it is UTC itself
//	  .words           the message in pieces with .Text and .URL (empty: no link); empty
//	                   where it has no link
//	  .service, .login_url  strings: of the Config; may be empty
//	  .link            .url and .label: where the page links to; may be missing
//	  .sent            bool: the request was a write
//	  .fields          what it sent: a list with .Name, .Value and .Rows, the height
//	  .pace, .pace_plain  seconds between two questions whether the service is back,
//	                   with script and without; missing: the page does not ask
//	  .unstyled, .unscripted, .unmarked  bools: the application's policy forbids the
//	                   page's style, script or icon, so they are left out
//
// The texts are dir ("ltr" or "rtl"), closed and closed_lead, paused and paused_lead
// (the headings, and a sentence for each level), unsaved, typed, back and form (after a
// write), since, until, left and soon (the times), login, and, in maintenance.html,
// planned, begins and now. Config.Texts replaces single ones. maintenance.html gets
// .lang, .text and .zone alone.
//
// Entries that the application adds by Config.TemplateContext stand beside
// these. The level is a number with a text form, so a template compares the
// text:
//
//	{{ if eq (print .maintenance.Level) "read-only" }}
//
// A page that may be executed without .maintenance writes {{ with .maintenance }}
// around what it takes from there. The message is what an operator typed: leave
// its escaping to html/template, and keep its line breaks with the style
// white-space: pre-line. Times are best shown in UTC, and named so: the
// server doesn't know the visitor's time zone. A page is rendered once for each
// state and language, so it says nothing relative to now.
//
// # What panel.html is given
//
//	.level             string: the level in force now, "off", "read-only" or "on"
//	.state             what is stored: .Level (as text), .Start, .End and
//	                   .ChangedAt (time.Time), .Message, .Reason, .ChangedBy
//	                   (strings), .Hold (time.Duration), .Revision (uint64)
//	.standing          bool: what is stored is in force, or will be
//	.held              int: requests that wait in this process; may be missing
//	.fixed             bool: nothing can be switched, so there are no forms
//	.lapsed            bool: no store confirms the state, so this process refuses
//	.away              the store can't be reached: .confirmed (time.Time) and .age
//	                   (string) of what is known; else missing
//	.working           who works under the state: a list with .By, .Reason (strings)
//	                   and .Since (time.Time)
//	.form              string: "" shows the state and the forms, "ask" a question,
//	                   "pass" a link, "denied" that somebody may not see the page
//	.fields            what stands in the fields of the form that closes or changes:
//	                   .level, .for, .start, .end, .hold, .message, .reason (strings)
//	.off_reason        string: the same of the form that opens
//	.stored            the same names as .fields: what is stored where something else
//	                   was sent; missing where nothing has failed
//	.zone              string: the zone of .start and .end
//	.question          of "ask": .title, .sentence, .button and .now (strings),
//	                   .dropped (strings), .fields (a list with .Name and .Value, which
//	                   are posted), .forces (bool: somebody works under the state)
//	.denied, .login_url  strings: of "denied"; why, and where to log in
//	.on_url, .off_url  strings: where the two forms post to; the question posts to the
//	                   page's own URL
//	.status_url        string: the way back from the question
//	.token             .field and .value of a hidden field in each form, for
//	                   middleware against forged requests; may be missing
//	.error             string: what went wrong
//	.roll              who follows the state: .Summary (string) and .Replicas, a list with
//	                   .Label, .Condition, .Says, .Level, .InFlight, .ID (strings) and .Works
//	                   (strings: what runs there); missing where it can't be listed
//	.drain             the drain that runs, or the last one: .Running and .Stands (bool: it
//	                   is proven), .Says (string), .Commands (strings: what may help) and
//	                   .Rows, a list with .Name, .Status, .Detail (strings), .Done (bool),
//	                   .Works and .Ended (strings: what was ended by force); missing: none
//	.history           the last changes, the newest first: a list with .When and .What
//	                   (strings); missing where they can't be had
//	.passes            who is let in by a link: a list with .Name, .Until, .Opens, .By (strings)
//	                   and .Valid (bool: it can be revoked); may be missing
//	.pass_fields       what was sent where none was made: .name, .for, .path, .stays
//	.pass              of "pass": .name, .link, .opens, .until (strings) and .stays (bool)
//	.drain_fields      what was sent where no drain was begun: .timeout, .expect, .allow_lost
//	.replicas_url, .drain_url, .passes_url, .events_url, .preview_url, .style_url, .script_url, .home_url
//	                   strings: the other endpoints, the panel's files, and the application
//
// The form of a drain posts timeout, expect and allow_lost, or stop ("yes"), that of a pass
// name, for, path and stays ("yes"), and each pass has one that posts revoke. The other
// forms post the fields revision (of the state that was shown, so that of two
// operators the second is told; 0 where nothing was ever saved), level ("on" or
// "read-only"), message, reason, hold and for (durations as time.ParseDuration
// reads them; empty: refuse at once, and until the end), start and end (as a browser
// has them, 2026-11-22T14:30 in .zone) and force ("yes"). The button that was pressed
// posts now: the level that is in force afterwards, so that a page asks first where it
// would be another one, "review" to be asked in any case, "preview"
// for the page as a visitor would see it, or "edit" for the form again.
// The first button of a form is the one that the key Enter presses in a text field; it
// is "review". A browser sends the message's line breaks as CR LF.
//
// # Content Security Policy
//
// Each page carries its style in one <style> element, its script, if any, in one
// <script> element, and none anywhere else. The elements' text is the same in every
// answer, so that a policy can allow them by their hashes, which [StyleHashes] and
// [ScriptHashes] return:
//
//	default-src 'none'; style-src 'sha256-…'; script-src 'sha256-…';
//	connect-src 'self'; img-src data:; form-action 'self'
//
// Where the application sets no policy, the middleware sends 503.html with the strict
// one of [Policy]. Where it sets one that forbids the style or the script of 503.html,
// they are left out, so that nothing is blocked, nor reported for each visitor: the
// page is plain, and in order. Nothing is hidden, moved or kept small by the style
// alone.
package templates
