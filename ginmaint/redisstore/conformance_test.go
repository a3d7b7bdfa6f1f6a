package redisstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

func TestConformance(t *testing.T) {
	server := redistest.Start(t)
	operator := server.Client(t)
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, name string) maintenance.Store {
			return redisstore.New(server.Client(t), redisstore.Switch(name))
		},
		Interrupt: func(t *testing.T) {
			for _, kind := range []string{"normal", "pubsub"} {
				require.NoError(t, operator.ClientKillByFilter(t.Context(), "TYPE", kind).Err())
			}
		},
	})
}
