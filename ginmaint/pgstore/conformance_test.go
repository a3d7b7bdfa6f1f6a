package pgstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

// The simple protocol is what some poolers need. In session mode a pooler gives each client a
// connection of the server until it leaves, and another client after it: nothing may be
// under way on it then.
func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name   string
		mode   pgx.QueryExecMode
		pooled bool
	}{
		{"prepared statements", pgx.QueryExecModeCacheStatement, false},
		{"simple protocol by way of PgBouncer", pgx.QueryExecModeSimpleProtocol, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			database := server.Database(t)
			if c.pooled {
				database = server.Pooler(t, "session").URL(database)
			}
			pool := connect(t, database, func(config *pgxpool.Config) {
				config.ConnConfig.DefaultQueryExecMode = c.mode
				config.MaxConns = 20
			})
			require.NoError(t, pgstore.New(pool).Migrate(t.Context()))
			storetest.Run(t, storetest.Harness{
				Open: func(t *testing.T, name string) maintenance.Store {
					return pgstore.New(pool, pgstore.Switch(name))
				},
				Interrupt: func(t *testing.T) {
					require.NoError(t, server.Exec(t.Context(), "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "+
						"WHERE datname = '"+pool.Config().ConnConfig.Database+"'"))
				},
			})
		})
	}
}
