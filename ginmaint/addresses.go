package ginmaint

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// addresses is IgnoreIPAddresses, compiled.
type addresses struct {
	prefixes prefixes
	patterns []*regexp.Regexp
}

func (a addresses) empty() bool { return len(a.prefixes) == 0 && len(a.patterns) == 0 }

// contain tells whether the address is one of those listed.
func (a addresses) contain(address netip.Addr) bool {
	if a.prefixes.contain(address) {
		return true
	}
	if len(a.patterns) == 0 {
		return false
	}
	text := address.String()
	for _, p := range a.patterns {
		if p.MatchString(text) {
			return true
		}
	}
	return false
}

// compileAddresses reads IgnoreIPAddresses, and returns what is wrong with
// each entry.
func compileAddresses(entries []string) (addresses, []error) {
	var a addresses
	var list []netip.Prefix
	var faults []error
	for i, entry := range entries {
		prefix, pattern, err := compileAddress(entry)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("IgnoreIPAddresses[%d] %q: %w", i, entry, err))
		case pattern != nil:
			a.patterns = append(a.patterns, pattern)
		default:
			list = append(list, prefix)
		}
	}
	a.prefixes = newPrefixes(list)
	return a, faults
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
	if entry == "" {
		return netip.Prefix{}, nil, fmt.Errorf("an empty entry, write an address, a prefix such as 10.0.0.0/8, or a regular expression")
	}
	if strings.Contains(entry, "/") { // no address has one, so it would match none
		return netip.Prefix{}, nil, fmt.Errorf("not a prefix, write one such as 10.0.0.0/8 or 2001:db8::/32")
	}
	if regexp.QuoteMeta(entry) == entry { // an expression of plain text, that is no address
		return netip.Prefix{}, nil, fmt.Errorf("not an address; names are not looked up")
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
		octets := strings.Split(strings.TrimRight(strings.ReplaceAll(m[1], `\`, ""), "."), ".")
		bits := 8 * len(octets)
		for len(octets) < 4 {
			octets = append(octets, "0")
		}
		if p, err := netip.ParsePrefix(fmt.Sprintf("%s/%d", strings.Join(octets, "."), bits)); err == nil {
			return "the prefix " + p.String() + `, or \. for a dot`
		}
	}
	return `a prefix such as 10.0.0.0/8, or \. for a dot`
}
