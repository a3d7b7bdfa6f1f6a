package stores

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// open opens a store that the test's end closes.
func open(t *testing.T, url string) maintenance.Store {
	t.Helper()
	store, done, err := Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, done()) })
	return store
}

// switchOn saves through one URL, and checks what another one shows.
func switchOn(t *testing.T, store maintenance.Store, same, other string) {
	t.Helper()
	saved, err := store.Save(t.Context(), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	state, err := open(t, same).Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, saved, state)
	state, err = open(t, other).Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, state, "another switch stays as it was")
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	switchOn(t, open(t, "file:a%20b.json"), "file:"+(&url.URL{Path: filepath.ToSlash(filepath.Join(dir, "a b.json"))}).EscapedPath(), "file:other.json")
	assert.FileExists(t, filepath.Join(dir, "a b.json"))
}

func TestRedis(t *testing.T) {
	server := redistest.Start(t, "requirepass se/cr:et@")
	base := "redis://:se%2Fcr%3Aet%40@" + server.Addr()
	switchOn(t, open(t, base+"/2?switch=blue&prefix=shop"), base+"?prefix=shop&db=2&switch=blue", base+"/2?prefix=shop")
	client := redistest.Connect(t, &redis.Options{Addr: server.Addr(), Password: "se/cr:et@", DB: 2})
	keys, err := client.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"shop:{blue}:state", "shop:{blue}:history"}, keys)

	roster, ok := open(t, base+"?assume=nothing-lost").(maintenance.Roster)
	require.True(t, ok)
	listing, err := roster.Replicas(t.Context())
	require.NoError(t, err)
	assert.Empty(t, listing.Vouched, "this server tells who it is")

	_, err = open(t, "redis://:wr%2Fong@"+server.Addr()).Load(t.Context())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "wr/ong")
}

func TestMySQL(t *testing.T) {
	ca, cert, key := authority(t)
	server := mariatest.New(t, "ssl-ca="+ca, "ssl-cert="+cert, "ssl-key="+key)
	base := "mysql://" + server.User() + ":" + server.Password() + "@" + server.Addr() + "/" + server.Database(t)
	store := open(t, base+"?switch=blue&table=shop_switch")
	require.NoError(t, store.(interface{ Migrate(context.Context) error }).Migrate(t.Context()))
	switchOn(t, store, base+"?table=shop_switch&switch=blue", base+"?table=shop_switch")

	_, err := open(t, base+"?switch=blue").Load(t.Context())
	require.ErrorContains(t, err, "Migrate", "the other table was not made")
	_, err = open(t, "mysql://"+server.User()+":wr%2Fong@"+server.Addr()+"/shop").Load(t.Context())
	require.ErrorContains(t, err, "correct the user name or the password")
	assert.NotContains(t, err.Error(), "wr/ong")

	t.Run("with certificates", func(t *testing.T) {
		require.NoError(t, server.Exec(t.Context(), "CREATE USER certified IDENTIFIED BY '"+secret+"' REQUIRE X509"))
		require.NoError(t, server.Exec(t.Context(), "GRANT ALL ON *.* TO certified"))
		base := strings.Replace(base, server.User()+":"+server.Password(), "certified", 1) + "?table=shop_switch&password_file=" + file(t, secret+"\n")
		all := base + "&ca=" + ca + "&cert=" + cert + "&key=" + key
		switchOn(t, open(t, all), all, all+"&switch=another")
		stranger, _, _ := authority(t)
		refused(t, base+"&ca="+stranger+"&cert="+cert+"&key="+key, "the server's certificate is not trusted")
		refused(t, base+"&ca="+ca, "its certificate where the server wants one")
		refused(t, base, "its certificate where the server wants one")
	})
}

// refused checks what an error of a store's first call says, and that it shows no secret.
func refused(t *testing.T, url, says string) {
	t.Helper()
	_, err := open(t, url).Load(t.Context())
	require.ErrorContains(t, err, says)
	assert.NotContains(t, err.Error(), secret)
}

func TestSQLite(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	store := open(t, "sqlite:a%20b%3F.db?switch=blue")
	require.NoError(t, store.(interface{ Migrate(context.Context) error }).Migrate(t.Context()))
	absolute := "sqlite:" + (&url.URL{Path: filepath.ToSlash(filepath.Join(dir, "a b?.db"))}).EscapedPath()
	switchOn(t, store, absolute+"?switch=blue", absolute)
	assert.FileExists(t, filepath.Join(dir, "a b?.db"))
}

// A mistyped path must not become an empty database.
func TestSQLiteThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("taken", nil, 0o600))
	for url, says := range map[string]string{
		"sqlite:typo.db":      "there is no file " + filepath.Join(dir, "typo.db") + `; correct the path, or make the file with "ginmaint store migrate"`,
		"sqlite:none/app.db":  "there is no folder " + filepath.Join(dir, "none") + "; correct the path, or make the folder",
		"sqlite:./":           dir + " is a folder; write the name of a file behind it",
		"sqlite:taken/app.db": filepath.Join(dir, "taken") + " is no folder; correct the path",
	} {
		store := open(t, url)
		_, err := store.Load(t.Context())
		require.ErrorContains(t, err, says)
		_, err = store.Save(t.Context(), maintenance.State{Level: maintenance.On})
		require.ErrorContains(t, err, says)
		if url != "sqlite:typo.db" {
			err = store.(interface{ Migrate(context.Context) error }).Migrate(t.Context())
			require.ErrorContains(t, err, says)
		}
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Len(t, entries, 1, "nothing was made")
	}
}

// A server without TLS says so, and the client's own timeout leaves the command the time to.
func TestNoTLS(t *testing.T) {
	maria := mariatest.New(t)
	_, err := open(t, "mysql://"+maria.User()+":"+maria.Password()+"@"+maria.Addr()+"/mysql?tls=true").Load(t.Context())
	require.ErrorContains(t, err, "the server has no TLS: set it up there, or leave tls out")

	_, err = open(t, "rediss://"+redistest.Start(t).Addr()).Load(t.Context())
	require.ErrorContains(t, err, "perhaps it speaks no TLS on this port")
}

func TestNoSuchNumber(t *testing.T) {
	_, err := open(t, "redis://"+redistest.Start(t).Addr()+"/99").Load(t.Context())
	require.ErrorContains(t, err, "write another number for the client's DB, or after the slash of the URL")
}

func TestPostgres(t *testing.T) {
	server := pgtest.New(t)
	base := server.Database(t)
	store := open(t, base+"&switch=blue&table=shop_switch")
	migrator, ok := store.(interface{ Migrate(context.Context) error })
	require.True(t, ok, "the command asks the store to create its tables")
	require.NoError(t, migrator.Migrate(t.Context()))
	switchOn(t, store, base+"&table=shop_switch&switch=blue", base+"&table=shop_switch")

	_, err := open(t, base+"&switch=blue").Load(t.Context())
	require.ErrorContains(t, err, "Migrate", "the other table was not made")

	wrong, err := url.Parse(base)
	require.NoError(t, err)
	wrong.User = url.UserPassword("postgres", "wr/ong")
	_, err = open(t, wrong.String()).Load(t.Context())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "wr/ong")

	t.Run("with certificates", func(t *testing.T) {
		ca, cert, key := authority(t)
		server.Encrypt(t, ca, cert, key)
		right, err := url.Parse(base)
		require.NoError(t, err)
		password, _ := right.User.Password()
		right.User = url.User("postgres")
		base := strings.Replace(right.String(), "sslmode=disable", "sslmode=verify-full", 1) + "&table=shop_switch&password_file=" + file(t, password+"\n")
		all := base + "&sslrootcert=" + ca + "&sslcert=" + cert + "&sslkey=" + key
		switchOn(t, open(t, all), all, all+"&switch=another")
		stranger, _, _ := authority(t)
		for url, says := range map[string]string{
			base + "&sslrootcert=" + stranger + "&sslcert=" + cert + "&sslkey=" + key: "the server's certificate is not trusted",
			base + "&sslrootcert=" + ca:                        "its certificate where the server wants one",
			strings.Replace(all, "127.0.0.1", "localhost", 1):  "connect by a name that the server's certificate has",
			strings.Replace(base, "verify-full", "disable", 1): "its certificate where the server wants one",
		} {
			_, err := open(t, url).Load(t.Context())
			require.ErrorContains(t, err, says)
			assert.NotContains(t, err.Error(), password)
		}
	})
}
