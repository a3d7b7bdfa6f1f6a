package ginmaint

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// addresses says whose address passes.
type addresses struct {
	listed   *addressSet
	clientIP func(*gin.Context) string // nil: Gin's, where it can't be forged
	logger   *slog.Logger
	said     [doubts]sync.Once
}

// include tells whether the visitor comes from an address that is listed. What
// Gin says is believed only where a visitor can't have said it himself; to find
// that out costs more than the look-up, so it comes last.
func (a *addresses) include(c *gin.Context, v *visitor) bool {
	if a.listed.isEmpty() {
		return false
	}
	if v != nil {
		return v.address.IsValid() && a.listed.contain(v.address.Unmap())
	}
	clientIP := a.clientIP
	if clientIP == nil {
		clientIP = (*gin.Context).ClientIP
	}
	address, err := netip.ParseAddr(clientIP(c))
	if err != nil || address.Zone() != "" || !a.listed.contain(address.Unmap()) {
		return false
	}
	if a.clientIP != nil {
		return true
	}
	d, header := doubtOf(c)
	if d != noDoubt {
		a.said[d].Do(func() { a.logger.Warn("ginmaint: "+doubtTexts[d], "header", header) })
	}
	return d == noDoubt || d == unreadHeader
}

// doubt is why an address that Gin names may not be the visitor's.
type doubt uint8

const (
	noDoubt       doubt = iota
	everyProxy          // the engine believes anybody's header
	severalLines        // of a header, of which Gin may read the visitor's own
	noAddress           // is in the header, so Gin names the proxy
	emptyPlatform       // the platform's header has no address, so Gin looks elsewhere
	unreadHeader        // from a peer that is listed: a hint to the operator, not a doubt
	doubts
)

// doubtTexts are for the operator, once each.
var doubtTexts = [doubts]string{
	everyProxy: "IgnoreIPAddresses exempts nobody whose request carries a forwarding header, since anybody can write one: " +
		"name your proxies with engine.SetTrustedProxies, or set Config.ClientIP",
	severalLines: "IgnoreIPAddresses exempts nobody whose request has a forwarding header in several lines, since the first may be the visitor's own: " +
		"let the proxy replace or extend the line that it gets, or set Config.ClientIP",
	noAddress: "IgnoreIPAddresses exempts nobody who comes through a trusted proxy whose forwarding header names no address: " +
		"let the proxy send a bare address, without a port, in a header of engine.RemoteIPHeaders, or set Config.ClientIP",
	emptyPlatform: "IgnoreIPAddresses exempts nobody whose request has an empty header of engine.TrustedPlatform: " +
		"let nobody reach the service but through the platform, or set Config.ClientIP",
	unreadHeader: "a request with a forwarding header came from an address in IgnoreIPAddresses that is no trusted proxy, and is exempt: " +
		"if it is a proxy, everybody who comes through it is; then name it with engine.SetTrustedProxies",
}

// sentinel is an address that no visitor has (TEST-NET-1, RFC 5737).
const sentinel = "192.0.2.1"

// doubtOf tells whether the address that Gin names for a request may be somebody
// else's: invented by the visitor, or the proxy's own. It names the header by
// which that is so.
//
// Gin can't be asked for the trusted proxies, nor for the headers that it reads,
// so it is shown requests that never came: from another peer, with the sentinel in
// a header, or with one header alone.
func doubtOf(c *gin.Context) (doubt, string) {
	headers := c.Request.Header
	if len(headers) == 0 {
		return noDoubt, ""
	}
	probe := c.Copy()
	ask := func(ctx context.Context, peer string, h http.Header) string {
		probe.Request = c.Request.WithContext(ctx)
		probe.Request.RemoteAddr = peer
		probe.Request.Header = h
		return probe.ClientIP()
	}
	nowhere := context.Background() // not the request's, where Gin looks for a unix socket
	here := c.Request.Context()
	peer := c.Request.RemoteAddr

	present := http.Header{}
	for name := range headers {
		present[name] = []string{sentinel}
	}
	// Without a peer only a platform's header counts.
	isPlatforms := func(h http.Header) bool { return ask(nowhere, "", h) == sentinel }
	if isPlatforms(present) {
		for name, lines := range headers {
			switch {
			case !isPlatforms(http.Header{name: {sentinel}}):
			case len(lines) > 1:
				return severalLines, name
			case headers.Get(name) == "":
				return emptyPlatform, name
			}
		}
		return noDoubt, ""
	}
	forwarding := forwardingHeader(headers)
	all := maps.Clone(present)
	for _, name := range readByDefault {
		if h := (http.Header{name: {sentinel}}); !isPlatforms(h) {
			all[name] = h[name]
		}
	}
	if ask(here, peer, all) != sentinel { // the peer is not trusted
		if forwarding != "" {
			return unreadHeader, forwarding
		}
		return noDoubt, ""
	}
	reads := ask(here, peer, present) == sentinel
	switch {
	case !reads && forwarding == "":
		return noDoubt, ""
	case ask(nowhere, "0.0.0.0:1", all) == sentinel || ask(nowhere, "[::]:1", all) == sentinel:
		return everyProxy, forwarding
	case !reads:
		return noAddress, forwarding
	}
	for name, lines := range headers {
		switch {
		case ask(here, peer, http.Header{name: {sentinel}}) != sentinel:
		case len(lines) > 1:
			return severalLines, name
		case !isNamed(func(value string) string { return ask(here, peer, http.Header{name: {value}}) }, headers.Get(name)):
			return noAddress, name
		}
	}
	return noDoubt, ""
}

// isNamed tells whether Gin gets an address from a header with that value, from a
// trusted peer. If it names the peer, that is so only where the header begins with
// the peer: then another one in its place is named as well.
func isNamed(ask func(value string) string, value string) bool {
	peer, named := ask(""), ask(value)
	if named != peer {
		return true
	}
	first, rest, several := strings.Cut(value, ",")
	if ip := net.ParseIP(strings.TrimSpace(first)); ip == nil || ip.String() != peer {
		return false
	}
	if several {
		rest = "," + rest
	}
	return ask(sentinel+rest) == sentinel
}

// readByDefault are the headers that Gin reads unless told otherwise.
var readByDefault = []string{"X-Forwarded-For", "X-Real-Ip"}

// forwardingHeaders are those by which proxies say whom they speak for, beside
// X-Forwarded-For and its like.
var forwardingHeaders = []string{
	"Forwarded", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip",
	"Fly-Client-Ip", "X-Appengine-Remote-Addr", "X-Azure-Clientip", "X-Envoy-External-Address",
}

// forwardingHeader returns the name of a header that a proxy has set, and "" where
// there is none.
func forwardingHeader(headers http.Header) string {
	for name := range headers {
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(forwardingHeaders, name) {
			return name
		}
	}
	return ""
}
