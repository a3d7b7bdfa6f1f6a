package ginmaint

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// FuzzNegotiate: whatever is sent, the answer has a form, and saying the same
// in several lines changes nothing.
func FuzzNegotiate(f *testing.F) {
	for _, seed := range []string{"", "*/*", "text/html;q=0.5,application/json", "text/html;q=;q=1,,;/=", "a/b;q=\"0,1\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		one := negotiate([]string{header})
		if one >= Empty {
			t.Fatalf("there is no format %d with a body", one)
		}
		if lower := strings.ToLower(header); one == HTML && !strings.Contains(lower, "text/html") && !strings.Contains(lower, "application/xhtml+xml") {
			t.Error("HTML for somebody who does not name it")
		}
		if lines := negotiate(strings.Split(header, ",")); lines != one {
			t.Errorf("%d in one line, %d in several", one, lines)
		}
		if strings.Trim(header, ", \t") == "" && one != JSON {
			t.Errorf("nothing is said, and the answer is %d", one)
		}
	})
}

// FuzzCompileAddress: an address matches just itself, a prefix what it
// contains, and an expression only what it matches as a whole.
func FuzzCompileAddress(f *testing.F) {
	for _, seed := range [][2]string{
		{"10.0.0.1", "10.0.0.123"}, {"10.0.0.0/8", "10.1.2.3"}, {"::ffff:10.0.0.1", "10.0.0.1"}, {"fe80::1%eth0", "fe80::1"},
		{`10\.0\.0\.1)|(`, "9.9.9.9"}, {`10\.0\.0\.1|`, "10.0.0.12"}, {"(?m)^1", "10.0.0.1"}, {"::ffff:10.0.0.0/100", "10.0.0.1"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, entry, visitor string) {
		if len(entry) > 200 {
			return // regexp's own limits are not at stake
		}
		list, faults := compileAddresses([]string{entry})
		address, err := netip.ParseAddr(visitor)
		if err != nil || address.Zone() != "" {
			return
		}
		address = address.Unmap()
		got, want := list.contain(address), false
		if len(faults) == 0 {
			if self, err := netip.ParseAddr(entry); err == nil {
				want = self.Unmap() == address
			} else if prefix, err := netip.ParsePrefix(entry); err == nil {
				a := netip.AddrFrom16(address.As16())
				if !prefix.Addr().Is4In6() {
					a = address
				}
				want = prefix.Masked().Contains(a) || prefix.Addr().Is4In6() && netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96).Contains(address)
			} else if pattern, err := regexp.Compile(`\A(?:` + entry + `)\z`); err == nil {
				want = pattern.MatchString(address.String())
			}
		}
		if got != want {
			t.Errorf("%q and the visitor %s: %t, want %t", entry, address, got, want)
		}
	})
}
