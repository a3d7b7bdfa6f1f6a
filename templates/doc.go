// Package templates holds the two HTML pages of the project: 503.html, which
// visitors see during maintenance, and panel.html, with which a superuser
// looks at the state and switches it. Both are complete documents without
// scripts, fonts or images from elsewhere, so they show while everything else
// is down. They follow the visitor's light or dark preference, fit a
// screen of 320 pixels, and hold nothing that moves.
//
// # A page of one's own
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
// The quickest start is a copy of 503.html, to be had from [FS] or from the
// source. [FS] also puts the page, as it is, into a set of one's own, for
// handlers that render it themselves.
//
// # What 503.html is given
//
// The data is a map. Any entry may be missing, and the map may be nil; the page
// then says only that the service will be back soon.
//
//	.maintenance_mode  bool: maintenance is in force. Without it the page shows
//	                   nothing of .maintenance: a window that is only announced,
//	                   or is over, says nothing about this refusal.
//	.maintenance       the state: .Level ("on" or "read-only" as text),
//	                   .Start and .End (time.Time; zero: at once, until changed),
//	                   .Message (plain text for visitors; may be empty, may hold
//	                   line breaks)
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
// state, so it says nothing relative to now.
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
//	                   "denied" that somebody may not see the page
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
//
// The forms post the fields revision (of the state that was shown, so that of two
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
// Each page carries its style in one <style> element, and no style or script
// anywhere else. A policy that forbids inline styles leaves them plain, and in order:
// nothing is hidden, moved or kept small by the style alone. The element's text is the
// same in every answer, so that a policy can allow it by its hash, which [StyleHashes]
// returns:
//
//	default-src 'none'; style-src 'sha256-…' 'sha256-…'; img-src data:; form-action 'self'
package templates
