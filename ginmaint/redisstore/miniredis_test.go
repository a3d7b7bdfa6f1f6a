package redisstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/storetest"
)

// An application's own test, on a server within the test.
func Example_miniredis() {
	server, err := miniredis.Run()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	store := redisstore.New(client, redisstore.AssumeNothingLost())

	ctx := context.Background()
	mode, err := maintenance.Open(ctx, store, maintenance.Poll(10*time.Millisecond), maintenance.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mode.Close()
	if err := mode.On(ctx); err != nil {
		fmt.Println(err)
		return
	}
	report, err := mode.Drain(ctx)
	fmt.Println(report.Drained, report.Vouched, err)
	// Output: true redisstore.AssumeNothingLost <nil>
}

func TestMiniredis(t *testing.T) {
	server := miniredis.RunT(t)
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T, name string) maintenance.Store {
			return redisstore.New(redistest.Connect(t, &redis.Options{Addr: server.Addr()}), redisstore.Switch(name))
		},
		Interrupt: func(t *testing.T) {
			server.Close()
			require.NoError(t, server.Restart())
		},
	})
}
