package templates_test

import (
	"fmt"
	"html/template"
	"os"
	"strings"
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

// Where the application sets a policy of its own, the page keeps its style and script if
// that allows their hashes.
func ExampleScriptHashes() {
	policy := "default-src 'none'; img-src data:; connect-src 'self'; form-action 'self'" +
		"; style-src " + strings.Join(templates.StyleHashes(), " ") +
		"; script-src " + strings.Join(templates.ScriptHashes(), " ")
	fmt.Println(strings.Contains(policy, "'unsafe-inline'"), strings.Contains(templates.Policy(), "'unsafe-inline'"))
	// Output: false false
}

// The built-in pages, parsed, and the texts of the page in a language.
func ExampleTexts() {
	fmt.Println(templates.Page().Name(), templates.Panel().Name())
	fmt.Println(templates.Texts()["fr"]["dir"], templates.Texts()["ar"]["dir"])
	// Output:
	// 503.html panel.html
	// ltr rtl
}
