package ginmaint

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// urls are the paths that are exempt.
type urls struct {
	expressions []*regexp.Regexp // IgnoreURLs
	target      *url.URL         // the page that RedirectURL names on this service; nil: none
}

// maxPath is how long a path may be, in bytes, that is exempt: what RFC 9110,
// section 4.1, asks everybody to support. Longer ones cost time in every
// expression, and nobody needs them.
const maxPath = 8000

// typicalPath is enough for most paths, in bytes; a longer one takes an allocation.
const typicalPath = 128

// isTarget tells whether the request asks for the very page that a redirect names
// on this service, which must not redirect to itself. A page is read: what else a
// handler does under its path is not exempt.
func (u *urls) isTarget(request *http.Request, r *route, params gin.Params) bool {
	if u.target == nil || !isRead(request.Method) || r.method != "" && !isRead(r.method) {
		return false
	}
	asked := request.URL
	if asked.Path != u.target.Path || asked.EscapedPath() != u.target.EscapedPath() {
		return false
	}
	routed := r.fill(params)
	return routed == "" || routed == u.target.Path || routed == u.target.EscapedPath()
}

// matching returns the expression that matches the path in every form that
// somebody may take it for, and nil where none does: as asked, as it came where that is spelt in an unusual
// way, as Gin has routed it, and with all its escapes resolved, as a service
// behind this one may do. A path that leads somewhere else in one of these forms
// is not exempt.
func (u *urls) matching(asked *url.URL, r *route, params gin.Params) *regexp.Regexp {
	if len(asked.Path) > maxPath || len(asked.RawPath) > maxPath {
		return nil
	}
	var forms []string
	known := false
	for _, expression := range u.expressions {
		if !expression.MatchString(asked.Path) {
			continue
		}
		if !known {
			if forms, known = formsOf(asked, r.fill(params)); !known {
				return nil
			}
		}
		if matchesAll(expression, forms) && !r.borrows(expression, asked.Path, params) {
			return expression
		}
	}
	return nil
}

func matchesAll(expression *regexp.Regexp, forms []string) bool {
	for _, form := range forms {
		if !expression.MatchString(form) {
			return false
		}
	}
	return true
}

// formsOf returns what else a path may be taken for: nearly always nothing. It is not
// ok where no expression can speak for the path. Where Gin has no route, routed is
// empty.
func formsOf(asked *url.URL, routed string) (forms []string, ok bool) {
	for _, form := range [...]string{asked.Path, asked.RawPath, routed} {
		if form == "" && form != asked.Path {
			continue
		}
		settled, ok := settle(form)
		if !ok {
			return nil, false
		}
		for _, form := range [...]string{form, settled} {
			if form != asked.Path && !slices.Contains(forms, form) {
				forms = append(forms, form)
			}
		}
	}
	return forms, true
}

// settle resolves a path as far as it goes: escapes within escapes, backslashes as
// on Windows, doubled slashes. It is not ok for a path that has a dot segment,
// which leads out of where it seems to be; nor for one with control characters or
// with bytes that are not UTF-8, in which old decoders find dots and slashes.
func settle(path string) (settled string, ok bool) {
	if isPlain(path) {
		return path, true
	}
	path = unescape(path)
	if !strings.HasPrefix(path, "/") || !utf8.ValidString(path) || strings.ContainsFunc(path, isControl) {
		return "", false
	}
	path = strings.ReplaceAll(path, `\`, "/")
	out := make([]byte, 0, len(path))
	for name := range strings.SplitSeq(path, "/") {
		if isDots(name) {
			return "", false
		}
		if name != "" {
			out = append(append(out, '/'), name...)
		}
	}
	if strings.HasSuffix(path, "/") {
		out = append(out, '/')
	}
	return string(out), true
}

// isPlain tells at a glance of most paths that there is nothing to resolve in them.
func isPlain(path string) bool {
	before := byte(0)
	for i := range len(path) {
		c := path[i]
		switch {
		case c <= ' ' || c >= 0x7f || c == '%' || c == '\\' || c == ';':
			return false
		case before == '/' && (c == '/' || c == '.'):
			return false
		}
		before = c
	}
	return strings.HasPrefix(path, "/")
}

// unescape resolves percent-encoding until none is left.
func unescape(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		out = append(out, path[i])
		for n := len(out) - 3; n >= 0 && out[n] == '%'; n = len(out) - 3 {
			high, low := hex(out[n+1]), hex(out[n+2])
			if high < 0 || low < 0 {
				break
			}
			out = append(out[:n], byte(high<<4|low))
		}
	}
	return string(out)
}

// hex returns a digit's value, and -1 for anything else.
func hex(digit byte) int {
	switch {
	case '0' <= digit && digit <= '9':
		return int(digit - '0')
	case 'a' <= digit|0x20 && digit|0x20 <= 'f':
		return int(digit|0x20-'a') + 10
	}
	return -1
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// isDots tells whether a segment is . or .., or what some servers take for it:
// with the path parameters of Java's containers, with the blanks and dots that
// Windows drops.
func isDots(segment string) bool {
	name, _, _ := strings.Cut(segment, ";")
	return strings.Contains(name, ".") && strings.Trim(name, ". ") == ""
}

// fill returns the path by which Gin found the route: the registered one with
// what its parameters hold. It is empty for NoRoute and NoMethod.
func (r *route) fill(params gin.Params) string {
	return r.fillWith(params, func(value string) string { return value })
}

func (r *route) fillWith(params gin.Params, value func(string) string) string {
	out := make([]byte, 0, typicalPath)
	for rest := r.path; rest != ""; {
		literal, name, after := cutParameter(rest)
		if len(params) == 0 || name == "" || params[0].Key != name[1:] {
			literal, name = rest[:len(literal)+len(name)], ""
		}
		out = append(out, literal...)
		switch {
		case name == "":
		case name[0] == ':':
			out = append(out, value(params[0].Value)...)
			params = params[1:]
		default: // the value begins with the slash that the path has too
			out = append(out, strings.TrimPrefix(params[0].Value, "/")...)
			params = params[1:]
		}
		rest = after
	}
	return string(out)
}

// cutParameter cuts a registered path at its first parameter.
func cutParameter(path string) (literal, name, after string) {
	i := strings.IndexAny(path, ":*")
	if i < 0 {
		return path, "", ""
	}
	end := strings.IndexByte(path[i:], '/')
	if end < 0 {
		return path[:i], path[i:], ""
	}
	return path[:i], path[i : i+end], path[i+end:]
}

// blank stands for what a parameter holds. No path has it that is exempt.
const blank = "\x00"

// borrows tells whether the path has only by a parameter what the expression
// names, and another route spells it: POST /static/order on r.POST("/:shop/order")
// beside r.Static("/static", dir). The expression means that other route, which
// Gin has for another method.
func (r *route) borrows(expression *regexp.Regexp, path string, params gin.Params) bool {
	if !strings.Contains(r.path, ":") || expression.MatchString(r.fillWith(params, func(string) string { return blank })) {
		return false
	}
	for _, sibling := range r.siblings {
		if spelt, ok := follow(sibling, path); ok && expression.MatchString(spelt) {
			return true
		}
	}
	return false
}

// follow tells whether a path leads to a registered one, and returns it with its
// parameters blank.
func follow(registered, path string) (spelt string, ok bool) {
	out := make([]byte, 0, typicalPath)
	for registered != "" {
		literal, name, after := cutParameter(registered)
		rest, found := strings.CutPrefix(path, literal)
		if !found {
			return "", false
		}
		out = append(out, literal...)
		switch {
		case name == "":
		case name[0] == '*':
			return string(append(out, rest...)), true
		default:
			end := strings.IndexByte(rest, '/')
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				return "", false
			}
			out = append(out, blank...)
			rest = rest[end:]
		}
		registered, path = after, rest
	}
	return string(out), path == ""
}
