package sqlstore_test

import (
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

func TestRosterThatWasLost(t *testing.T) {
	t.Parallel()
	for _, lose := range [][]string{
		{"DELETE FROM ginmaint_roster"},
		{"DELETE FROM ginmaint_roster", "DELETE FROM ginmaint_replicas"},
		{"DROP TABLE ginmaint", "DROP TABLE ginmaint_roster", "DROP TABLE ginmaint_replicas"},
	} {
		t.Run(lose[len(lose)-1], func(t *testing.T) {
			everywhere(t, func(t *testing.T, d database, db *sql.DB) {
				store := d.store(db)
				one, two := join(t, store, maintenance.Replica{ID: "one"}), join(t, store, maintenance.Replica{ID: "two"})
				assert.Equal(t, one.Incarnation, two.Incarnation)
				for _, statement := range lose {
					set(t, db, statement)
				}
				require.NoError(t, store.Migrate(t.Context()))

				_, err := store.Renew(t.Context(), one)
				require.ErrorIs(t, err, maintenance.ErrUnlisted)
				newcomer := join(t, store, maintenance.Replica{ID: "three"})
				assert.NotEqual(t, one.Incarnation, newcomer.Incarnation)
				assert.Empty(t, unknown(list(t, store)), "one that is new knows of no loss")
				again := join(t, store, one)
				assert.Equal(t, newcomer.Incarnation, again.Incarnation)
				join(t, store, two)

				lost := unknown(list(t, store))
				require.Len(t, lost, 1, "survivors make one together")
				assert.Equal(t, again.Incarnation, lost[0].Incarnation)
				require.NoError(t, store.Remove(t.Context(), lost[0].ID))
				join(t, store, again)
				assert.Empty(t, unknown(list(t, store)), "accepted by a person")
			})
		})
	}
}

// elsewhere is a roster that has come to another server, by a copy.
type elsewhere struct {
	before, after *sqlstore.Store
}

// copies are the ways by which a roster comes to another server.
var copies = map[string]func(t *testing.T, fill func(*sqlstore.Store)) elsewhere{
	// A replica that is promoted has what it was sent, and a server_id of its own.
	"MariaDB": func(t *testing.T, fill func(*sqlstore.Store)) elsewhere {
		server := mariatest.New(t)
		db := open(t, "mysql", server.DSN(server.Database(t)))
		store := databases[0].store(db)
		require.NoError(t, store.Migrate(t.Context()))
		fill(store)
		set(t, db, "SET GLOBAL server_id = 2")
		return elsewhere{store, store}
	},
	"SQLite": func(t *testing.T, fill func(*sqlstore.Store)) elsewhere {
		dir := t.TempDir()
		from := filepath.Join(dir, "app.db")
		store := sqlstore.New(openFile(t, from), sqlstore.SQLite)
		require.NoError(t, store.Migrate(t.Context()))
		fill(store)
		to := filepath.Join(dir, "copy.db")
		set(t, openFile(t, from), "VACUUM INTO '"+to+"'")
		return elsewhere{store, sqlstore.New(openFile(t, to), sqlstore.SQLite)}
	},
}

func TestRosterOnAnotherServer(t *testing.T) {
	t.Parallel()
	for name, copied := range copies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var kept, other maintenance.Replica
			e := copied(t, func(store *sqlstore.Store) {
				save(t, store, maintenance.On)
				kept = join(t, store, maintenance.Replica{ID: "kept", Lease: time.Minute})
				other = join(t, store, maintenance.Replica{ID: "other", Lease: time.Second})
			})
			listing := list(t, e.after)
			assert.NotEqual(t, kept.Incarnation, listing.Incarnation)
			assert.Zero(t, listing.Age, "nobody has joined it yet")
			assert.Equal(t, maintenance.On, listing.State.Level)
			made := unknown(listing)
			require.Len(t, made, 1, "it may lack the entry of one that never comes back")
			assert.Equal(t, time.Minute, made[0].Lease, "the longest that is known")
			_, err := e.after.Renew(t.Context(), kept)
			require.ErrorIs(t, err, maintenance.ErrUnlisted)

			newcomer := join(t, e.after, maintenance.Replica{ID: "newcomer"})
			listing = list(t, e.after)
			assert.Equal(t, newcomer.Incarnation, listing.Incarnation)
			require.Len(t, unknown(listing), 1, "only a newcomer came")
			assert.Equal(t, made[0].ID, unknown(listing)[0].ID)
			join(t, e.after, kept)
			assert.Len(t, unknown(list(t, e.after)), 1, "survivors and newcomers make one together")

			require.NoError(t, e.after.Remove(t.Context(), made[0].ID))
			join(t, e.after, maintenance.Replica{ID: "later"})
			assert.Empty(t, unknown(list(t, e.after)), "accepted by a person")
			assert.Len(t, list(t, e.after).Replicas, 4)
			_, err = e.after.Renew(t.Context(), other)
			require.ErrorIs(t, err, maintenance.ErrUnlisted, "its entry is of before")
		})
	}
}

func TestUnknownThatIsAcceptedBeforeAnybodyJoins(t *testing.T) {
	t.Parallel()
	for name, copied := range copies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := copied(t, func(store *sqlstore.Store) { join(t, store, maintenance.Replica{ID: "one"}) })
			made := unknown(list(t, e.after))
			require.Len(t, made, 1)
			require.ErrorIs(t, e.after.Remove(t.Context(), "unknown-another"), maintenance.ErrUnlisted)
			require.NoError(t, e.after.Remove(t.Context(), made[0].ID))
			assert.Empty(t, unknown(list(t, e.after)))
			require.ErrorIs(t, e.after.Remove(t.Context(), made[0].ID), maintenance.ErrUnlisted)
			join(t, e.after, maintenance.Replica{ID: "two"})
			listing := list(t, e.after)
			assert.Empty(t, unknown(listing))
			require.Len(t, listing.Replicas, 2)
			assert.NotEqual(t, listing.Incarnation, listing.Replicas[0].Incarnation, "what was there before proves nothing")
		})
	}
}

// A fail-over that is undone brings no incarnation back.
func TestFailOverAndBack(t *testing.T) {
	t.Parallel()
	server := mariatest.New(t)
	db := open(t, "mysql", server.DSN(server.Database(t)))
	store := databases[0].store(db)
	require.NoError(t, store.Migrate(t.Context()))
	first := join(t, store, maintenance.Replica{ID: "one"})
	set(t, db, "SET GLOBAL server_id = 2")
	second := join(t, store, maintenance.Replica{ID: "two"})
	set(t, db, "SET GLOBAL server_id = 1")
	third := join(t, store, maintenance.Replica{ID: "three"})
	assert.NotEqual(t, first.Incarnation, third.Incarnation)
	for _, r := range []maintenance.Replica{first, second} {
		_, err := store.Renew(t.Context(), r)
		require.ErrorIs(t, err, maintenance.ErrUnlisted)
	}
	assert.Len(t, unknown(list(t, store)), 2, "of both that have ended")
}

// A file that was moved or replaced is seen by nobody else: its processes must shut.
func TestFileThatWasReplaced(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(t *testing.T, path string){
		"deleted": func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
		"moved":   func(t *testing.T, path string) { require.NoError(t, os.Rename(path, path+".old")) },
		"by a copy": func(t *testing.T, path string) {
			from, err := os.Open(path)
			require.NoError(t, err)
			defer from.Close()
			to, err := os.Create(path + ".copy")
			require.NoError(t, err)
			_, err = io.Copy(to, from)
			require.NoError(t, err)
			require.NoError(t, to.Close())
			require.NoError(t, os.Rename(path+".copy", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.db")
			store := sqlstore.New(open(t, "sqlite", path), sqlstore.SQLite)
			require.NoError(t, store.Migrate(t.Context()))
			joined := join(t, store, maintenance.Replica{ID: "one"})
			replace(t, path)
			_, err := store.Renew(t.Context(), joined)
			require.ErrorIs(t, err, maintenance.ErrUnlisted, "so its Mode shuts")
			_, err = store.Join(t.Context(), joined)
			require.ErrorContains(t, err, "restart this process")
			_, err = store.Load(t.Context())
			require.ErrorContains(t, err, "was moved, deleted or replaced")
			_, err = store.Replicas(t.Context())
			require.ErrorContains(t, err, "restart this process")
		})
	}
}

func TestDatabaseInMemory(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite", "file:"+t.Name()+"?mode=memory&cache=shared&_pragma=busy_timeout(5000)")
	store := sqlstore.New(db, sqlstore.SQLite)
	require.NoError(t, store.Migrate(t.Context()))
	save(t, store, maintenance.On)
	joined := join(t, store, maintenance.Replica{ID: "one"})
	_, err := store.Renew(t.Context(), joined)
	require.NoError(t, err)
	assert.NoError(t, list(t, store).Unproven)
}

func TestAgeOfTheRoster(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		store := d.store(db)
		listing := list(t, store)
		assert.Empty(t, listing.Incarnation)
		assert.Zero(t, listing.Age)
		join(t, store, maintenance.Replica{ID: "one"})
		before, after := "began_at - 3600000000", "began_at + 7200000000"
		if d.dialect == sqlstore.PostgreSQL {
			before, after = "began_at - interval '1 hour'", "began_at + interval '2 hours'"
		}
		set(t, db, "UPDATE ginmaint_roster SET began_at = "+before)
		join(t, store, maintenance.Replica{ID: "two"})
		age := list(t, store).Age
		assert.GreaterOrEqual(t, age, time.Hour, "a further replica does not begin it anew")
		assert.Less(t, age, 2*time.Hour)
		set(t, db, "UPDATE ginmaint_roster SET began_at = "+after)
		assert.Zero(t, list(t, store).Age, "the server's clock was set back")
	})
}

func TestEntryThatCantBeRead(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		store := d.store(db)
		join(t, store, maintenance.Replica{ID: "one"})
		set(t, db, `UPDATE ginmaint_replicas SET entry = '{"level":"closed"}'`)
		_, err := store.Replicas(t.Context())
		require.ErrorContains(t, err, `sqlstore: the entry of the replica "one"`)
		require.NoError(t, store.Remove(t.Context(), "one"))
	})
}

// A missing or constant identity is never taken for one.
func TestServerThatDoesNotTellWhoItIs(t *testing.T) {
	for _, c := range []struct {
		name, tells string
		galera      bool
		want        string
	}{
		{"MySQL", "1 3e11fa47-71ca-11e1-9e33-c80aa9429562", false, ""},
		{"MariaDB", "1 db:3306", false, ""},
		{"zeros for a UUID", "1 00000000-0000-0000-0000-000000000000", false, "does not tell who it is"},
		{"no UUID", "1 ", false, "does not tell who it is"},
		{"a server_id alone", "1", false, "does not tell who it is"},
		{"no server_id", "0 3e11fa47-71ca-11e1-9e33-c80aa9429562", false, "does not tell who it is"},
		{"nothing", "", false, "does not tell who it is"},
		{"a node of a cluster", "1 db:3306", true, "Galera"},
	} {
		t.Run(c.name, func(t *testing.T) {
			why := sqlstore.Unproven(c.tells, c.galera)
			assert.Contains(t, why, c.want)
			assert.Equal(t, c.want == "", why == "")
		})
	}
}

// Where the server can't tell, everything works but the proof, unless its owner vouches.
func TestDrainWithoutProof(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		for _, c := range []struct {
			name string
			opts []sqlstore.Option
		}{{"nobody vouches", nil}, {"its owner vouches", []sqlstore.Option{sqlstore.AssumeNothingLost()}}} {
			t.Run(c.name, func(t *testing.T) {
				store := d.store(db, append(c.opts, sqlstore.Switch(c.name))...)
				d.age(t, store, db)
				store.Doubt("this server does not tell who it is")
				mode, err := maintenance.Open(t.Context(), store)
				require.NoError(t, err)
				if ticket, ok := mode.Enter(maintenance.Read); ok { // what is idle holds no drain
					ticket.Leave()
				}
				defer func() { require.NoError(t, mode.Close()) }()
				require.NoError(t, mode.On(t.Context()))
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				report, err := mode.Drain(ctx)
				if c.opts != nil {
					require.NoError(t, err)
					assert.Equal(t, "sqlstore.AssumeNothingLost", report.Vouched)
					return
				}
				require.ErrorIs(t, err, maintenance.ErrNotDrained)
				assert.ErrorContains(t, err, "say so with sqlstore.AssumeNothingLost")
				assert.NotErrorIs(t, err, context.DeadlineExceeded, "it does not wait in vain")
			})
		}
	})
}

// As Amazon Aurora does below wal_level=logical.
func TestPostgreSQLThatDoesNotTellItsTimeline(t *testing.T) {
	t.Parallel()
	db := open(t, "pgx", postgres.Database(t)+"&search_path=fake,pg_catalog")
	set(t, db, "CREATE SCHEMA fake")
	set(t, db, `CREATE FUNCTION fake.pg_current_wal_insert_lsn() RETURNS pg_lsn LANGUAGE plpgsql AS
		$$BEGIN RAISE EXCEPTION 'wal_level must be set to logical' USING ERRCODE = '55000'; END$$`)
	store := databases[1].store(db)
	require.NoError(t, store.Migrate(t.Context()))
	joined := join(t, store, maintenance.Replica{ID: "one"})
	_, err := store.Renew(t.Context(), joined)
	require.NoError(t, err)
	listing := list(t, store)
	require.ErrorContains(t, listing.Unproven, "wal_level must be set to logical")
	require.ErrorContains(t, listing.Unproven, "assume=nothing-lost")
	assert.Len(t, listing.Replicas, 1)
	listing = list(t, databases[1].store(db, sqlstore.AssumeNothingLost()))
	require.NoError(t, listing.Unproven)
	assert.Equal(t, "sqlstore.AssumeNothingLost", listing.Vouched)
	require.NoError(t, store.Remove(t.Context(), "one"))

	set(t, db, "ALTER FUNCTION fake.pg_current_wal_insert_lsn() RENAME TO refused")
	set(t, db, "CREATE FUNCTION fake.aurora_version() RETURNS text LANGUAGE sql AS $$SELECT '15.4'$$")
	require.ErrorContains(t, list(t, databases[1].store(db)).Unproven, "Amazon Aurora")
}
