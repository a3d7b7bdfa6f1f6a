package ginmaint

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// FuzzIgnoreURLs sends what a visitor may write behind GET through an engine of
// each setting. What passes has to match the entry in all that a service behind
// may make of it.
func FuzzIgnoreURLs(f *testing.F) {
	for _, seed := range []struct {
		entry, target string
		settings      byte
	}{
		{"^/static/", "/static/../admin", 0}, {"^/static/", "/static/%2e%2e/admin", 1}, {"^/static/", "/static/..%5c..%5cadmin", 2},
		{"^/static/", "/static/x%252f..%252f..%252fadmin", 3}, {"^/admin(/|$)", "/administrator", 4}, {"/a)|(/b", "/x/b", 0},
		{"(?m)^/b", "/a%0A/b", 7}, {"^/static/", "/static/x%5Cy/../../order", 1}, {"^/static/", "//static//%2e;/..;x/", 5}, {".*", "*", 0},
		{"^/static/", "http://other.example/static/a", 0}, {`^/static/.*\.css$`, "/static/%c0%ae/x.css", 6}, {"^/files/", "/files/a%2Fb", 6},
	} {
		f.Add(seed.entry, seed.target, seed.settings)
	}
	mode := at(f, maintenance.On)
	f.Fuzz(func(t *testing.T, entry, target string, settings byte) {
		if len(entry) > 200 || len(target) > 2000 {
			return
		}
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: shop.example\r\n\r\n")))
		if err != nil {
			return
		}
		expressions, faults := compileURLs([]string{entry})
		if len(faults) > 0 {
			return
		}
		s := &service{Engine: gin.New()}
		s.RemoveExtraSlash, s.UseRawPath, s.UnescapePathValues = settings&1 != 0, settings&2 != 0, settings&4 == 0
		if since112 := reflect.ValueOf(s.Engine).Elem().FieldByName("UseEscapedPath"); since112.IsValid() {
			since112.SetBool(settings&8 != 0)
		}
		s.Use(New(Config{Mode: mode, Logger: quiet, IgnoreURLs: []string{entry}}))
		s.GET("/static/*file", s.handle)
		s.GET("/files/:name", s.handle)
		s.GET("/:shop", s.handle)
		s.NoRoute(s.handle)
		asked := *request.URL
		s.ServeHTTP(httptest.NewRecorder(), request)
		if s.runs.Load() == 0 {
			return
		}
		if len(expressions) == 0 {
			t.Fatal("nothing is exempt, and yet it passed")
		}
		own := regexp.MustCompile(entry)
		for _, reading := range readingsOf(&asked) {
			at := own.FindStringIndex(reading)
			if at == nil || at[0] != 0 {
				t.Errorf("%q lets %q pass, which may be taken for %q", entry, target, reading)
			}
		}
	})
}

// readingsOf returns what services may take a path for: decoded again and again,
// with backslashes for slashes, cleaned.
func readingsOf(u *url.URL) (list []string) {
	decoded := []string{u.Path, u.EscapedPath()}
	for range 5 {
		last := decoded[len(decoded)-2:]
		for _, p := range last {
			if next, err := url.PathUnescape(p); err == nil {
				p = next
			}
			decoded = append(decoded, p)
		}
	}
	for _, p := range decoded {
		if u.RawPath == "" && p == u.EscapedPath() {
			continue // spelt in the usual way, so the entry is written for what it means
		}
		for _, q := range []string{p, strings.ReplaceAll(p, `\`, "/")} {
			clean := path.Clean("/" + q)
			if strings.HasSuffix(q, "/") && clean != "/" {
				clean += "/"
			}
			list = append(list, q, clean)
		}
	}
	return list
}

// FuzzForwarded compares who is exempt by address with what a person would say
// who knows the peer, the proxies and the headers.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{
		"203.0.113.9:51234", "unknown", "[2001:db8::7]:443", "10.0.0.1, x", "10.0.1.4", "10.0.1.4, 10.0.1.5", "x, 10.0.1.4", "", ",", "10.0.0.1,",
		"10.0.0.1", "203.0.113.7, 10.0.0.1", "10.0.0.1, 203.0.113.7", "::ffff:10.0.0.1", "fe80::1%eth0", " 10.0.0.1 ", "10.0.1.4,10.0.1.4",
	} {
		for _, flags := range []byte{16, 32, 48, 17, 20, 24, 28} { // of the peer, the proxies, and which headers there are
			f.Add(seed, "10.0.0.1", flags)
		}
	}
	mode := at(f, maintenance.On)
	listed := netip.MustParsePrefix("10.0.0.0/8")
	f.Fuzz(func(t *testing.T, forwardedFor, realIP string, flags byte) {
		peer := []string{"10.0.1.4", "10.0.9.9", "203.0.113.7", "10.0.1.5"}[flags&3]
		proxies := [][]string{{"10.0.1.0/24"}, nil, {"0.0.0.0/0", "::/0"}, {"10.0.1.0/24", "203.0.113.0/24"}}[flags>>2&3]
		isTrusted := func(a netip.Addr) bool {
			for _, p := range proxies {
				if netip.MustParsePrefix(p).Contains(a) {
					return true
				}
			}
			return false
		}
		if len(forwardedFor)+len(realIP) > 2000 {
			return
		}
		s := &service{Engine: gin.New()}
		if err := s.SetTrustedProxies(proxies); err != nil {
			t.Fatal(err)
		}
		s.Use(New(Config{Mode: mode, Logger: quiet, IgnoreIPAddresses: []string{listed.String()}}))
		s.GET("/", s.handle)
		var present []string
		change := []func(*http.Request){from(peer + ":1")}
		if flags&16 != 0 {
			present, change = append(present, forwardedFor), append(change, header("X-Forwarded-For", forwardedFor))
		}
		if flags&32 != 0 {
			present, change = append(present, realIP), append(change, header("X-Real-Ip", realIP))
		}
		want := listed.Contains(netip.MustParseAddr(peer))
		if isTrusted(netip.MustParseAddr(peer)) && len(present) > 0 {
			visitor, ok := lastUntrusted(present[0], isTrusted)
			for _, value := range present {
				_, named := lastUntrusted(value, isTrusted)
				ok = ok && named
			}
			want = ok && listed.Contains(visitor) && !isTrusted(netip.MustParseAddr("0.0.0.0"))
		}
		ask(s, http.MethodGet, "/", change...)
		if got := s.runs.Load() == 1; got != want {
			t.Errorf("%s through %v with %q: exempt %t, want %t", peer, proxies, present, got, want)
		}
	})
}

// lastUntrusted reads a forwarding header from its end, where the nearest proxy
// writes.
func lastUntrusted(value string, isTrusted func(netip.Addr) bool) (netip.Addr, bool) {
	items := strings.Split(value, ",")
	for i := len(items) - 1; i >= 0; i-- {
		ip, ok := netip.AddrFromSlice(net.ParseIP(strings.TrimSpace(items[i])))
		if !ok {
			break
		}
		if ip = ip.Unmap(); i == 0 || !isTrusted(ip) {
			return ip, true
		}
	}
	return netip.Addr{}, false
}

// FuzzRedirectURL: what Validate takes leads a browser to the page or host that it
// names, and nowhere else.
func FuzzRedirectURL(f *testing.F) {
	for _, seed := range []string{
		"/maintenance", "//evil.example", `/\evil.example`, "/a/../b", "https://status.example/x?y=1", "javascript:alert(1)", "/%2f%2fevil.example",
		"https:evil.example", "/\tevil", "http://shop.example@evil.example/", "/x?next=//evil.example", "/#//evil",
	} {
		f.Add(seed)
	}
	mode := at(f, maintenance.On)
	f.Fuzz(func(t *testing.T, text string) {
		target, err := checkRedirect("RedirectURL", text)
		if err != nil || target == nil || len(text) > 2000 {
			return
		}
		s := serving(t, Config{Mode: mode, RedirectURL: text})
		location := ask(s, http.MethodGet, "/orders/7", func(r *http.Request) { r.Host = "shop.example" }).Header().Get("Location")
		if location == "" {
			return // it is this very path
		}
		// Browsers drop tabs and line breaks, and take a backslash for a slash.
		seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(location)
		if strings.ContainsFunc(location, isControl) {
			t.Errorf("%q is sent as %q", text, location)
		}
		base, _ := url.Parse("https://shop.example/orders/7")
		resolved, err := base.Parse(seen)
		if err != nil {
			t.Fatalf("%q is sent as %q: %v", text, location, err)
		}
		want := target.Host
		if want == "" {
			want = "shop.example"
		}
		if resolved.Host != want || resolved.Scheme != "https" && resolved.Scheme != "http" {
			t.Errorf("%q leads to %q at %q", text, resolved, resolved.Host)
		}
	})
}

// FuzzTrustedOrigins: an origin that is taken is one that a browser may send.
func FuzzTrustedOrigins(f *testing.F) {
	for _, seed := range []string{
		"https://admin.example.com", "HTTPS://Admin.Example:443", "https://*.example", "https://[::1]:8443", "null", "https://a:", "https://ä.example",
		"https://[2001:DB8:0:0::1]:0443", "https://a?", "https://[fe80::1%25eth0]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		origin, err := normalOrigin(text)
		if err != nil || new(http.CrossOriginProtection).AddTrustedOrigin(origin) != nil {
			return
		}
		if again, err := normalOrigin(origin); err != nil || again != origin {
			t.Errorf("%q becomes %q, and that %q: %v", text, origin, again, err)
		}
		if strings.ToLower(origin) != origin || strings.ContainsAny(origin, "*@?#%") || !strings.Contains(origin, "://") {
			t.Errorf("%q becomes %q, which no browser sends", text, origin)
		}
	})
}

// FuzzOrder: what is read of a POST is what stands there, once, whether it came as
// a form or as JSON.
func FuzzOrder(f *testing.F) {
	for _, seed := range []struct{ kind, body string }{
		{"application/json", `{"level":"on","message":"x"}`}, {"application/json", `{"level":"on","level":"off"}`}, {"application/json", `{"Level":"on"}`},
		{"application/x-www-form-urlencoded", "level=on&level=off"}, {"application/x-www-form-urlencoded", "for=1h&revision=7"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"level\"\r\n\r\non\r\n--x--\r\n"},
		{"", "level=on"}, {"application/json", "[]"}, {"application/json", `{"level":{}}`},
	} {
		f.Add(seed.kind, seed.body)
	}
	f.Fuzz(func(t *testing.T, kind, body string) {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		c.Request.Header.Set("Content-Type", kind)
		o, err := decodeOrder(c, "")
		if err != nil {
			return
		}
		for _, text := range []string{o.Level, o.Message, o.Reason, o.For, o.End, o.Start, o.Revision} {
			if len(text) > maxOrder {
				t.Fatalf("%d bytes were read, of at most %d", len(text), maxOrder)
			}
		}
		values := url.Values{}
		for name, text := range map[string]string{
			"level": o.Level, "message": o.Message, "reason": o.Reason, "for": o.For, "end": o.End, "start": o.Start, "hold": o.Hold,
			"revision": o.Revision, "force": o.Force,
		} {
			if text != "" {
				values.Set(name, text)
			}
		}
		if len(values.Encode()) > maxOrder {
			return
		}
		c.Request = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(values.Encode()))
		c.Request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		again, err := decodeOrder(c, "")
		for _, read := range []*order{&o, &again} { // which leave out what is empty
			read.named, read.typed, read.Now = nil, nil, ""
		}
		if err != nil || fmt.Sprint(again) != fmt.Sprint(o) {
			t.Errorf("%+v and again as a form %+v: %v", o, again, err)
		}
	})
}
