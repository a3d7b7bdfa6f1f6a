package stores

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// secret stands on both sides of whatever breaks a password apart.
const secret = "hunter2"

// Wrong URLs with a password in them, each wrong in another place.
var leaky = []struct{ name, url string }{
	{"in front of everything", "hunter2"},
	{"without a scheme", "user:hunter2@host/0"},
	{"as a scheme", "hunter2:6379"},
	{"as a scheme with a host", "hunter2:password@host"},
	{"another scheme", "oracle://user:hunter2@host/shop"},
	{"mysql, no database", "mysql://user:hunter2@host"},
	{"mysql, unknown parameter", "mysql://user:hunter2@host/shop?swtich=hunter2"},
	{"mysql, encryption", "mysql://user:hunter2@host/shop?tls=hunter2"},
	{"mysql, parameter", "mysql://host/shop?password=hunter2"},
	{"mysql, interval", "mysql://user:hunter2@host/shop?poll=hunter2"},
	{"of SQLite", "sqlite://user:hunter2@host/app.db"},
	{"parameter of SQLite", "sqlite:app.db?password=hunter2"},
	{"a DSN", "host=h password=hunter2"},
	{"a quoted DSN", "host=h password='hunter2 hunter2'"},
	{"wrong port", "redis://user:hunter2@host:port/0"},
	{"slash in it", "redis://user:hunter2/hunter2@host/0"},
	{"slash in it after digits", "redis://user:12/hunter2@host/0"},
	{"question mark in it", "redis://user:12?hunter2=hunter2@host/0"},
	{"hash in it", "redis://user:12#hunter2@host/0"},
	{"percent in it", "redis://user:hunter2%zz@host/0"},
	{"line break behind", "redis://user:hunter2@host/0\n"},
	{"wrong database", "redis://user:hunter2@host/hunter2"},
	{"no at sign", "redis://user:hunter2"},
	{"another word", "redis://user:hunter2@host?assume=hunter2"},
	{"unknown parameter", "redis://user:hunter2@host?swtich=hunter2"},
	{"wrong parameter", "redis://user:hunter2@host?db=hunter2"},
	{"semicolon", "redis://user:hunter2@host?db=1;password=hunter2"},
	{"twice", "redis://user:hunter2@host?password=hunter2&password=hunter2"},
	{"of a file", "file://user:hunter2@host/on.json"},
	{"parameter of a file", "file:on.json?password=hunter2"},
	{"socket", "redis+unix://user:hunter2@run/redis.sock"},
	{"postgres, wrong port", "postgres://user:hunter2@host:99999/shop"},
	{"postgres, wrong sslmode", "postgres://user:hunter2@host/shop?sslmode=hunter2"},
	{"postgres, parameter", "postgres://host/shop?password=hunter2&sslmode=maybe"},
	{"postgres, encoded parameter", "postgres://host/shop?password=%68unter2%20hunter2&sslmode=maybe"},
	{"postgres, key's password", "postgres://host/shop?sslpassword=hunter2&sslcert=/no&sslkey=/no/such"},
	{"postgres, ampersand in it", "postgres://host/shop?password=a&hunter=b"},
	{"redis, ampersand in it", "redis://host?password=a&hunter=b"},
	{"postgres, backtick", "postgres://user:hunter2@host/`shop?password=hunter2&sslmode=maybe"},
	{"postgres, without slashes", "postgres:user:hunter2@host"},
	{"postgres, brackets", "postgres://user:hunter2@[host/shop"},
	{"postgres, unknown", "postgres://user:hunter2@host/shop?swtich=hunter2"},
}

func TestErrorsShowNoSecret(t *testing.T) {
	for _, test := range leaky {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := Open(t.Context(), test.url)
			require.Error(t, err)
			for ; err != nil; err = errors.Unwrap(err) {
				assert.NotContains(t, err.Error(), secret[:len(secret)-1])
			}
		})
	}
}

// Whatever a release of a client says: what holds a secret is left out, the rest
// is told.
func TestFault(t *testing.T) {
	for _, test := range []struct {
		name, url string
		cause     error
		told      bool
	}{
		{"harmless", "redis://u:hunter2@h", errors.New("detail"), true},
		{"password", "redis://u:hunter2@h", errors.New("detail: hunter2"), false},
		{"password as written", "redis://u:hunter2%2F@h", errors.New("detail: %2F hunter2%2F"), false},
		{"parameter", "postgres://h/d?password=hunter2", errors.New("detail: hunter2"), false},
		{"parameter as written", "postgres://h/d?password=hunter2%20", errors.New("detail: hunter2+"), false},
		{"password of a key", "postgres://h/d?sslpassword=hunter2", errors.New("detail: hunter2"), false},
		{"a URL", "redis://h", &url.Error{Op: "parse", URL: "hunter2", Err: errors.New("detail")}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := parse(test.url)
			require.NoError(t, err)
			err = a.fault(test.cause, test.cause.Error(), "remedy")
			assert.ErrorContains(t, err, "remedy")
			assert.NotContains(t, err.Error(), secret)
			assert.Equal(t, test.told, strings.Contains(err.Error(), "detail"), err.Error())
		})
	}
}

// FuzzOpen puts whatever it likes around a password, and into it: Open never
// panics, and never shows it.
func FuzzOpen(f *testing.F) {
	for _, scheme := range []string{"file", "redis", "rediss", "redis+unix", "unix", "postgres", "postgresql", "mysql", "sqlite", ""} {
		f.Add(scheme+"://", "user", "@", "host:1", "/1?switch=a")
		f.Add(scheme+"://", "", "/@", "[::1]", "?db=1&table=b")
		f.Add(scheme+":", "user", "#", "host", "/run/a.sock?prefix=%20")
		f.Add(scheme+":/", "user", "?sslmode=", "@h", "&pool_max_conns=0")
		f.Add(scheme+"://", "u", "%", "h:p", "/d?user=a&user=b")
	}
	f.Fuzz(func(t *testing.T, scheme, user, middle, host, rest string) {
		around := scheme + user + middle + host + rest
		if strings.Contains(around, "unter2") || strings.Contains(strings.ToLower(around), "file=") ||
			strings.Contains(strings.ToLower(around), "cert=") || strings.Contains(strings.ToLower(around), "key=") {
			return // the secret by chance, or files of this machine that pgx would read
		}
		for _, url := range []string{
			scheme + user + ":" + secret + middle + secret + "@" + host + rest,
			scheme + user + "@" + host + rest + "&password=" + secret + middle + secret,
			scheme + user + middle + ":" + secret + host + rest,
		} {
			store, done, err := Open(t.Context(), url)
			if err == nil {
				require.NotNil(t, store)
				require.NoError(t, done())
				continue
			}
			require.Nil(t, store)
			require.Nil(t, done)
			require.NotContains(t, err.Error(), secret)
		}
	})
}
