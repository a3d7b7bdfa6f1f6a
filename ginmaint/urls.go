package ginmaint

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
)

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

// anchored compiles a regular expression that matches from the start, and up
// to end. By itself it has to compile too: behind a parenthesis that closes
// ours it would match anywhere.
func anchored(entry, end string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(entry); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + entry + `)` + end)
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
