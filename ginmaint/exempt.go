package ginmaint

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"
)

// exempt says who passes although the level refuses.
type exempt struct {
	urls      urls
	target    *url.URL // of a redirect; nil: none
	addresses *addresses
	roles     *roles
}

// includes asks the cheapest question first. What an exempt visitor gets is for
// him alone: no cache may keep it for the others.
func (e *exempt) includes(c *gin.Context) bool {
	if !e.urls.match(c.Request.URL) && !e.isTarget(c.Request.URL) && !e.addresses.includes(c) && !e.roles.includes(c) {
		return false
	}
	c.Set(exemptKey, true)
	c.Writer.Header()["Cache-Control"] = privateNoStore
	return true
}

// isTarget tells whether the request asks for the very page that a redirect names
// on this service, which must not redirect to itself.
func (e *exempt) isTarget(asked *url.URL) bool {
	return e.target != nil && e.target.Host == "" &&
		asked.Path == e.target.Path && asked.EscapedPath() == e.target.EscapedPath()
}

// urls is IgnoreURLs, compiled.
type urls []*regexp.Regexp

func compileURLs(entries []string) (urls, []error) {
	var u urls
	var faults []error
	for i, entry := range entries {
		pattern, err := anchored(entry, "")
		if entry == "" {
			err = errors.New("an empty expression matches every path, write the path's start, such as ^/static/")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("IgnoreURLs[%d] %q: %w", i, entry, err))
			continue
		}
		u = append(u, pattern)
	}
	return u, faults
}

// match tells whether one expression matches the path in every form that a
// handler or a file system may take it for: as decoded, with its dot segments
// resolved, backslashes too as on Windows, and as it came where that is spelt
// in an unusual way.
func (u urls) match(address *url.URL) bool {
	if len(u) == 0 {
		return false
	}
	clean := cleaned(strings.ReplaceAll(address.Path, `\`, "/"))
	for _, pattern := range u {
		if pattern.MatchString(address.Path) && pattern.MatchString(clean) &&
			(address.RawPath == "" || pattern.MatchString(address.RawPath)) {
			return true
		}
	}
	return false
}

// cleaned resolves dot segments and doubled slashes, and keeps a trailing
// slash.
func cleaned(p string) string {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}
