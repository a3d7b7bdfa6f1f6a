package sqlstore_test

import (
	"context"
	"database/sql"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"

	"github.com/jackc/pgx/v5/pgxpool"
)

func TestRowThatCantBeTrusted(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		for _, c := range []struct{ name, change, want string }{
			{"not an object", `document = '[]'`, "can't be read"},
			{"unknown level", `document = '{"level":"closed"}'`, "level"},
			{"edited by hand", `document = '{"level":"off"}'`, "changed by hand"},
			{"other revision", `revision = 7`, "changed by hand"},
			{"other id", `id = 'x'`, "changed by hand"},
			{"newer release", `version = 2`, "newer release"},
		} {
			t.Run(c.name, func(t *testing.T) {
				store := d.store(db, sqlstore.Switch(c.name))
				saved := save(t, store, maintenance.On)
				joined := join(t, store, maintenance.Replica{ID: "a"})
				set(t, db, "UPDATE ginmaint SET "+c.change+" WHERE name = '"+c.name+"'")

				found, err := store.Load(t.Context())
				require.ErrorContains(t, err, c.want)
				assert.Zero(t, found)
				_, err = store.Replicas(t.Context())
				require.ErrorContains(t, err, c.want)
				_, err = store.Renew(t.Context(), joined)
				require.ErrorContains(t, err, c.want)
				if c.name == "newer release" {
					_, err = store.Save(t.Context(), saved)
					require.ErrorContains(t, err, "newer release")
				}
			})
		}
	})
}

func TestRevisionPastTheColumn(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		store := d.store(db)
		_, err := store.Save(t.Context(), maintenance.State{Level: maintenance.On, Revision: math.MaxInt64})
		require.ErrorIs(t, err, maintenance.ErrConflict)
		_, err = store.Restore(t.Context(), maintenance.State{ID: "x", Revision: math.MaxUint64}, maintenance.State{})
		require.ErrorContains(t, err, "sqlstore: there is no revision after")
		_, err = store.Restore(t.Context(), maintenance.State{Level: maintenance.On}, maintenance.State{})
		require.ErrorContains(t, err, "without an ID")
	})
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			db := d.open(t)
			db.SetMaxOpenConns(10)
			start := make(chan struct{})
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					<-start
					assert.NoError(t, d.store(db).Migrate(t.Context()))
				})
			}
			close(start)
			all.Wait()
			saved := save(t, d.store(db), maintenance.On)
			require.NoError(t, d.store(db).Migrate(t.Context()))
			present, err := d.store(db).Load(t.Context())
			require.NoError(t, err)
			assert.Equal(t, saved, present)
		})
	}
}

func TestSwitchesAndTablesAreApart(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		saved := make(map[string]maintenance.State)
		stores := map[string]*sqlstore.Store{
			"default":    d.store(db),
			"name":       d.store(db, sqlstore.Switch("billing")),
			"upper case": d.store(db, sqlstore.Switch("Billing")),
			"blank":      d.store(db, sqlstore.Switch("billing ")),
			"odd name":   d.store(db, sqlstore.Switch(`o'hara \ "$1" ? – é`)),
			"table":      d.store(db, sqlstore.Table("other")),
			"odd table":  d.store(db, sqlstore.Table("sel'ect $1 `?\" \\ {{lock}} --")),
			"reserved":   d.store(db, sqlstore.Table("select")),
		}
		for name, store := range stores {
			require.NoError(t, store.Migrate(t.Context()), name)
			saved[name] = save(t, store, maintenance.On)
			join(t, store, maintenance.Replica{ID: "one", Name: name})
		}
		for name, store := range stores {
			listing := list(t, store)
			assert.Equal(t, saved[name], listing.State, name)
			if assert.Len(t, listing.Replicas, 1, name) {
				assert.Equal(t, name, listing.Replicas[0].Name)
			}
		}
	})
}

// Packages pgstore and sqlstore work on the same tables, and what this one saves that one
// is told at once.
func TestBesidePgstore(t *testing.T) {
	t.Parallel()
	url := postgres.Database(t)
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	defer pool.Close()
	other := pgstore.New(pool)
	require.NoError(t, other.Migrate(t.Context()))
	store := sqlstore.New(open(t, "pgx", url), sqlstore.PostgreSQL)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	told, ended := make(chan maintenance.State, 10), make(chan struct{})
	go func() {
		defer close(ended)
		_ = other.Watch(ctx, func(s maintenance.State) { told <- s })
	}()
	assert.Zero(t, <-told)
	saved := save(t, store, maintenance.On)
	assert.Equal(t, saved, <-told)
	cancel()
	<-ended

	joined := join(t, store, maintenance.Replica{ID: "one"})
	_, err = other.Renew(t.Context(), joined)
	require.NoError(t, err)
	listing, err := other.Replicas(t.Context())
	require.NoError(t, err)
	assert.Equal(t, listing.Incarnation, list(t, store).Incarnation)
}

// A commit is on disk before it returns, also where the application has chosen otherwise.
func TestSQLiteSyncsWhatCounts(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite", "file:"+t.TempDir()+"/app.db?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	db.SetMaxOpenConns(1)
	store := sqlstore.New(db, sqlstore.SQLite)
	require.NoError(t, store.Migrate(t.Context()))
	set(t, db, "CREATE TABLE seen (at int)")
	set(t, db, "CREATE TRIGGER look AFTER INSERT ON ginmaint BEGIN INSERT INTO seen SELECT * FROM pragma_synchronous; END")
	save(t, store, maintenance.On)
	var at int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT at FROM seen").Scan(&at))
	assert.Equal(t, 2, at)
	require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&at))
	assert.Zero(t, at, "of the pool's other work")
}
