package fleet

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Expected reads how many replicas should follow: "3", or "3+" for three or more. most is
// below 0 where there is no bound.
func Expected(text string) (least, most int, ok bool) {
	number, more := strings.CutSuffix(text, "+")
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil {
		return 0, 0, false
	}
	if more {
		return int(n), -1, true
	}
	return int(n), int(n), true
}

// Count writes a number of things.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Span writes a length of time without what nobody wants to know of a long one.
func Span(d time.Duration) string {
	unit := time.Second
	if d > 5*time.Minute {
		unit = time.Minute
	}
	text := d.Round(unit).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Roughly writes a length of time in its largest unit, as a list shows it.
func Roughly(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// The places where a URL holds a secret. An @ may stand unescaped in a password
// that somebody mistyped, so the last one counts.
var (
	credentials = regexp.MustCompile(`://[^\s"'` + "`" + `]*@`)
	passwords   = regexp.MustCompile(`(?i)\b((?:ssl)?password|passwd|pwd)=[^\s&"'` + "`" + `]*`)
)

// Tidy makes a text from elsewhere fit to be shown: it leaves out what looks like
// a secret of a URL, and control characters, which would steer a terminal or turn a
// line around.
func Tidy(text string) string {
	text = credentials.ReplaceAllString(text, "://…@")
	text = passwords.ReplaceAllString(text, "$1=…")
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == ' ' || unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, text)
}

// Line is Tidy for a text that has to stay on one line.
func Line(text string) string { return strings.Join(strings.Fields(Tidy(text)), " ") }

// Sentence makes one of a note or an error.
func Sentence(text string) string {
	text = Line(text)
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:] + "."
}
