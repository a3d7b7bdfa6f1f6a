package mariatest_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
)

func TestServerOutlivesItsOwnEnd(t *testing.T) {
	server := mariatest.New(t)
	db, err := sql.Open("mysql", server.DSN(server.Database(t)))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "CREATE TABLE kept (n int)")
	require.NoError(t, err)
	count := func() (n int) {
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM kept").Scan(&n))
		return n
	}
	for _, end := range []struct {
		name string
		by   func(*testing.T)
	}{
		{"stopped", func(t *testing.T) { require.NoError(t, server.Stop()) }},
		{"killed", func(*testing.T) { server.Kill() }},
	} {
		t.Run(end.name, func(t *testing.T) {
			_, err := db.ExecContext(t.Context(), "INSERT INTO kept VALUES (1)")
			require.NoError(t, err)
			before, addr := count(), server.Addr()
			end.by(t)
			require.Error(t, server.Exec(t.Context(), "DO 1"), "the server still answers")
			require.NoError(t, server.Restart())
			assert.Equal(t, addr, server.Addr())
			assert.Equal(t, before, count())
		})
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	server, err := mariatest.Start()
	require.NoError(t, err)
	require.NoError(t, server.Close())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestSettingThatDoesNotExist(t *testing.T) {
	_, err := mariatest.Start("no-such-setting=1")
	require.ErrorContains(t, err, "no-such-setting")
}
