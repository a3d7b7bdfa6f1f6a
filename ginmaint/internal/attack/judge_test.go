package attack

import (
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// leaves returns what a service may take the request's path for that does not lie
// under the open folder, and "" where every reading does. It knows more readings
// than any one server has, and combines them.
func leaves(r *http.Request, folder string) string {
	raw, _, _ := strings.Cut(r.RequestURI, "?")
	read := make(map[string]bool)
	for _, form := range []string{r.URL.Path, r.URL.EscapedPath(), raw} {
		for strings.HasPrefix(form, "/") && !read[form] { // unlike the target in absolute form
			for _, reading := range readings(form, habits) {
				if reading = path.Clean("/" + reading); reading != folder && !strings.HasPrefix(reading, folder+"/") {
					return reading
				}
			}
			read[form] = true
			form = decode(form)
		}
	}
	return ""
}

// readings returns a path with any of the habits applied to it.
func readings(path string, habits []func(string) string) []string {
	if len(habits) == 0 {
		return []string{path}
	}
	list := readings(path, habits[1:])
	if changed := habits[0](path); changed != path {
		list = append(list, readings(changed, habits[1:])...)
	}
	return list
}

// habits are what servers do with a path before they resolve dot segments.
var habits = []func(string) string{
	func(p string) string { return strings.ReplaceAll(p, `\`, "/") }, // Windows
	func(p string) string {
		return eachSegment(p, func(s string) string { s, _, _ = strings.Cut(s, ";"); return s })
	}, // containers of Java
	func(p string) string {
		return eachSegment(p, func(s string) string { return strings.TrimRight(s, " ") })
	}, // Windows
	func(p string) string {
		return strings.Map(func(r rune) rune { return map[bool]rune{true: -1, false: r}[r < ' '] }, p)
	}, // parsers of C
	func(p string) string {
		return strings.NewReplacer("\xc0\xae", ".", "\xc0\xaf", "/", "\xc1\x9c", "/").Replace(p)
	}, // old decoders of UTF-8
}

func eachSegment(p string, change func(string) string) string {
	segments := strings.Split(p, "/")
	for i, s := range segments {
		segments[i] = change(s)
	}
	return strings.Join(segments, "/")
}

// decode resolves one layer of percent-encoding, and leaves what is none.
func decode(p string) string {
	const digits = "0123456789abcdef"
	var out []byte
	for i := 0; i < len(p); i++ {
		if p[i] == '%' && i+2 < len(p) {
			high, low := strings.IndexByte(digits, lower(p[i+1])), strings.IndexByte(digits, lower(p[i+2]))
			if high >= 0 && low >= 0 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, p[i])
	}
	return string(out)
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func TestTheJudge(t *testing.T) {
	for target, leads := range map[string]string{
		"/static/a": "", "/static/": "", "/static": "", "/static//a": "", "/static/a/../b": "",
		"/order": "/order", "/static/../order": "/order", "/static/%2e%2e/order": "/order", "/static/..%5corder": "/order",
		"/static/%252e%252e%252forder": "/order", "/static/..;x/order": "/order", "/static/.. /order": "/order",
		"/static/..%00/order": "/order", "/static/%c0%ae./order": "/order", "/st%61tic/a": "/st%61tic/a",
	} {
		r, err := http.NewRequest(http.MethodGet, strings.ReplaceAll(target, " ", "%20"), nil)
		if assert.NoError(t, err) {
			r.RequestURI = target
			assert.Equal(t, leads, leaves(r, "/static"), target)
		}
	}
}
