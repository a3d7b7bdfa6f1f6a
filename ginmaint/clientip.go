package ginmaint

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/gin-gonic/gin"
)

// address returns the visitor's address, and the zero Addr where it is not
// known for sure.
func (g *guard) address(c *gin.Context) netip.Addr {
	clientIP := (*gin.Context).ClientIP
	if g.ClientIP != nil {
		clientIP = g.ClientIP
	}
	address, err := netip.ParseAddr(clientIP(c))
	if err != nil || address.Zone() != "" {
		return netip.Addr{}
	}
	return address.Unmap()
}

// fromListedAddress tells whether the visitor comes from an address of
// IgnoreIPAddresses. What Gin says is believed only where a visitor can't have
// said it himself; that costs more than the look-up, so it is asked last.
func (g *guard) fromListedAddress(c *gin.Context) bool {
	if g.addresses.empty() {
		return false
	}
	address := g.address(c)
	if !address.IsValid() || !g.addresses.contain(address) {
		return false
	}
	if g.ClientIP == nil && forgeable(c) {
		g.forgeable.Do(func() {
			g.Logger.Warn("ginmaint: IgnoreIPAddresses exempts nobody whose request carries a forwarding header, since anybody can write one: " +
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
// several lines, of which Gin before 1.12 reads only the first.
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
