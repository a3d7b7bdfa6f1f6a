package ginmaint

import (
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// Format is the form of the answer.
type Format uint8

// The forms. The zero value is HTML.
const (
	HTML  Format = iota // the page
	JSON                // application/problem+json, RFC 9457, or what Config.Answer writes
	Text                // text/plain
	Empty               // no body: the status and the headers say it all
)

const formats = 4

// elsewhere is the answer that is a redirect; nobody but a RedirectURL chooses it.
const elsewhere Format = formats

var (
	contentTypes = [...][]string{
		HTML:      {"text/html; charset=utf-8"},
		JSON:      {"application/problem+json"},
		Text:      {"text/plain; charset=utf-8"},
		elsewhere: nil,
	}
	jsonType = []string{"application/json; charset=utf-8"} // of a JSON that is no problem+json
)

// Negotiate chooses the form of the answer as a Config without Format does, by the
// Accept header: HTML for those who name text/html or application/xhtml+xml, as every
// browser does that opens a page; JSON for those who take anything or say nothing, as
// curl, fetch and most programs do; Text where neither is wanted. Parts of a page
// that nobody would read, such as images, styles and scripts by Sec-Fetch-Dest, are
// Empty unless HTML is named. A Format of your own falls back to it:
//
//	Format: func(c *gin.Context) ginmaint.Format {
//		if strings.HasPrefix(c.Request.URL.Path, "/api/") {
//			return ginmaint.JSON
//		}
//		return ginmaint.Negotiate(c)
//	}
func Negotiate(c *gin.Context) Format {
	h := c.Request.Header
	f := negotiate(h["Accept"])
	if f == HTML {
		return f
	}
	if to := h["Sec-Fetch-Dest"]; len(to) > 0 && isPart(to[0]) {
		return Empty
	}
	return f
}

// isPart tells whether what a browser fetches for this destination is shown to
// nobody as text, nor read by a page's program. The destinations are those of the
// Fetch standard, section 2.2.5.
func isPart(destination string) bool {
	switch destination {
	case "audio", "audioworklet", "font", "image", "manifest", "paintworklet", "script", "serviceworker",
		"sharedworker", "style", "track", "video", "worker", "xslt":
		return true
	}
	return false
}

// maxRanges bounds how much of an Accept header is read. Browsers send less
// than ten media ranges.
const maxRanges = 32

// negotiate chooses among the forms with a body by the lines of the Accept header
// (RFC 9110, section 12.5.1): the highest quality, then the more specific media
// range, then the one named first. JSON where nothing is said, Text where nothing
// fits.
func negotiate(lines []string) Format {
	var best [Empty]preference
	if len(lines) > 0 {
		if f, ok := named(lines[0]); ok {
			return f
		}
		if len(lines) == 1 && lines[0] == "*/*" { // as most programs have it
			return JSON
		}
	}
	position, heard := 0, false
	for _, line := range lines {
		for more := true; more && position < maxRanges; position++ {
			var part string
			part, line, more = strings.Cut(line, ",")
			media, parameters, _ := strings.Cut(part, ";")
			media = strings.ToLower(strings.TrimSpace(media))
			if media == "" {
				continue
			}
			heard = true
			found := preference{quality: quality(parameters), position: position}
			for f := range best {
				found.specific = fits(Format(f), media)
				// The most specific range says what a type is worth.
				if found.specific > best[f].specific {
					best[f] = found
				}
			}
		}
	}
	if !heard {
		return JSON
	}
	choice, top := Text, preference{}
	for f, p := range best {
		if p.quality > 0 && p.before(top) {
			choice, top = Format(f), p
		}
	}
	return choice
}

// named tells whether a line begins with exactly one of our types, at full
// quality, as browsers and most programs have it: nothing behind it can win.
func named(line string) (Format, bool) {
	begins := func(media string) bool {
		return strings.HasPrefix(line, media) && (len(line) == len(media) || line[len(media)] == ',')
	}
	switch {
	case begins("text/html"):
		return HTML, true
	case begins("application/json"):
		return JSON, true
	case begins("text/plain"):
		return Text, true
	}
	return HTML, false
}

// preference is what an Accept header says of one format.
type preference struct {
	quality  float64
	specific int
	position int
}

// before tells whether p is preferred to q. The formats are compared in their
// order, so what is equal stays with the earlier one.
func (p preference) before(q preference) bool {
	switch {
	case p.quality != q.quality:
		return p.quality > q.quality
	case p.specific != q.specific:
		return p.specific > q.specific
	}
	return p.position < q.position
}

// fits returns how specifically a media range names the format: 3 its own
// type, 2 its subtypes, 1 everything, 0 not at all. HTML is for those who name it.
func fits(f Format, media string) int {
	switch {
	case f == HTML:
		if media == "text/html" || media == "application/xhtml+xml" {
			return 3
		}
		return 0
	case media == "*/*" || media == "*":
		return 1
	case f == JSON:
		if strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json") {
			return 3
		}
		return specific(media, "application/", "json")
	}
	return specific(media, "text/", "plain")
}

func specific(media, family, subtype string) int {
	switch rest, ok := strings.CutPrefix(media, family); {
	case ok && rest == subtype:
		return 3
	case ok && rest == "*":
		return 2
	}
	return 0
}

// quality reads the q parameter; a media range without one, or with one that
// can't be read, is worth 1.
func quality(parameters string) float64 {
	for parameters != "" {
		var p string
		p, parameters, _ = strings.Cut(parameters, ";")
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err == nil && q >= 0 && q <= 1 {
				return q
			}
			return 1
		}
	}
	return 1
}
