package stores

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

// Nothing listens on any of these addresses: opening does not connect.
func TestOpenChoosesTheStore(t *testing.T) {
	for url, want := range map[string]any{
		"file:maintenance_mode.json":                        &filestore.Store{},
		"FILE:maintenance_mode.json":                        &filestore.Store{},
		"redis://":                                          &redisstore.Store{},
		"redis://user:secret@192.0.2.1:1/3?switch=blue":     &redisstore.Store{},
		"rediss://192.0.2.1?prefix=shop&read_timeout=3s":    &redisstore.Store{},
		"redis://192.0.2.1?assume=nothing-lost":             &redisstore.Store{},
		"redis+unix:///no/such.sock?db=3":                   &redisstore.Store{},
		"unix://user:secret@/no/such.sock":                  &redisstore.Store{},
		"postgres://":                                       &pgstore.Store{},
		"mysql://user:secret@192.0.2.1:1/shop?switch=blue":  &sqlstore.Store{},
		"mariadb://192.0.2.1/shop?tls=true&poll=100ms":      &sqlstore.Store{},
		"mysql:///shop?socket=/no/such.sock&table=ops.t":    &sqlstore.Store{},
		"sqlite:no/such.db?switch=blue":                     &sqliteStore{},
		"sqlite:///no/such/app.db":                          &sqliteStore{},
		"postgres://user:secret@192.0.2.1:1/shop":           &pgstore.Store{},
		"postgresql:///shop?host=/no/such&table=ops.switch": &pgstore.Store{},
		"Postgres://192.0.2.1/shop?switch=blue":             &pgstore.Store{},
	} {
		t.Run(url, func(t *testing.T) {
			store, done, err := Open(t.Context(), url)
			require.NoError(t, err)
			assert.IsType(t, want, store)
			assert.NoError(t, done())
		})
	}
}

func TestOpenAfterTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := Open(ctx, "redis://")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestFilePath(t *testing.T) {
	for _, test := range []struct{ name, url, want string }{
		{"a name", "file:maintenance_mode.json", "maintenance_mode.json"},
		{"relative", "file:./state/on.json", "./state/on.json"},
		{"above", "file:../on.json", "../on.json"},
		{"from the root", "file:///var/lib/on.json", "/var/lib/on.json"},
		{"from the root, one slash", "file:/var/lib/on.json", "/var/lib/on.json"},
		{"this host", "file://localhost/var/lib/on.json", "/var/lib/on.json"},
		{"percent-encoded, relative", "file:a%20b%3Fc%23d%25e%40f.json", "a b?c#d%e@f.json"},
		{"percent-encoded, from the root", "file:///a%20b%3Fc%23d%25e%40f.json", "/a b?c#d%e@f.json"},
		{"not ASCII", "file:wartung/schön.json", "wartung/schön.json"},
		{"blanks", "file:on off.json", "on off.json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := parse(test.url)
			require.NoError(t, err)
			path, err := filePath(a.url, filestore.DefaultPath)
			require.NoError(t, err)
			assert.Equal(t, filepath.FromSlash(test.want), path)
		})
	}
}

func TestRedisOptions(t *testing.T) {
	for _, test := range []struct {
		name, url               string
		network, addr           string
		user, password, tlsName string
		database                int
		readTimeout             time.Duration
	}{
		{name: "nothing said", url: "redis://", network: "tcp", addr: "localhost:6379"},
		{name: "port alone", url: "redis://:7000", network: "tcp", addr: "localhost:7000"},
		{name: "host alone", url: "redis://r.example/", network: "tcp", addr: "r.example:6379"},
		{name: "all", url: "redis://u:p@r.example:7000/3?read_timeout=3s", network: "tcp", addr: "r.example:7000", user: "u", password: "p", database: 3, readTimeout: 3 * time.Second},
		{name: "password alone", url: "redis://:p@r.example", network: "tcp", addr: "r.example:6379", password: "p"},
		{name: "odd password", url: "redis://:a%2Fb%3Fc%23d%40e%3Af%25g+h@r.example", network: "tcp", addr: "r.example:6379", password: "a/b?c#d@e:f%g+h"},
		{name: "IPv6", url: "redis://[::1]:7000", network: "tcp", addr: "[::1]:7000"},
		{name: "IPv6 without a port", url: "rediss://[::1]", network: "tcp", addr: "[::1]:6379", tlsName: "::1"},
		{name: "TLS", url: "rediss://r.example:7000", network: "tcp", addr: "r.example:7000", tlsName: "r.example"},
		{name: "database as a parameter", url: "redis://r.example?db=3", network: "tcp", addr: "r.example:6379", database: 3},
		{name: "socket", url: "redis+unix:///run/r.sock?db=3", network: "unix", addr: "/run/r.sock", database: 3},
		{name: "socket with a password", url: "unix://u:p@/run/r%20r.sock", network: "unix", addr: "/run/r r.sock", user: "u", password: "p"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := parse(test.url)
			require.NoError(t, err)
			o, err := redisOptions(a)
			require.NoError(t, err)
			assert.Equal(t, test.network, o.Network)
			assert.Equal(t, test.addr, o.Addr)
			assert.Equal(t, test.user, o.Username)
			assert.Equal(t, test.password, o.Password)
			assert.Equal(t, test.database, o.DB)
			assert.Equal(t, test.readTimeout, o.ReadTimeout)
			assert.Equal(t, test.tlsName != "", o.TLSConfig != nil)
			if o.TLSConfig != nil {
				assert.Equal(t, test.tlsName, o.TLSConfig.ServerName)
			}
		})
	}
}

func TestPostgresConfig(t *testing.T) {
	for _, test := range []struct {
		name, url                      string
		host                           string
		port                           uint16
		user, password, database, exec string
		maxConns                       int32
	}{
		{name: "all", url: "postgres://u:p@d.example:5433/shop?pool_max_conns=7", host: "d.example", port: 5433, user: "u", password: "p", database: "shop", maxConns: 7},
		{name: "the other scheme", url: "postgresql://u@d.example/shop", host: "d.example", port: 5432, user: "u", database: "shop"},
		{name: "odd password", url: "postgres://u:a%2Fb%3Fc%23d%40e%3Af%25g+h@d.example/shop", host: "d.example", port: 5432, user: "u", password: "a/b?c#d@e:f%g+h", database: "shop"},
		{name: "password as a parameter", url: "postgres://d.example/shop?user=u&password=a%26b", host: "d.example", port: 5432, user: "u", password: "a&b", database: "shop"},
		{name: "socket", url: "postgres:///shop?host=/run/postgresql&user=u", host: "/run/postgresql", port: 5432, user: "u", database: "shop"},
		{name: "nothing but parameters", url: "postgres://?host=/run/postgresql&user=u&dbname=shop", host: "/run/postgresql", port: 5432, user: "u", database: "shop"},
		{name: "several hosts", url: "postgres://u@a.example:5433,b.example:5434/shop?target_session_attrs=primary", host: "a.example", port: 5433, user: "u", database: "shop"},
		{name: "IPv6", url: "postgres://u@[::1]/shop", host: "::1", port: 5432, user: "u", database: "shop"},
		{name: "odd database", url: "postgres://u@d.example/a%20b%3Fc", host: "d.example", port: 5432, user: "u", database: "a b?c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := parse(test.url)
			require.NoError(t, err)
			c, err := postgresConfig(a)
			require.NoError(t, err)
			assert.Equal(t, test.host, c.ConnConfig.Host)
			assert.Equal(t, test.port, c.ConnConfig.Port)
			assert.Equal(t, test.user, c.ConnConfig.User)
			assert.Equal(t, test.password, c.ConnConfig.Password)
			assert.Equal(t, test.database, c.ConnConfig.Database)
			if test.maxConns != 0 {
				assert.Equal(t, test.maxConns, c.MaxConns)
			}
			assert.NotContains(t, c.ConnConfig.RuntimeParams, "switch", "it is not the server's")
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, test := range []struct{ name, url, says string }{
		{"nothing", "", "write file:PATH"},
		{"a path", "maintenance_mode.json", "not a path by itself; write file:PATH"},
		{"a path with a dot", "./maintenance_mode.json", "write file:PATH"},
		{"a path from the root", "/var/lib/maintenance_mode.json", "write file:PATH"},
		{"a drive", `C:\shop\on.json`, "write file:PATH"},
		{"no scheme", "redis", "write file:PATH"},
		{"host and port", "localhost:6379", "write file:PATH"},
		{"memory", "memory:", "there is no store for memory: URLs"},
		{"another store", "etcd://h:2379", "there is no store for etcd: URLs"},
		{"a DSN", "host=/run/postgresql dbname=shop", "write file:PATH"},
		{"a line break", "redis://h\n", "no blanks or line breaks"},
		{"a blank before", " redis://h", "no blanks or line breaks"},
		{"a port that is no number", "redis://h:port", "a number for the port"},
		{"a fragment", "file:a#b.json", "# as %23"},
		{"an empty fragment", "redis://h#", "# as %23"},
		{"semicolons", "redis://h?db=1;switch=a", "with & between them"},
		{"twice", "redis://h?switch=a&switch=b", `the parameter "switch" more than once`},
		{"twice, beside a password", "postgres://h/d?password=a&b=c&b=d", "the URL has a parameter more than once"},
		{"no value", "redis://h?switch", "write name=value"},
		{"no name", "redis://h?=blue", "a parameter that no store knows"},
		{"upper case", "redis://h?Switch=blue", "all names are of lower-case letters"},
		{"empty switch", "redis://h?switch=", "the parameter switch= is empty"},
		{"empty prefix", "redis://h?prefix=", "the parameter prefix= is empty"},
		{"empty table", "postgres://h/d?table=", "the parameter table= is empty"},

		{"file of nothing", "file:", "write file:maintenance_mode.json"},
		{"file of nothing, slashes", "file://", "write file:maintenance_mode.json"},
		{"file with two slashes", "file://maintenance_mode.json", "write file:maintenance_mode.json"},
		{"file on a host", "file://nas/on.json", "names no host"},
		{"file with a parameter", "file:on.json?switch=a", "takes no parameters"},
		{"file with a zero byte", "file:on%00.json", "a zero byte"},
		{"file with a lone percent", "file:100%.json", "write % as %25"},

		{"redis without slashes", "redis:localhost", "begins with redis://"},
		{"redis with one slash", "redis:/0", "begins with redis://"},
		{"redis, name for number", "redis://h/shop", "the number of the database"},
		{"redis, negative", "redis://h/-1", "the number of the database"},
		{"redis, two databases", "redis://h/1/2", "the number of the database"},
		{"redis, database twice", "redis://h/1?db=2", "names the database twice"},
		{"redis, a slash in the password", "redis://u:12/3@h/0", "a # or an @ where none belongs"},
		{"redis, a host with colons", "redis://a:b:1", "the host of the URL can't be read"},
		{"redis, two hosts", "redis://a:1,b:2", "names one host"},
		{"postgres, a port that is no number", "postgres://a:b,c:1/d", "the host of the URL can't be read"},
		{"mysql, no database", "mysql://h", "is the name of the database"},
		{"mysql, two hosts", "mysql://a,b/d", "names one host"},
		{"mysql, host and socket", "mysql://h/d?socket=/s", "keep one"},
		{"mysql, unknown", "mysql://h/d?swtich=a", `the parameter "swtich"`},
		{"mysql, another word", "mysql://h/d?assume=all", "assume= takes nothing-lost"},
		{"mysql, no duration", "mysql://h/d?poll=1", "takes a duration"},
		{"mysql, encryption", "mysql://h/d?tls=maybe", "tls= takes true"},
		{"sqlite, a host", "sqlite://h/app.db", "write sqlite:app.db"},
		{"sqlite, unknown", "sqlite:app.db?mode=ro", `the parameter "mode"`},
		{"redis, another word", "redis://h?assume=all", "assume= takes nothing-lost"},
		{"redis, unknown", "redis://h?swtich=a", "unexpected option: swtich"},
		{"redis, not its own", "redis://h?table=a", "unexpected option: table"},
		{"redis, password as a parameter", "redis://h?password=a", "the password stands before the host"},
		{"redis, no duration", "redis://h?read_timeout=soon", "read_timeout"},
		{"socket with two slashes", "redis+unix://run/redis.sock", "write three slashes"},
		{"socket of nothing", "unix://", "write three slashes"},
		{"socket without slashes", "redis+unix:run/redis.sock", "begins with redis+unix://"},

		{"postgres without slashes", "postgres:shop", "begins with postgres://"},
		{"postgres, unknown", "postgres://h/d?swtich=a", `the parameter "swtich", which a postgres: URL does not take`},
		{"postgres, not its own", "postgres://h/d?prefix=a", `the parameter "prefix", which a postgres: URL does not take`},
		{"postgres, unknown, beside a password", "postgres://h/d?password=a&b=c", "the URL has a parameter, which"},
		{"postgres, any setting with a dot", "postgres://h/d?my.switch=a", `the parameter "my.switch", which a postgres: URL does not take`},
		{"postgres, sslmode", "postgres://h/d?sslmode=maybe", "sslmode"},
		{"postgres, port", "postgres://h:99999/d", "port"},
		{"postgres, pool", "postgres://h/d?pool_max_conns=0", "pool_max_conns"},
		{"postgres, certificate", "postgres://h/d?sslmode=verify-full&sslrootcert=/no/such", "/no/such"},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, done, err := Open(t.Context(), test.url)
			require.ErrorContains(t, err, test.says)
			assert.True(t, strings.HasPrefix(err.Error(), "stores: "), err.Error())
			assert.Less(t, len(err.Error()), 400)
			if strings.Contains(test.url, "://h") {
				assert.NotContains(t, err.Error(), test.url, "an error quotes no URL")
			}
			assert.Nil(t, store)
			assert.Nil(t, done)
		})
	}
}
