package sqlstore_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
)

// The servers are shared by all tests but those that stop one or change its settings.
var (
	maria    *mariatest.Server
	postgres *pgtest.Server
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(withServers{m}) }

// withServers stops the servers before goleak looks.
type withServers struct{ *testing.M }

func (w withServers) Run() int {
	err := start()
	code := 1
	if err == nil {
		code = w.M.Run()
	}
	if maria != nil {
		err = errors.Join(err, maria.Close())
	}
	if postgres != nil {
		err = errors.Join(err, postgres.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func start() (err error) {
	if maria, err = mariatest.Start(); err != nil {
		return err
	}
	postgres, err = pgtest.Start()
	return err
}

// patience bounds every wait for something that must happen.
const patience = time.Minute

// quick is how often the tests poll.
const quick = 100 * time.Millisecond

// open returns a pool that the test's end closes.
func open(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// openFile returns a pool on a file of SQLite, as an application opens it.
func openFile(t testing.TB, path string) *sql.DB {
	t.Helper()
	return open(t, "sqlite", "file:"+path+"?_pragma=busy_timeout(1000)&_pragma=journal_mode(WAL)")
}

// database is a kind of database to test on.
type database struct {
	name    string
	dialect sqlstore.Dialect
	open    func(t testing.TB) *sql.DB // on an empty one
}

var databases = []database{
	{"MariaDB", sqlstore.MySQL, func(t testing.TB) *sql.DB { return open(t, "mysql", maria.DSN(maria.Database(t))) }},
	{"PostgreSQL", sqlstore.PostgreSQL, func(t testing.TB) *sql.DB { return open(t, "pgx", postgres.Database(t)) }},
	{"SQLite", sqlstore.SQLite, func(t testing.TB) *sql.DB { return openFile(t, filepath.Join(t.TempDir(), "app.db")) }},
}

// everywhere runs a test on each kind of database, with tables made.
func everywhere(t *testing.T, test func(t *testing.T, d database, db *sql.DB)) {
	t.Parallel()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db := d.open(t)
			require.NoError(t, sqlstore.New(db, d.dialect).Migrate(t.Context()))
			test(t, d, db)
		})
	}
}

// store returns a store of the default switch that polls quickly.
func (d database) store(db *sql.DB, opts ...sqlstore.Option) *sqlstore.Store {
	return sqlstore.New(db, d.dialect, append([]sqlstore.Option{sqlstore.Poll(quick)}, opts...)...)
}

// set runs a statement beside the store.
func set(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
}

// save stores the next document of the store.
func save(t testing.TB, store *sqlstore.Store, level maintenance.Level) maintenance.State {
	t.Helper()
	present, err := store.Load(t.Context())
	require.NoError(t, err)
	present.Level = level
	saved, err := store.Save(t.Context(), present)
	require.NoError(t, err)
	return saved
}

func join(t testing.TB, store *sqlstore.Store, r maintenance.Replica) maintenance.Replica {
	t.Helper()
	joined, err := store.Join(t.Context(), r)
	require.NoError(t, err)
	return joined
}

func list(t testing.TB, store *sqlstore.Store) maintenance.Listing {
	t.Helper()
	listing, err := store.Replicas(t.Context())
	require.NoError(t, err)
	return listing
}

// age makes the roster an old one, so that whoever opens a Mode waits for no survivors.
func (d database) age(t testing.TB, store *sqlstore.Store, db *sql.DB) {
	t.Helper()
	join(t, store, maintenance.Replica{ID: "first"})
	earlier := "began_at - 3600000000"
	if d.dialect == sqlstore.PostgreSQL {
		earlier = "began_at - interval '1 hour'"
	}
	set(t, db, "UPDATE ginmaint_roster SET began_at = "+earlier)
	require.NoError(t, store.Remove(t.Context(), "first"))
}

// unknown returns the entries that stand for lost replicas.
func unknown(listing maintenance.Listing) []maintenance.Replica {
	var found []maintenance.Replica
	for _, r := range listing.Replicas {
		if r.Unknown {
			found = append(found, r)
		}
	}
	return found
}
