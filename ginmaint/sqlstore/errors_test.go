package sqlstore_test

import (
	"context"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

// each calls every method of the store, but Migrate.
func each(t *testing.T, store *sqlstore.Store, check func(method string, err error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := store.Load(ctx)
	check("load", err)
	_, err = store.Save(ctx, maintenance.State{Level: maintenance.On})
	check("save", err)
	_, err = store.Restore(ctx, maintenance.State{Level: maintenance.On, ID: "x"}, maintenance.State{})
	check("restore", err)
	_, err = store.Join(ctx, maintenance.Replica{ID: "a"})
	check("join", err)
	_, err = store.Renew(ctx, maintenance.Replica{ID: "a"})
	check("renew", err)
	_, err = store.Replicas(ctx)
	check("replicas", err)
	check("remove", store.Remove(ctx, "a"))
	check("watch", store.Watch(ctx, func(maintenance.State) { t.Error("told"); cancel() }))
	check("watch replicas", store.WatchReplicas(ctx, func() { t.Error("told"); cancel() }))
}

func TestTablesMissing(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			each(t, d.store(d.open(t)), func(method string, err error) {
				assert.ErrorContains(t, err, "make the tables once", method)
				assert.NotContains(t, err.Error(), "\n")
			})
		})
	}
}

func TestTableOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			db := d.open(t)
			set(t, db, "CREATE TABLE ginmaint (other int)")
			store := d.store(db)
			require.NoError(t, store.Migrate(t.Context()))
			_, err := store.Load(t.Context())
			assert.ErrorContains(t, err, "name another with sqlstore.Table")
		})
	}
}

func TestServerThatCantBeUsed(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := closed.Addr().String()
	require.NoError(t, closed.Close())
	text := filepath.Join(t.TempDir(), "text.db")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("no database\n", 100)), 0o600))
	for _, c := range []struct {
		name, driver, dsn string
		dialect           sqlstore.Dialect
		want              string
	}{
		{"MariaDB, wrong password", "mysql", strings.Replace(maria.DSN(""), maria.Password(), "hunter2", 1), sqlstore.MySQL, "correct the user name or the password"},
		{"MariaDB, no such database", "mysql", maria.DSN("nowhere"), sqlstore.MySQL, "create the database"},
		{"MariaDB, no database", "mysql", maria.DSN(""), sqlstore.MySQL, "create the database"},
		{"MariaDB, nobody there", "mysql", "u:hunter2@tcp(" + nobody + ")/app", sqlstore.MySQL, "check that the server runs"},
		{"MariaDB, autocommit off", "mysql", maria.DSN("mysql") + "?autocommit=0", sqlstore.MySQL, "make the tables"},
		{"PostgreSQL, no such database", "pgx", postgres.URL("nowhere"), sqlstore.PostgreSQL, "create the database"},
		{"PostgreSQL, nobody there", "pgx", "postgres://u:hunter2@" + nobody + "/app", sqlstore.PostgreSQL, "check that the server runs"},
		{"SQLite, no such folder", "sqlite", filepath.Join(t.TempDir(), "none", "app.db"), sqlstore.SQLite, "unable to open database file (14); correct its path, make the folder"},
		{"SQLite, a file of another kind", "sqlite", text, sqlstore.SQLite, "file is not a database (26); correct its path"},
		{"MariaDB, no TLS", "mysql", maria.DSN("mysql") + "?tls=true", sqlstore.MySQL, "the server has no TLS: set it up there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, sqlstore.New(open(t, c.driver, c.dsn), c.dialect), func(method string, err error) {
				require.Error(t, err, method)
				assert.ErrorContains(t, err, "sqlstore: the ", method)
				assert.ErrorContains(t, err, c.want, method)
				assert.NotContains(t, err.Error(), "hunter2")
				assert.NotContains(t, err.Error(), maria.Password())
			})
		})
	}
}

// refuses checks those methods that load first: the others change nothing that a refused
// load would have to undo.
func refuses(t *testing.T, store *sqlstore.Store, want string) {
	t.Helper()
	_, err := store.Load(t.Context())
	require.ErrorContains(t, err, want)
	_, err = store.Join(t.Context(), maintenance.Replica{ID: "a"})
	require.ErrorContains(t, err, want)
	_, err = store.Replicas(t.Context())
	require.ErrorContains(t, err, want)
}

func TestConnectionWithoutAutocommit(t *testing.T) {
	t.Parallel()
	database := maria.Database(t)
	require.NoError(t, sqlstore.New(open(t, "mysql", maria.DSN(database)), sqlstore.MySQL).Migrate(t.Context()))
	refuses(t, sqlstore.New(open(t, "mysql", maria.DSN(database)+"?autocommit=0"), sqlstore.MySQL), "leave autocommit=0 out")
}

// It is not parallel, as it changes the server.
func TestServerThatTakesNoWrites(t *testing.T) {
	store := databases[0].store(databases[0].open(t))
	require.NoError(t, store.Migrate(t.Context()))
	require.NoError(t, maria.Exec(t.Context(), "SET GLOBAL read_only = ON"))
	t.Cleanup(func() {
		require.NoError(t, maria.Exec(context.WithoutCancel(t.Context()), "SET GLOBAL read_only = OFF"))
	})
	refuses(t, store, "let the pool connect to the primary")
}

// There is no primary that the pool could connect to.
func TestFileThatCantBeWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	require.NoError(t, sqlstore.New(openFile(t, path), sqlstore.SQLite).Migrate(t.Context()))
	store := sqlstore.New(open(t, "sqlite", "file:"+path+"?mode=ro"), sqlstore.SQLite)
	_, err := store.Save(t.Context(), maintenance.State{Level: maintenance.On})
	require.ErrorContains(t, err, "give this user the right to write the file of the database and its folder")
	_, err = store.Join(t.Context(), maintenance.Replica{ID: "a"})
	require.ErrorContains(t, err, "give this user the right to write the file of the database and its folder")
}

func TestPermissionMissing(t *testing.T) {
	t.Parallel()
	database := maria.Database(t)
	owner := open(t, "mysql", maria.DSN(database))
	require.NoError(t, sqlstore.New(owner, sqlstore.MySQL).Migrate(t.Context()))
	user := "app_" + database
	set(t, owner, "CREATE USER "+user+" IDENTIFIED BY 'secret'")
	app := sqlstore.New(open(t, "mysql", user+":secret@tcp("+maria.Addr()+")/"+database), sqlstore.MySQL)
	each(t, app, func(method string, err error) {
		assert.ErrorContains(t, err, "grant the pool's account SELECT", method)
	})

	// What the errors ask for is enough.
	for _, table := range []string{"ginmaint", "ginmaint_history", "ginmaint_roster", "ginmaint_replicas"} {
		set(t, owner, "GRANT SELECT, INSERT, UPDATE ON "+database+"."+table+" TO "+user)
	}
	for _, table := range []string{"ginmaint_history", "ginmaint_replicas"} {
		set(t, owner, "GRANT DELETE ON "+database+"."+table+" TO "+user)
	}
	require.NoError(t, app.Migrate(t.Context()), "the tables are there")
	save(t, app, maintenance.On)
	save(t, app, maintenance.Off)
	joined := join(t, app, maintenance.Replica{ID: "a"})
	_, err := app.Renew(t.Context(), joined)
	require.NoError(t, err)
	require.NoError(t, app.Remove(t.Context(), "a"))
	list(t, app)
}

// A pool that the application has used up is named as such.
func TestPoolUsedUp(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		db.SetMaxOpenConns(1)
		held, err := db.Conn(t.Context())
		require.NoError(t, err)
		defer held.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = d.store(db).Save(ctx, maintenance.State{Level: maintenance.On})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "the pool has no connection to give: 1 of 1 are in use")
		assert.ErrorContains(t, err, "give the store a small pool of its own")
		assert.NotContains(t, err.Error(), "may be stored")
	})
}

// A pool of one connection is enough.
func TestPoolOfOne(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		db.SetMaxOpenConns(1)
		d.age(t, d.store(db), db)
		mode, err := maintenance.Open(t.Context(), d.store(db))
		require.NoError(t, err)
		if ticket, ok := mode.Enter(maintenance.Read); ok { // what is idle holds no drain
			ticket.Leave()
		}
		defer func() { require.NoError(t, mode.Close()) }()
		require.NoError(t, mode.On(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		report, err := mode.Drain(ctx)
		require.NoError(t, err, report)
		assert.Empty(t, report.Vouched)
	})
}

// A row that somebody else holds is waited for until the context ends, or in SQLite until
// busy_timeout does. A server may still be at it then, so the outcome is not known.
func TestRowThatIsLocked(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		store := d.store(db)
		saved := save(t, store, maintenance.On)
		hold(t, db)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := store.Save(ctx, saved)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, d.dialect != sqlstore.SQLite, strings.Contains(err.Error(), "it may be stored or not"), err.Error())
	})
}

// hold locks the document's row, and returns what sets it free; the test's end does as well.
func hold(t *testing.T, db *sql.DB) (release func()) {
	t.Helper()
	holder, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = holder.ExecContext(t.Context(), "UPDATE ginmaint SET version = 1, saved_at = saved_at")
	require.NoError(t, err)
	release = sync.OnceFunc(func() { _ = holder.Rollback() })
	t.Cleanup(release)
	return release
}

// A server that gives up waiting for a lock is asked again.
func TestLockThatIsHeldForLong(t *testing.T) {
	everywhere(t, func(t *testing.T, d database, db *sql.DB) {
		var impatient *sql.DB
		switch d.dialect {
		case sqlstore.MySQL:
			var name string
			require.NoError(t, db.QueryRowContext(t.Context(), "SELECT database()").Scan(&name))
			impatient = open(t, "mysql", maria.DSN(name)+"?innodb_lock_wait_timeout=1")
		case sqlstore.PostgreSQL:
			var name string
			require.NoError(t, db.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name))
			impatient = open(t, "pgx", postgres.URL(name)+"&lock_timeout=1000")
		case sqlstore.SQLite:
			var name string
			require.NoError(t, db.QueryRowContext(t.Context(), "SELECT file FROM pragma_database_list").Scan(&name))
			impatient = open(t, "sqlite", "file:"+name)
		}
		saved := save(t, d.store(db), maintenance.On)
		release := hold(t, db)
		released := time.AfterFunc(1500*time.Millisecond, release)
		defer released.Stop()
		_, err := d.store(impatient).Save(t.Context(), saved)
		require.NoError(t, err)
	})
}

func TestOptionsThatCantBe(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialect sqlstore.Dialect
		opt     sqlstore.Option
		want    string
	}{
		{"no table", sqlstore.MySQL, sqlstore.Table(""), "empty part"},
		{"three parts", sqlstore.SQLite, sqlstore.Table("a.b.c"), "more than one dot"},
		{"table too long", sqlstore.MySQL, sqlstore.Table(strings.Repeat("x", 55)), "at most 54"},
		{"no name", sqlstore.PostgreSQL, sqlstore.Switch(""), "empty"},
		{"name too long", sqlstore.MySQL, sqlstore.Switch(strings.Repeat("x", 256)), "at most 255"},
		{"too often", sqlstore.MySQL, sqlstore.Poll(99 * time.Millisecond), "at least 100ms"},
		{"no dialect", 0, sqlstore.Poll(time.Second), "write sqlstore.MySQL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := sqlstore.New(nil, c.dialect, c.opt)
			each(t, store, func(method string, err error) { assert.ErrorContains(t, err, c.want, method) })
			assert.ErrorContains(t, store.Migrate(t.Context()), c.want)
		})
	}
}
