package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
)

// FS holds 503.html, panel.html and maintenance.html as they are, to be copied, served
// from or parsed into an application's own set of templates, and panel.css and panel.js,
// which the panel links to. No template needs functions, or other delimiters.
//
//go:embed 503.html panel.html panel.css panel.js maintenance.html
var FS embed.FS

// Parsed when the program starts, so that a broken page shows in the first
// test that imports the package, not in the first outage.
var (
	page         = template.Must(template.ParseFS(FS, "503.html"))
	panel        = template.Must(template.ParseFS(FS, "panel.html"))
	announcement = template.Must(template.ParseFS(FS, "maintenance.html"))
)

// Page returns the template that visitors see, named "503.html". Executing it
// is safe for concurrent use. The template is shared by all callers: to add to
// it, parse the file from FS instead.
func Page() *template.Template { return page }

// Panel returns the template of the superuser endpoints, named "panel.html".
// It is shared as Page's is.
func Panel() *template.Template { return panel }

// StyleHashes returns what a Content-Security-Policy needs to allow the styles: a
// source such as 'sha256-…', in its quotes, for 503.html and for maintenance.html.
//
//	"default-src 'self'; style-src 'self' " + strings.Join(templates.StyleHashes(), " ")
//
// They change with the pages, so take them from here rather than writing them down. The panel's
// style is a file of the service itself.
func StyleHashes() []string {
	return []string{hash(page, "style"), hash(announcement, "style")}
}

// ScriptHashes returns the same for the scripts, of 503.html and of maintenance.html.
// The script of 503.html asks its own address whether the service is back, which
// needs connect-src 'self'.
func ScriptHashes() []string {
	return []string{hash(page, "script"), hash(announcement, "script")}
}

// Policy returns a Content-Security-Policy for 503.html: its style and its script, its
// own address, and nothing else. The middleware sends it where the application has set
// none.
func Policy() string { return policy }

var policy = "default-src 'none'; style-src " + hash(page, "style") + "; script-src " + hash(page, "script") +
	"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"

// hash returns the source that allows a template's one element of this kind.
func hash(t *template.Template, element string) string {
	text, err := FS.ReadFile(t.Name())
	if err != nil { // it is embedded
		panic(err)
	}
	_, rest, _ := strings.Cut(string(text), "<"+element+">")
	content, _, _ := strings.Cut(rest, "</"+element+">")
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
