package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
)

// FS holds 503.html and panel.html as they are, to be copied, served from or
// parsed into an application's own set of templates. Neither needs functions,
// other delimiters or a second file.
//
//go:embed 503.html panel.html
var FS embed.FS

// Parsed when the program starts, so that a broken page shows in the first
// test that imports the package, not in the first outage.
var (
	page  = template.Must(template.ParseFS(FS, "503.html"))
	panel = template.Must(template.ParseFS(FS, "panel.html"))
)

// Page returns the template that visitors see, named "503.html". Executing it
// is safe for concurrent use. The template is shared by all callers: to add to
// it, parse the file from FS instead.
func Page() *template.Template { return page }

// Panel returns the template of the superuser endpoints, named "panel.html".
// It is shared as Page's is.
func Panel() *template.Template { return panel }

// StyleHashes returns what a Content-Security-Policy needs to allow the pages' styles:
// a source such as 'sha256-…', in its quotes, for 503.html, and one for panel.html.
//
//	"default-src 'self'; style-src 'self' " + strings.Join(templates.StyleHashes(), " ")
//
// They change with the pages, so take them from here rather than writing them down.
func StyleHashes() []string {
	var hashes []string
	for _, name := range []string{page.Name(), panel.Name()} {
		text, err := FS.ReadFile(name)
		if err != nil { // it is embedded
			panic(err)
		}
		_, rest, _ := strings.Cut(string(text), "<style>")
		style, _, _ := strings.Cut(rest, "</style>")
		sum := sha256.Sum256([]byte(style))
		hashes = append(hashes, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return hashes
}
