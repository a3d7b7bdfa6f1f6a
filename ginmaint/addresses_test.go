package ginmaint

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestIgnoreIPAddresses(t *testing.T) {
	cases := map[string]struct {
		entry      string
		matches    []string
		mismatches []string
	}{
		"an address is never a prefix":   {"10.0.0.1", []string{"10.0.0.1"}, []string{"10.0.0.123", "10.0.0.10", "110.0.0.1"}},
		"a prefix":                       {"10.0.0.0/8", []string{"10.0.0.0", "10.255.255.255"}, []string{"9.255.255.255", "11.0.0.0"}},
		"a prefix of one address":        {"10.0.0.1/32", []string{"10.0.0.1"}, []string{"10.0.0.0", "10.0.0.2"}},
		"a prefix not on a byte":         {"10.0.0.64/26", []string{"10.0.0.64", "10.0.0.127"}, []string{"10.0.0.63", "10.0.0.128"}},
		"all IPv4":                       {"0.0.0.0/0", []string{"0.0.0.0", "255.255.255.255"}, []string{"::", "2001:db8::1"}},
		"all IPv6":                       {"::/0", []string{"::", "2001:db8::1"}, []string{"0.0.0.0", "10.0.0.1"}},
		"IPv4 in IPv6":                   {"::ffff:10.0.0.1", []string{"10.0.0.1"}, []string{"10.0.0.2", "::10.0.0.1"}},
		"a prefix of IPv4 in IPv6":       {"::ffff:10.0.0.0/104", []string{"10.9.9.9"}, []string{"11.0.0.0"}},
		"IPv6, any spelling":             {"2001:DB8:0:0::1", []string{"2001:db8::1"}, []string{"2001:db8::10"}},
		"an IPv6 prefix":                 {"2001:db8::/33", []string{"2001:db8:7fff::"}, []string{"2001:db8:8000::"}},
		"an expression matches whole":    {`10\.0\.0\.1`, []string{"10.0.0.1"}, []string{"10.0.0.123", "110.0.0.1"}},
		"an alternative matches whole":   {`10\.0\.0\.1|10\.0\.0\.2`, []string{"10.0.0.1", "10.0.0.2"}, []string{"10.0.0.11", "110.0.0.2"}},
		"an expression with anchors":     {`^10\.0\.0\.\d+$`, []string{"10.0.0.7"}, []string{"10.0.0.7.1", "110.0.0.7"}},
		"an expression with a class":     {`10[.]0[.]0[.][1-3]`, []string{"10.0.0.2"}, []string{"10.0.0.4", "10.0.0.22"}},
		"an expression of several lines": {`(?m)10\.0\.0\.1$`, []string{"10.0.0.1"}, []string{"10.0.0.12"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			a, faults := compileAddresses([]string{tc.entry})
			require.Empty(t, faults)
			for _, text := range tc.matches {
				if address, err := netip.ParseAddr(text); assert.NoError(t, err) {
					assert.True(t, a.contain(address), text)
				}
			}
			for _, text := range tc.mismatches {
				if address, err := netip.ParseAddr(text); err == nil {
					assert.False(t, a.contain(address), text)
				}
			}
		})
	}
}

func TestIgnoreIPAddressesRefused(t *testing.T) {
	cases := map[string]struct{ entry, says string }{
		"empty":                             {"", "an empty entry"},
		"a star":                            {"10.0.0.*", "write the prefix 10.0.0.0/24"},
		"a star behind two bytes":           {"10.1.*", "write the prefix 10.1.0.0/16"},
		"an anchored start":                 {"^10.", "write the prefix 10.0.0.0/8"},
		"half of it escaped":                {`192\.168.1.\d+`, "write the prefix 192.168.1.0/24"},
		"three bytes":                       {"10.0.0", "write the prefix 10.0.0.0/24"},
		"three bytes and a dot":             {"10.0.0.", "write the prefix 10.0.0.0/24"},
		"two bytes":                         {"192.168", "write the prefix 192.168.0.0/16"},
		"one byte":                          {"10", "write the prefix 10.0.0.0/8"},
		"three bytes, escaped":              {`^10\.0\.0\.`, "write the prefix 10.0.0.0/24"},
		"no byte":                           {"300.0.0", "an unescaped dot"},
		"a blank in front":                  {" 10.0.0.1", `write "10.0.0.1"`},
		"a line break behind":               {"10.0.0.0/8\n", `write "10.0.0.0/8"`},
		"only a blank":                      {" ", "an empty entry"},
		"a comma":                           {"10.0.0.1,10.0.0.2", `"," separates nothing here, write an entry for each: "10.0.0.1", "10.0.0.2"`},
		"a comma and a blank":               {"10.0.0.1, 10.0.0.0/8", `write an entry for each: "10.0.0.1", "10.0.0.0/8"`},
		"a semicolon":                       {"10.0.0.1;2001:db8::1", `write an entry for each: "10.0.0.1", "2001:db8::1"`},
		"a blank between":                   {"10.0.0.1 10.0.0.2", `" " separates nothing here`},
		"an alternative, its dots bare":     {"10.0.0.1|10.0.0.2", `write an entry for each: "10.0.0.1", "10.0.0.2"`},
		"a range":                           {"10.0.0.1-10.0.0.9", "ranges are not read"},
		"a short range":                     {"10.0.0.1-9", "ranges are not read"},
		"a port":                            {"10.0.0.1:8080", `no port, write "10.0.0.1"`},
		"IPv6 in brackets with a port":      {"[2001:db8::1]:443", `no port, write "2001:db8::1"`},
		"IPv6 in brackets":                  {"[2001:db8::1]", `no brackets, write "2001:db8::1"`},
		"a star in IPv6":                    {"2001:db8::*", "a star stands for no part of an address"},
		"a name":                            {"localhost", "write 127.0.0.1 for localhost"},
		"bits behind the prefix":            {"10.0.0.5/8", "write 10.0.0.0/8 or 10.0.0.5"},
		"a zone":                            {"fe80::1%eth0", "write fe80::1"},
		"a zone in a prefix":                {"fe80::%eth0/64", "write fe80::"},
		"a prefix too long":                 {"2001:db8::/129", "not a prefix"},
		"a prefix too long, IPv4":           {"10.0.0.0/33", "not a prefix"},
		"a prefix of both families":         {"::ffff:0:0/95", "write 0.0.0.0/0 or ::/0"},
		"a bare dot behind a class":         {`10[.]0.0[.]1`, `\. for a dot`},
		"an expression that does not parse": {"10(", "nor a regular expression"},
		"a parenthesis that closes ours":    {`10\.0\.0\.1)|(10\.0\.0\.2`, "nor a regular expression"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, faults := compileAddresses([]string{"10.0.0.1", tc.entry})
			require.Len(t, faults, 1)
			assert.ErrorContains(t, faults[0], "IgnoreIPAddresses[1]")
			assert.ErrorContains(t, faults[0], tc.says)
		})
	}
}
