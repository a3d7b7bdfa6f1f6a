package ginmaint

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestPrefixesAgreeWithALoop draws sets from a small corner of both families,
// so that they nest, touch and repeat, and asks for each address of it.
func TestPrefixesAgreeWithALoop(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	var all []netip.Addr
	for i := range 256 {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i)))
	}
	all = append(all, netip.MustParseAddr("10.0.1.0"), netip.MustParseAddr("9.255.255.255"), netip.MustParseAddr("::"),
		netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("ffff::"))
	for range 300 {
		list := make([]netip.Prefix, random.IntN(20))
		for i := range list {
			a := all[random.IntN(len(all))]
			bits := a.BitLen() - random.IntN(9)
			if random.IntN(20) == 0 {
				bits = random.IntN(a.BitLen() + 1)
			}
			list[i] = netip.PrefixFrom(a, bits).Masked()
		}
		set := newPrefixes(list)
		for _, a := range all {
			want := false
			for _, p := range list {
				want = want || p.Contains(a)
			}
			require.Equal(t, want, set.contain(a), "%s in %v, seed %d", a, list, seed)
		}
	}
}

func TestTenThousandPrefixes(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On), IgnoreIPAddresses: manyPrefixes(10_000)})
	require.NoError(t, s.SetTrustedProxies(nil))
	for address, want := range map[string]int{
		"10.0.0.255": http.StatusOK, "10.0.1.0": http.StatusServiceUnavailable,
		"10.78.30.7": http.StatusOK, "10.78.31.7": http.StatusServiceUnavailable,
		"9.255.255.255": http.StatusServiceUnavailable, "11.0.0.0": http.StatusServiceUnavailable,
	} {
		assert.Equal(t, want, ask(s, http.MethodGet, "/", from(address+":1")).Code, address)
	}
}

// manyPrefixes returns every second /24 of 10.0.0.0/8, of which none touches
// another.
func manyPrefixes(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("10.%d.%d.0/24", 2*i/256, 2*i%256))
	}
	return list
}
