package ginmaint

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// compileURLs reads IgnoreURLs, and returns what is wrong with each entry. An
// expression that can't be meant is wrong too: one that matches every path, or
// none, or that also matches longer names than it spells.
func compileURLs(entries []string) ([]*regexp.Regexp, []error) {
	var list []*regexp.Regexp
	var faults []error
	for i, entry := range entries {
		expression, err := compileURL(entry)
		if err != nil {
			faults = append(faults, fmt.Errorf("IgnoreURLs[%d] %q: %w", i, entry, err))
			continue
		}
		list = append(list, expression)
	}
	return list, faults
}

func compileURL(entry string) (*regexp.Regexp, error) {
	if entry == "" {
		return nil, errors.New("an empty expression matches every path, write the path's start, such as ^/static/")
	}
	if trimmed := strings.TrimSpace(entry); trimmed != entry {
		return nil, fmt.Errorf("there is a blank at its start or end, write %s", trimmed)
	}
	expression, err := anchored(entry, "")
	if err != nil {
		return nil, fmt.Errorf("not a regular expression, write one such as ^/static/: %w", err)
	}
	tree, err := syntax.Parse(entry, syntax.Perl)
	if err != nil { // regexp has parsed it already
		return nil, err
	}
	switch {
	case strings.Contains(entry, "://"):
		return nil, errors.New("it never matches, since a path has neither scheme nor host: write the path's start, such as ^/static/")
	case query.MatchString(entry):
		return nil, errors.New("it never matches, since the query is not part of the path: write what stands before the question mark")
	case matchesAll(expression, anyPaths):
		return nil, errors.New("it matches every path: write the path's start, such as ^/static/, or ^/$ for the start page alone")
	case !startsWithSlash(tree):
		remedy := "write ^/" + strings.TrimPrefix(entry, "^")
		if endsInName(tree) {
			remedy = closed("/" + strings.TrimPrefix(entry, "^"))
		}
		return nil, fmt.Errorf("it never matches, since a path begins with a slash: %s", remedy)
	case endsInName(tree):
		return nil, fmt.Errorf("it also matches longer names, as /admin matches /administrator: %s", closed(entry))
	}
	return expression, nil
}

// anyPaths are paths that nobody names.
var anyPaths = []string{"/qzjx", "/qzjx/vkwp/Hb-7_~.x"}

// query finds the start of a query in an expression, escaped or not.
var query = regexp.MustCompile(`\?[A-Za-z][\w-]*=`)

// closed proposes how an entry should end whose end is open.
func closed(entry string) string {
	base := strings.TrimRight(entry, "/?*")
	if strings.ContainsAny(base, "|") {
		return "end each alternative with / or (/|$)"
	}
	if !strings.HasPrefix(base, "(?") {
		base = "^" + strings.TrimPrefix(base, "^")
	}
	return fmt.Sprintf("write %s/ for what lies under it, %s(/|$) for it as well, or %s.* for all that begins so", base, base, base)
}

// startsWithSlash tells whether a match can begin with a slash, as every path
// does.
func startsWithSlash(tree *syntax.Regexp) bool {
	slash, _ := start(tree)
	return slash
}

// start tells whether what an expression matches may begin with a slash, and
// whether it may be empty.
func start(e *syntax.Regexp) (slash, empty bool) {
	switch e.Op {
	case syntax.OpLiteral:
		return e.Rune[0] == '/', false
	case syntax.OpCharClass:
		return hasRune(e, '/'), false
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true, false
	case syntax.OpStar, syntax.OpQuest:
		slash, _ = start(e.Sub[0])
		return slash, true
	case syntax.OpPlus, syntax.OpCapture:
		return start(e.Sub[0])
	case syntax.OpRepeat:
		slash, empty = start(e.Sub[0])
		return slash, empty || e.Min == 0
	case syntax.OpAlternate:
		for _, each := range e.Sub {
			s, n := start(each)
			slash, empty = slash || s, empty || n
		}
		return slash, empty
	case syntax.OpConcat:
		for _, each := range e.Sub {
			if s, n := start(each); s || !n {
				return s, false
			}
		}
		return false, true
	}
	return false, e.Op != syntax.OpNoMatch // an anchor, or nothing
}

// endsInName tells whether what an expression matches may end in the middle of a
// name that it spells: with a letter or digit of its own, behind which neither a
// slash nor the end must follow. A file's name is no start of a longer one, and
// .* takes any name on purpose.
func endsInName(tree *syntax.Regexp) bool {
	inName, _ := end(tree)
	return inName
}

// end tells whether what an expression matches may end so, and whether it may be
// empty.
func end(e *syntax.Regexp) (inName, empty bool) {
	switch e.Op {
	case syntax.OpLiteral:
		text := string(e.Rune)
		return endsLikeName(e.Rune) && !strings.Contains(text[strings.LastIndexByte(text, '/')+1:], "."), false
	case syntax.OpCharClass:
		return !hasRune(e, '/') && !takesNames(e), false
	case syntax.OpCapture:
		return end(e.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		if e.Op != syntax.OpQuest && takesNames(e.Sub[0]) {
			return false, false
		}
		inName, empty = end(e.Sub[0])
		return inName, empty || e.Op == syntax.OpStar || e.Op == syntax.OpQuest || e.Op == syntax.OpRepeat && e.Min == 0
	case syntax.OpAlternate:
		for _, each := range e.Sub {
			i, n := end(each)
			inName, empty = inName || i, empty || n
		}
		return inName, empty
	case syntax.OpConcat:
		for i := len(e.Sub) - 1; i >= 0; i-- {
			inName, empty := end(e.Sub[i])
			if i > 0 && isEnding(e.Sub[i-1], e.Sub[i]) {
				return false, false
			}
			if inName || !empty {
				return inName, false
			}
		}
		return false, true
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpEndText, syntax.OpEndLine, syntax.OpWordBoundary:
		return false, false
	}
	return false, true
}

func endsLikeName(literal []rune) bool {
	last := literal[len(literal)-1]
	return unicode.IsLetter(last) || unicode.IsDigit(last)
}

// isEnding tells whether last is the ending of a file's name that may begin with
// anything: favicon.ico, its dot not escaped, or .*css.
func isEnding(before, last *syntax.Regexp) bool {
	if before.Op == syntax.OpStar || before.Op == syntax.OpPlus {
		before = before.Sub[0]
	}
	return last.Op == syntax.OpLiteral && !slices.Contains(last.Rune, '/') && takesNames(before)
}

// takesNames tells whether an expression of one character takes those of any name.
func takesNames(e *syntax.Regexp) bool {
	switch e.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpCharClass:
		return hasRune(e, 'q') && hasRune(e, '7')
	case syntax.OpCapture:
		return takesNames(e.Sub[0])
	}
	return false
}

// hasRune tells whether a class of characters has r among them.
func hasRune(class *syntax.Regexp, r rune) bool {
	for i := 0; i+1 < len(class.Rune); i += 2 {
		if class.Rune[i] <= r && r <= class.Rune[i+1] {
			return true
		}
	}
	return false
}
