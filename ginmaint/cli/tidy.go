package cli

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
)

// The places where a URL holds a secret. An @ may stand unescaped in a password
// that somebody mistyped, so the last one counts.
var (
	credentials = regexp.MustCompile(`://[^\s"'` + "`" + `]*@`)
	passwords   = regexp.MustCompile(`(?i)\b((?:ssl)?password|passwd|pwd)=[^\s&"'` + "`" + `]*`)
)

// tidy makes a text that came from elsewhere fit to be shown: without what looks
// like a secret of a URL, and without control characters, which would
// steer the terminal.
func tidy(text string) string {
	text = credentials.ReplaceAllString(text, "://…@")
	text = passwords.ReplaceAllString(text, "$1=…")
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == ' ' || unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, text)
}

// line is tidy for a text that has to stay on one line.
func line(text string) string { return strings.Join(strings.Fields(tidy(text)), " ") }

// place names the store of a URL for people, without user and password.
func place(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "the store"
	}
	if path := u.Opaque + u.Path; strings.EqualFold(u.Scheme, "file") {
		if path, err := filepath.Abs(path); err == nil {
			return path
		}
		return path
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	query := url.Values{}
	for _, name := range []string{"switch", "prefix", "table", "host", "dbname"} {
		if u.Query().Has(name) {
			query.Set(name, u.Query().Get(name))
		}
	}
	shown.RawQuery = query.Encode()
	return tidy(shown.String())
}

// defaultURL is where the state is kept when nothing says otherwise.
const defaultURL = "file:" + filestore.DefaultPath
