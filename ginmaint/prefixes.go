package ginmaint

import (
	"net/netip"
	"slices"
)

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
