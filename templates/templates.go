package templates

import (
	"embed"
	"html/template"
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
