package ginmaint

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// addressSet is IgnoreIPAddresses, compiled.
type addressSet struct {
	prefixes prefixes
	patterns []*regexp.Regexp
}

func (s *addressSet) isEmpty() bool { return len(s.prefixes) == 0 && len(s.patterns) == 0 }

// contain tells whether the address is one of those listed.
func (s *addressSet) contain(address netip.Addr) bool {
	if s.prefixes.contain(address) {
		return true
	}
	if len(s.patterns) == 0 {
		return false
	}
	text := address.String()
	for _, p := range s.patterns {
		if p.MatchString(text) {
			return true
		}
	}
	return false
}

// compileAddresses reads IgnoreIPAddresses, and returns what is wrong with
// each entry.
func compileAddresses(entries []string) (*addressSet, []error) {
	s := new(addressSet)
	var list []netip.Prefix
	var faults []error
	for i, entry := range entries {
		prefix, pattern, err := compileAddress(entry)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("IgnoreIPAddresses[%d] %q: %w", i, entry, err))
		case pattern != nil:
			s.patterns = append(s.patterns, pattern)
		default:
			list = append(list, prefix)
		}
	}
	s.prefixes = newPrefixes(list)
	return s, faults
}

func compileAddress(entry string) (netip.Prefix, *regexp.Regexp, error) {
	if address, err := netip.ParseAddr(entry); err == nil {
		if address.Zone() != "" {
			return netip.Prefix{}, nil, fmt.Errorf("a zone can't be matched, write %s", address.WithZone(""))
		}
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil, nil
	}
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		if a := prefix.Addr(); a.Is4In6() {
			if prefix.Bits() < 96 {
				return netip.Prefix{}, nil, fmt.Errorf("the prefix mixes IPv4 and IPv6, write 0.0.0.0/0 or ::/0")
			}
			prefix = netip.PrefixFrom(a.Unmap(), prefix.Bits()-96)
		}
		if prefix.Addr() != prefix.Masked().Addr() {
			return netip.Prefix{}, nil, fmt.Errorf("the address has bits set behind the prefix, write %s or %s", prefix.Masked(), prefix.Addr())
		}
		return prefix, nil, nil
	}
	if err := misspelt(entry); err != nil {
		return netip.Prefix{}, nil, err
	}
	if hasBareDot(entry) {
		return netip.Prefix{}, nil, fmt.Errorf("an unescaped dot matches any character, write %s", instead(entry))
	}
	pattern, err := anchored(entry, `$`)
	if err != nil {
		return netip.Prefix{}, nil, fmt.Errorf("neither an address, nor a prefix, nor a regular expression: %w", err)
	}
	return netip.Prefix{}, pattern, nil
}

// misspelt names what is neither an address nor a prefix, and not meant for an
// expression either.
func misspelt(entry string) error {
	isListed := func(text string) bool {
		_, err := netip.ParseAddr(text)
		_, other := netip.ParsePrefix(text)
		return err == nil || other == nil
	}
	quoted := func(list []string) string { return `"` + strings.Join(list, `", "`) + `"` }
	parts := strings.FieldsFunc(entry, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;|", r) })
	first, _, _ := strings.Cut(entry, "-")
	port, portErr := netip.ParseAddrPort(entry)
	switch trimmed := strings.TrimSpace(entry); {
	case trimmed == "":
		return errors.New("an empty entry, write an address, a prefix such as 10.0.0.0/8, or a regular expression")
	case trimmed != entry && isListed(trimmed):
		return fmt.Errorf("there is a blank at its start or end, write %q", trimmed)
	case len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !isListed(p) }):
		return fmt.Errorf("%q separates nothing here, write an entry for each: %s", strings.TrimPrefix(entry, parts[0])[:1], quoted(parts))
	case portErr == nil:
		return fmt.Errorf("an address has no port, write %q", port.Addr())
	case strings.HasPrefix(entry, "[") && isListed(strings.Trim(entry, "[]")):
		return fmt.Errorf("an address has no brackets, write %q", strings.Trim(entry, "[]"))
	case isListed(strings.TrimSpace(first)):
		return errors.New("ranges are not read, write the prefixes that make it up, such as 10.0.0.0/28")
	case firstOctets.MatchString(plain(entry)):
		if prefix := prefixOf(plain(entry)); prefix != "" {
			return fmt.Errorf("not a whole address, write the prefix %s", prefix)
		}
	case strings.Contains(entry, ":") && strings.Contains(entry, "*") && strings.Trim(entry, "0123456789abcdefABCDEF:*") == "":
		return errors.New("a star stands for no part of an address, write a prefix such as 2001:db8::/32")
	case strings.Contains(entry, "/"): // no address has one, so it would match none
		return errors.New("not a prefix, write one such as 10.0.0.0/8 or 2001:db8::/32")
	}
	if regexp.QuoteMeta(entry) == entry { // an expression of plain text, that is no address
		return errors.New("not an address; names are not looked up, write 127.0.0.1 for localhost")
	}
	return nil
}

// firstOctets matches the start of an IPv4 address, in whole numbers.
var firstOctets = regexp.MustCompile(`^\d{1,3}(\.\d{1,3}){0,2}\.?$`)

// plain takes out of an expression what a start of an address is written with.
func plain(entry string) string {
	return strings.ReplaceAll(strings.TrimPrefix(entry, "^"), `\`, "")
}

// prefixOf returns the prefix of all addresses that begin so, and "" where none
// does.
func prefixOf(octets string) string {
	list := strings.Split(strings.TrimRight(octets, "."), ".")
	bits := 8 * len(list)
	for len(list) < 4 {
		list = append(list, "0")
	}
	prefix, err := netip.ParsePrefix(fmt.Sprintf("%s/%d", strings.Join(list, "."), bits))
	if err != nil {
		return ""
	}
	return prefix.String()
}

// anchored compiles a regular expression that matches from the start, and up
// to end. By itself it has to compile too: behind a parenthesis that closes
// ours it would match anywhere.
func anchored(entry, end string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(entry); err != nil {
		return nil, err
	}
	return regexp.Compile(opening + entry + `)` + end)
}

// opening is what anchored puts before an entry.
const opening = `^(?:`

// asWritten returns the entry that was anchored without an end.
func asWritten(expression *regexp.Regexp) string {
	return strings.TrimSuffix(strings.TrimPrefix(expression.String(), opening), ")")
}

// hasBareDot tells whether a regular expression has a dot that is neither
// escaped nor inside a character class.
func hasBareDot(pattern string) bool {
	class := false
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			class = true
		case ']':
			class = false
		case '.':
			if !class {
				return true
			}
		}
	}
	return false
}

// startOfAddress finds the whole numbers that a pattern meant for IPv4 begins
// with.
var startOfAddress = regexp.MustCompile(`^\^?((?:\d{1,3}\\?\.){1,3})`)

// instead proposes what to write for a pattern with a bare dot.
func instead(pattern string) string {
	if m := startOfAddress.FindStringSubmatch(pattern); m != nil {
		if prefix := prefixOf(plain(m[1])); prefix != "" {
			return "the prefix " + prefix + `, or \. for a dot`
		}
	}
	return `a prefix such as 10.0.0.0/8, or \. for a dot`
}

// prefixes is a set of IP addresses, as ranges that do not overlap, sorted:
// one binary search, however many prefixes it was made from.
type prefixes []addressRange

type addressRange struct{ first, last netip.Addr }

func newPrefixes(list []netip.Prefix) prefixes {
	ranges := make(prefixes, 0, len(list))
	for _, p := range list {
		ranges = append(ranges, addressRange{p.Addr(), lastOf(p)})
	}
	slices.SortFunc(ranges, func(a, b addressRange) int { return a.first.Compare(b.first) })
	merged := ranges[:0]
	for _, r := range ranges {
		// Prefixes either nest or lie apart.
		if n := len(merged); n > 0 && r.last.Compare(merged[n-1].last) <= 0 {
			continue
		}
		merged = append(merged, r)
	}
	return slices.Clip(merged)
}

// lastOf returns the highest address in p.
func lastOf(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

// contain tells whether a, without a zone and not IPv4 in IPv6, is in the set.
func (s prefixes) contain(a netip.Addr) bool {
	i, found := slices.BinarySearchFunc(s, a, func(r addressRange, a netip.Addr) int { return r.first.Compare(a) })
	return found || i > 0 && a.Compare(s[i-1].last) <= 0
}
