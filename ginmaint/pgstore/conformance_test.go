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

func TestConformance(t *testing.T) {
	for _, mode := range []struct {
		name string
		mode pgx.QueryExecMode
	}{
		{"prepared statements", pgx.QueryExecModeCacheStatement},
		{"simple protocol", pgx.QueryExecModeSimpleProtocol},
	} {
		t.Run(mode.name, func(t *testing.T) {
			pool := connect(t, server.Database(t), func(c *pgxpool.Config) {
				c.ConnConfig.DefaultQueryExecMode = mode.mode
				c.MaxConns = 20
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
