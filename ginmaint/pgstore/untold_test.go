package pgstore_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

// standIn returns a pool on a server that runs these statements in a schema whose functions
// go before its own.
func standIn(t *testing.T, statements string) *pgxpool.Pool {
	t.Helper()
	pool := connect(t, server.Database(t), func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["search_path"] = "fake, pg_catalog"
	})
	set(t, pool, "CREATE SCHEMA fake")
	set(t, pool, statements)
	// The owner's word is not taken where the server says fsync=off, as those of the tests do.
	set(t, pool, `CREATE FUNCTION fake.current_setting(text) RETURNS text LANGUAGE sql AS
		$$SELECT CASE WHEN $1 = 'fsync' THEN 'on' ELSE pg_catalog.current_setting($1) END$$`)
	require.NoError(t, pgstore.New(pool).Migrate(t.Context()))
	return pool
}

// refusing makes a server refuse the timeline.
func refusing(sqlstate, message string) string {
	return `CREATE FUNCTION fake.pg_current_wal_insert_lsn() RETURNS pg_lsn LANGUAGE plpgsql VOLATILE AS
		$$BEGIN RAISE EXCEPTION '` + message + `' USING ERRCODE = '` + sqlstate + `'; END$$`
}

// Where a server does not tell its timeline all works but the proof, and that rests on the
// owner's word where it is given.
func TestServersThatDontTellTheirTimeline(t *testing.T) {
	for _, c := range []struct{ name, does, why string }{
		{"Aurora", refusing("55000", "wal_level must be set to logical"), "wal_level must be set to logical"},
		{"lacks it", refusing("42883", "function does not exist"), "function does not exist"},
		{"does not support it", refusing("0A000", "unimplemented"), "unimplemented"},
		{"Aurora that does not list its function", `CREATE FUNCTION fake.current_setting(text, boolean) RETURNS text LANGUAGE sql AS
			$$SELECT CASE WHEN $1 = 'apg_ccm_enabled' THEN 'off' ELSE pg_catalog.current_setting($1, $2) END$$`, "is Amazon Aurora"},
		{"Aurora with wal_level=logical", "CREATE FUNCTION fake.aurora_version() RETURNS text LANGUAGE sql AS $$SELECT '15.4'$$", "is Amazon Aurora"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := standIn(t, c.does)
			open := func(opts ...pgstore.Option) *maintenance.Mode {
				mode, err := maintenance.Open(t.Context(), pgstore.New(pool, opts...), maintenance.FreshStore())
				require.NoError(t, err)
				if ticket, ok := mode.Enter(maintenance.Read); ok { // what is idle holds no drain
					ticket.Leave()
				}
				t.Cleanup(func() { require.NoError(t, mode.Close()) })
				return mode
			}
			a, b := open(), open()
			require.NoError(t, a.On(t.Context()))
			require.Eventually(t, func() bool { return b.Level() == maintenance.On }, patience, time.Millisecond)
			report, err := a.Drain(t.Context())
			require.ErrorIs(t, err, maintenance.ErrNotDrained)
			assert.False(t, report.Drained)
			for _, part := range []string{c.why, "pgstore.AssumeNothingLost", "assume=nothing-lost"} {
				require.ErrorContains(t, err, part)
			}
			require.NoError(t, b.Close(), "it can be removed")

			vouched := open(pgstore.AssumeNothingLost())
			report, err = vouched.Drain(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "pgstore.AssumeNothingLost", report.Vouched)
			assert.Equal(t, 2, report.Total)
		})
	}
}

// What was told to a server that does not tell its timeline proves nothing to one that does.
func TestTimelineThatIsToldFromNowOn(t *testing.T) {
	pool := standIn(t, refusing("55000", "wal_level must be set to logical"))
	untold := pgstore.New(pool)
	kept := join(t, untold, maintenance.Replica{ID: "kept"})
	_, err := untold.Renew(t.Context(), kept)
	require.NoError(t, err)

	set(t, pool, "ALTER FUNCTION fake.pg_current_wal_insert_lsn() RENAME TO refused")
	told := pgstore.New(pool)
	listing := list(t, told)
	require.NoError(t, listing.Unproven)
	require.Len(t, listing.Replicas, 2)
	assert.NotEqual(t, listing.Incarnation, kept.Incarnation)
	assert.Equal(t, "unknown-"+kept.Incarnation, listing.Replicas[1].ID)
	_, err = told.Renew(t.Context(), kept)
	require.ErrorIs(t, err, maintenance.ErrUnlisted)

	joined := join(t, told, kept)
	_, err = untold.Renew(t.Context(), joined) // it has not noticed yet
	require.ErrorIs(t, err, maintenance.ErrUnlisted)
	require.Error(t, list(t, untold).Unproven)
}
