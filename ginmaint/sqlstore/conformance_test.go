package sqlstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

// TestConformanceOnMariaDB interrupts by a crash of the server: a connection that breaks
// and is made anew between two looks takes no save along. The data source has every setting
// that an application may have chosen.
func TestConformanceOnMariaDB(t *testing.T) {
	server := mariatest.New(t)
	db := open(t, "mysql", server.DSN(server.Database(t))+"?clientFoundRows=true&parseTime=true&charset=latin1&collation=latin1_swedish_ci")
	db.SetMaxOpenConns(20)
	require.NoError(t, sqlstore.New(db, sqlstore.MySQL).Migrate(t.Context()))
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, name string) maintenance.Store {
			return sqlstore.New(db, sqlstore.MySQL, sqlstore.Switch(name), sqlstore.Poll(quick))
		},
		Interrupt: func(t *testing.T) {
			server.Kill()
			<-time.After(3 * quick) // so that a look falls into it
			require.NoError(t, server.Restart())
		},
	})
}

// TestConformanceOnSQLite has no connections to interrupt.
func TestConformanceOnSQLite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	db := open(t, "sqlite", "file:"+path+"?_pragma=busy_timeout(1000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)")
	require.NoError(t, sqlstore.New(db, sqlstore.SQLite).Migrate(t.Context()))
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, name string) maintenance.Store {
			return sqlstore.New(db, sqlstore.SQLite, sqlstore.Switch(name), sqlstore.Poll(quick))
		},
	})
}

// TestConformanceOnPostgreSQL interrupts as on MariaDB.
func TestConformanceOnPostgreSQL(t *testing.T) {
	server := pgtest.New(t)
	db := open(t, "pgx", server.Database(t))
	db.SetMaxOpenConns(20)
	require.NoError(t, sqlstore.New(db, sqlstore.PostgreSQL).Migrate(t.Context()))
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, name string) maintenance.Store {
			return sqlstore.New(db, sqlstore.PostgreSQL, sqlstore.Switch(name), sqlstore.Poll(quick))
		},
		Interrupt: func(t *testing.T) {
			server.Kill()
			<-time.After(3 * quick)
			require.NoError(t, server.Restart())
		},
	})
}
