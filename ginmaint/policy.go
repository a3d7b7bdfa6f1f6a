package ginmaint

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/ginmaint/gin-maintenance-mode/templates"
)

// policies tell what the Content-Security-Policy that an application has set lets the
// built-in page carry. What it does not is left out: to have it blocked would look the
// same to the visitor, and be reported for each of them.
type policies struct{ last atomic.Pointer[permission] }

// permission is what one policy allows.
type permission struct {
	policy                   string
	styled, scripted, marked bool // by an icon that says there is none, so that no browser asks for one
}

var (
	ownPolicy  = []string{templates.Policy()} // where the application has set none
	styleHash  = templates.StyleHashes()[0]
	scriptHash = templates.ScriptHashes()[0]
)

// of returns whether the page may have its style, its script and its icon.
func (p *policies) of(h http.Header) (styled, scripted, marked bool) {
	styled, scripted, marked = true, true, true
	for _, policy := range h["Content-Security-Policy"] {
		last := p.last.Load()
		if last == nil || last.policy != policy {
			last = read(policy)
			p.last.Store(last)
		}
		styled, scripted, marked = styled && last.styled, scripted && last.scripted, marked && last.marked
	}
	return styled, scripted, marked
}

// read reads a header's value, which may hold several policies: all are in force.
func read(policies string) *permission {
	p := &permission{policies, true, true, true}
	for policy := range strings.SplitSeq(policies, ",") {
		directives := make(map[string]string)
		for directive := range strings.SplitSeq(policy, ";") {
			name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
			name = strings.ToLower(name)
			if _, again := directives[name]; !again { // the first counts
				directives[name] = sources
			}
		}
		p.styled = p.styled && allows(directives, styleHash, "style-src-elem", "style-src", "default-src")
		p.scripted = p.scripted && allows(directives, scriptHash, "script-src-elem", "script-src", "default-src") &&
			allows(directives, "'self'", "connect-src", "default-src")
		p.marked = p.marked && allows(directives, "data:", "img-src", "default-src")
		if _, boxed := directives["sandbox"]; boxed {
			p.scripted = false
		}
	}
	return p
}

// allows tells whether the first of the directives that is there, which is the one that
// is obeyed, names the source, or all inline ones.
func allows(directives map[string]string, source string, names ...string) bool {
	for _, name := range names {
		sources, there := directives[name]
		if !there {
			continue
		}
		inline, strict := false, false
		for each := range strings.FieldsSeq(sources) {
			lower := strings.ToLower(each)
			switch {
			case each == source, lower == source, source == "'self'" && lower == "*":
				return true
			case lower == "'unsafe-inline'":
				inline = source == styleHash || source == scriptHash
			case strings.HasPrefix(lower, "'nonce-"), strings.HasPrefix(lower, "'sha"), lower == "'strict-dynamic'":
				strict = true // beside which 'unsafe-inline' counts for nothing
			}
		}
		return inline && !strict
	}
	return true
}
