package fire

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// migrate makes the tables of a store in a database.
func migrate(t *testing.T, url string) {
	store, done, err := stores.Open(t.Context(), url)
	require.NoError(t, err)
	require.NoError(t, store.(interface{ Migrate(context.Context) error }).Migrate(t.Context()))
	require.NoError(t, done())
}

func redisClient(t *testing.T, address string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: address})
	t.Cleanup(func() { _ = client.Close() })
	return client
}
