package ginmaint

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// addresses says whose address passes.
type addresses struct {
	prefixes prefixes
	patterns []*regexp.Regexp
	clientIP func(*gin.Context) string // nil: Gin's, where it can't be forged
	logger   *slog.Logger
	warned   sync.Once // about forwarding headers
}

// includes tells whether the visitor comes from an address that is listed. What
// Gin says is believed only where a visitor can't have said it himself; to find
// that out costs more than the look-up, so it comes last.
func (a *addresses) includes(c *gin.Context) bool {
	if len(a.prefixes) == 0 && len(a.patterns) == 0 {
		return false
	}
	clientIP := a.clientIP
	if clientIP == nil {
		clientIP = (*gin.Context).ClientIP
	}
	address, err := netip.ParseAddr(clientIP(c))
	if err != nil || address.Zone() != "" || !a.contain(address.Unmap()) {
		return false
	}
	if a.clientIP == nil && forgeable(c) {
		a.warned.Do(func() {
			a.logger.Warn("ginmaint: IgnoreIPAddresses exempts nobody whose request carries a forwarding header, since anybody can write one: " +
				"name your proxies with engine.SetTrustedProxies, or set Config.ClientIP")
		})
		return false
	}
	return true
}

// sentinel is an address that no visitor has (TEST-NET-1, RFC 5737).
const sentinel = "192.0.2.1"

// forgeable tells whether the address that Gin names may be the visitor's own
// invention: where the engine trusts every proxy, as Gin does unless told
// otherwise, and a forwarding header is there, or where such a header has
// several lines, of which Gin 1.11 reads only the first.
//
// Neither the trusted proxies nor the names of the headers can be asked for,
// so Gin is shown requests that never came: with the sentinel in the headers,
// from a peer that only those who trust everybody trust.
func forgeable(c *gin.Context) bool {
	says := func(ctx context.Context, peer string, headers http.Header) bool {
		probe := c.Copy()
		probe.Request = c.Request.WithContext(ctx)
		probe.Request.RemoteAddr = peer
		probe.Request.Header = headers
		return probe.ClientIP() == sentinel
	}
	all, several := http.Header{}, http.Header{}
	for name, lines := range c.Request.Header {
		all[name] = []string{sentinel}
		if len(lines) > 1 {
			several[name] = []string{sentinel}
		}
	}
	nowhere := context.Background() // not the request's, where Gin looks for a unix socket
	if says(nowhere, "", all) {
		return false // a TrustedPlatform, which the operator chose
	}
	return says(nowhere, "0.0.0.0:1", all) || says(nowhere, "[::]:1", all) ||
		len(several) > 0 && says(c.Request.Context(), c.Request.RemoteAddr, several)
}

// contain tells whether the address is one of those listed.
func (a *addresses) contain(address netip.Addr) bool {
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
func compileAddresses(entries []string) (*addresses, []error) {
	a := new(addresses)
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

// anchored compiles a regular expression that matches from the start, and up
// to end. By itself it has to compile too: behind a parenthesis that closes
// ours it would match anywhere.
func anchored(entry, end string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(entry); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + entry + `)` + end)
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
