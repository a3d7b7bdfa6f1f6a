package ginmaint

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// typedField is what somebody typed into a field of a form that was refused.
type typedField struct {
	Name, Value string
	Rows        int // that it takes on the page
}

// The bounds of what comes back: what a person types, not what a program sends.
const (
	maxTypedBytes  = 16 << 10
	maxTypedFields = 32
	maxTypedName   = 64
	maxTypedWait   = time.Second // for the body, which most often is there already
)

// isWrite tells whether a request sent something that is lost when it is refused.
func isWrite(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}

// ownForms tells a form of the service's own pages from one that another site posts,
// whose text must not stand on a page of ours.
var ownForms http.CrossOriginProtection

// typedFields returns the fields of a small ordinary form, in the order that they were
// sent, without those that nobody typed or that are secret.
func typedFields(c *gin.Context) (fields []typedField) {
	r := c.Request
	if r.Method != http.MethodPost || ownForms.Check(r) != nil {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" || !isUTF8(parameters["charset"]) {
		return nil
	}
	for _, f := range sentFields(c) {
		name, value := f[0], strings.TrimSpace(f[1])
		if value == "" || len(name) > maxTypedName || !utf8.ValidString(name+value) || isSecret(name) || isToken(value) {
			continue
		}
		fields = append(fields, typedField{name, f[1], rows(value)})
		if len(fields) > maxTypedFields {
			return nil // no person's
		}
	}
	return fields
}

func isUTF8(charset string) bool { return charset == "" || strings.EqualFold(charset, "utf-8") }

// rows is the height of a value's field: one line, or enough to see what it is about.
func rows(value string) int {
	lines := strings.Count(value, "\n") + 1 + utf8.RuneCountInString(value)/60
	return min(lines, 8)
}

// sentFields returns names and values. Where middleware in front has read the form, the
// body is gone, and with it the order.
func sentFields(c *gin.Context) (fields [][2]string) {
	if form := c.Request.PostForm; form != nil {
		total := 0
		for name, values := range form {
			for _, value := range values {
				fields = append(fields, [2]string{name, value})
				total += len(name) + len(value)
			}
		}
		if total > maxTypedBytes {
			return nil
		}
		slices.SortStableFunc(fields, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
		return fields
	}
	body, err := smallBody(c)
	if err != nil {
		return nil
	}
	for part := range strings.SplitSeq(string(body), "&") {
		name, value, _ := strings.Cut(part, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return nil
		}
		fields = append(fields, [2]string{name, value})
	}
	return fields
}

var errNotSmall = errors.New("the body is not small")

// smallBody reads a body whose length is known and small, and waits for it no longer
// than a moment: nobody can hold a refusal up by sending slowly. The deadline of one that
// did not come stays, so that the server does not wait for the rest either.
func smallBody(c *gin.Context) ([]byte, error) {
	r := c.Request
	if r.Body == nil || r.ContentLength <= 0 || r.ContentLength > maxTypedBytes {
		return nil, errNotSmall
	}
	connection := http.NewResponseController(c.Writer)
	bounded := connection.SetReadDeadline(time.Now().Add(maxTypedWait)) == nil
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return nil, err
	}
	if bounded {
		_ = connection.SetReadDeadline(time.Time{})
	}
	return body, nil
}

// secrets are parts of the names that fields have whose value must not be shown, in
// the languages of the built-in texts that have such names, and of those that a page
// adds by itself.
var secrets = []string{
	"passw", "passphrase", "passcode", "pwd", "secret", "kennwort", "contrase", "motdepasse", "senha", "parol", "heslo", "haslo", "wachtwoord", "lösenord",
	"token", "csrf", "xsrf", "nonce", "captcha", "session", "signature", "cvv", "cvc", "card", "iban", "apikey", "credential",
}

// isSecret tells whether a field is one that nobody wants to see on a page, or one that
// nobody typed: _method, .cgifields, gorilla.csrf.Token.
func isSecret(name string) bool {
	if name == "" || name[0] == '_' || name[0] == '.' {
		return true
	}
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	if slices.Contains([]string{"pass", "pin", "pw", "mdp", "code", "ssn", "utf"}, plain) ||
		strings.HasPrefix(plain, "otp") || strings.HasSuffix(plain, "otp") {
		return true
	}
	return slices.ContainsFunc(secrets, func(part string) bool { return strings.Contains(plain, part) })
}

// isToken tells whether a value is what a program made up: one long word of letters and
// digits.
func isToken(value string) bool {
	if len(value) < 20 || strings.ContainsFunc(value, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("+/=-_.", r)
	}) {
		return false
	}
	return strings.ContainsAny(value, "0123456789") && strings.ContainsFunc(value, unicode.IsLetter)
}
