package pgtest_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
)

func TestServerOutlivesItsOwnEnd(t *testing.T) {
	server := pgtest.New(t)
	database := server.Database(t)
	execute(t, database, "CREATE TABLE kept (n int)")

	for _, end := range []struct {
		name string
		by   func(*testing.T)
	}{
		{"stopped", func(t *testing.T) { require.NoError(t, server.Stop()) }},
		{"killed", func(*testing.T) { server.Kill() }},
	} {
		t.Run(end.name, func(t *testing.T) {
			execute(t, database, "INSERT INTO kept VALUES (1)")
			before, addr := count(t, database), server.Addr()
			end.by(t)
			_, err := pgx.Connect(t.Context(), database)
			require.Error(t, err, "the server still answers")
			require.NoError(t, server.Restart())
			assert.Equal(t, addr, server.Addr())
			assert.Equal(t, before, count(t, database))
		})
	}
	require.NoError(t, server.Restart(), "one that runs")
	assert.Equal(t, 2, count(t, database))
}

func TestDatabasesAreApart(t *testing.T) {
	server := pgtest.New(t)
	one, two := server.Database(t), server.Database(t)
	assert.NotEqual(t, one, two)
	execute(t, one, "CREATE TABLE kept (n int)")
	execute(t, two, "CREATE TABLE kept (n int)")
}

func TestPasswordIsChecked(t *testing.T) {
	server := pgtest.New(t)
	u, err := url.Parse(server.URL("postgres"))
	require.NoError(t, err)
	u.User = url.UserPassword("postgres", "wrong")
	_, err = pgx.Connect(t.Context(), u.String())
	assert.ErrorContains(t, err, "password authentication failed")
}

func TestStandbyFollowsAndIsPromoted(t *testing.T) {
	server := pgtest.New(t)
	database := server.Database(t)
	standby := server.Standby(t)
	execute(t, database, "CREATE TABLE kept (n int)")
	execute(t, database, "INSERT INTO kept VALUES (1)")
	require.NoError(t, server.CatchUp(t.Context(), standby))

	u, err := url.Parse(database)
	require.NoError(t, err)
	u.Host = standby.Addr()
	assert.Equal(t, 1, count(t, u.String()))
	require.NoError(t, standby.Promote(t.Context()))
	execute(t, u.String(), "INSERT INTO kept VALUES (2)")
	assert.Equal(t, 1, count(t, database), "the old primary is on its own")
}

func TestCloseLeavesNothing(t *testing.T) {
	dir := open(t)
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // on Windows
	server, err := pgtest.Start("log_connections=on")
	require.NoError(t, err)
	require.NoError(t, server.Close())
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestSettingThatDoesNotExist(t *testing.T) {
	_, err := pgtest.Start("no_such_setting=1")
	require.ErrorContains(t, err, "no_such_setting")
}

func TestMissingServer(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := pgtest.Search([]string{filepath.Join(t.TempDir(), "*")})
	require.ErrorContains(t, err, "the package postgresql")
	assert.NotContains(t, err.Error(), "\n")
}

// open returns a folder that the server's user may enter.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest-open")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o777))
	return filepath.Clean(dir)
}

func execute(t *testing.T, database, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
	require.NoError(t, conn.Close(context.WithoutCancel(t.Context())))
}

func count(t *testing.T, database string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM kept").Scan(&n))
	require.NoError(t, conn.Close(t.Context()))
	return n
}
