package ginmaint

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// languages are the texts of the pages, and who reads which.
type languages struct {
	tags    []string            // the first is for those whom no other fits
	texts   []map[string]string // of each
	zone    *time.Location      // beside UTC; nil: none
	matcher language.Matcher
	known   atomic.Pointer[map[string]int] // by what an Accept-Language header says
}

// english is for those whom no language fits.
const english = "en"

// Browsers send few and short Accept-Language headers. What a visitor makes up beyond
// these bounds is matched anew each time, and read no further.
const (
	maxKnownLanguages = 256
	maxAcceptLanguage = 200
)

// builtInLanguages are those of a Config without Texts.
var builtInLanguages = sync.OnceValue(func() *languages {
	l, _ := newLanguages(nil, time.UTC)
	return l
})

// newLanguages returns the built-in languages with the texts of the application's in
// place of theirs, and what is wrong with those.
func newLanguages(own map[string]map[string]string, zone *time.Location) (*languages, []error) {
	all := templates.Texts()
	var faults []error
	builtIn := newMatching(all)
	for _, tag := range slices.Sorted(maps.Keys(own)) {
		parsed, err := language.Parse(tag)
		if err != nil {
			faults = append(faults, fmt.Errorf("Texts[%q]: write a language as in lang attributes, such as en or pt-BR", tag))
			continue
		}
		base := all[parsed.String()]
		if base == nil {
			_, index, _ := builtIn.matcher.Match(parsed)
			base = maps.Clone(builtIn.texts[index])
		}
		for _, name := range slices.Sorted(maps.Keys(own[tag])) {
			switch text := own[tag][name]; {
			case base[name] == "":
				faults = append(faults, fmt.Errorf("Texts[%q][%q]: no text has this name; they are %s",
					tag, name, strings.Join(slices.Sorted(maps.Keys(all[english])), ", ")))
			case name == "dir" && text != "ltr" && text != "rtl":
				faults = append(faults, fmt.Errorf("Texts[%q][dir] %q: write ltr or rtl", tag, text))
			default:
				base[name] = text
			}
		}
		all[parsed.String()] = base
	}
	l := newMatching(all)
	if zone != time.UTC {
		l.zone = zone
	}
	return l, faults
}

func newMatching(texts map[string]map[string]string) *languages {
	l := &languages{}
	var tags []language.Tag
	for _, tag := range slices.Sorted(maps.Keys(texts)) {
		if tag != english {
			l.tags = append(l.tags, tag)
		}
	}
	l.tags = slices.Insert(l.tags, 0, english)
	for _, tag := range l.tags {
		tags = append(tags, language.Make(tag))
		l.texts = append(l.texts, texts[tag])
	}
	l.matcher = language.NewMatcher(tags)
	l.known.Store(&map[string]int{})
	return l
}

// of returns the language of a request, by its place among the tags.
func (l *languages) of(h http.Header) int {
	accepts := h["Accept-Language"]
	if len(accepts) == 0 {
		return 0
	}
	accept := accepts[0]
	known := *l.known.Load()
	if index, ok := known[accept]; ok {
		return index
	}
	return l.match(accept, known)
}

// match finds the language and remembers it. Two that do so at once may forget one
// another's, which is found again.
func (l *languages) match(accept string, known map[string]int) int {
	short := accept
	if len(short) > maxAcceptLanguage {
		short = short[:maxAcceptLanguage]
		short = short[:max(0, strings.LastIndexByte(short, ','))]
	}
	_, index := language.MatchStrings(l.matcher, short)
	if len(known) < maxKnownLanguages && len(short) == len(accept) {
		more := maps.Clone(known)
		more[strings.Clone(accept)] = index
		l.known.Store(&more)
	}
	return index
}

// data is what every page is given of a language.
func (l *languages) data(index int) gin.H {
	return gin.H{"lang": l.tags[index], "text": l.texts[index], "zone": l.zone}
}
