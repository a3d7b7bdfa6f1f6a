package redisstore_test

import (
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

func TestMiniredis(t *testing.T) {
	server := miniredis.RunT(t)
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, name string) maintenance.Store {
			return redisstore.New(redistest.Connect(t, &redis.Options{Addr: server.Addr()}), redisstore.Switch(name))
		},
	})
}
