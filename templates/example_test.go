package templates_test

import (
	"fmt"
	"html/template"
	"os"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// A page of one's own, and what the middleware would hand it. In an
// application the text is a file 503.html that r.LoadHTMLGlob finds, or the
// set goes to r.SetHTMLTemplate.
func Example_ownPage() {
	pages := template.Must(template.New("503.html").Parse(
		`<h1>{{ .shop }} is closed{{ with .maintenance }}{{ if not .End.IsZero }} until {{ .End.UTC.Format "15:04" }} UTC{{ end }}{{ end }}</h1>
<p>{{ with .maintenance }}{{ .Message }}{{ end }}</p>
`))

	err := pages.ExecuteTemplate(os.Stdout, "503.html", map[string]any{
		"maintenance_mode": true,
		"maintenance": struct {
			End     time.Time
			Message string
		}{time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC), "Prices < yesterday's, soon."},
		"shop": "Tea & Co",
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// <h1>Tea &amp; Co is closed until 14:30 UTC</h1>
	// <p>Prices &lt; yesterday&#39;s, soon.</p>
}

// The built-in page beside an application's own templates, for handlers that
// render it themselves.
func ExampleFS() {
	pages := template.Must(template.New("home.html").Parse(`<h1>Tea</h1>`))
	template.Must(pages.ParseFS(templates.FS, "503.html"))

	fmt.Println(pages.Lookup("home.html") != nil, pages.Lookup("503.html") != nil)
	// Output: true true
}
