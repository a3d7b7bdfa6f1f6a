package sqlstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/mariatest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/sqlstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

// TestConformanceOnMariaDB interrupts by a crash of the server: a connection that breaks
// and is made anew between two looks takes no save along.
func TestConformanceOnMariaDB(t *testing.T) {
	for _, settings := range []struct{ name, dsn string }{
		{"as it comes", ""},
		{"every setting another", "?interpolateParams=true&clientFoundRows=true&parseTime=true&charset=latin1&collation=latin1_swedish_ci"},
	} {
		t.Run(settings.name, func(t *testing.T) {
			server := mariatest.New(t)
			db := open(t, "mysql", server.DSN(server.Database(t))+settings.dsn)
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
		})
	}
}
