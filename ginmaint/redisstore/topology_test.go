package redisstore_test

import (
	"cmp"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

func TestCluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	routes := []struct {
		name    string
		options redis.ClusterOptions
	}{
		{"masters", redis.ClusterOptions{}},
		{"reads go to replicas", redis.ClusterOptions{ReadOnly: true}},
		{"reads go to the nearest", redis.ClusterOptions{RouteByLatency: true}},
		{"reads go anywhere", redis.ClusterOptions{RouteRandomly: true}},
	}
	t.Run("a client of one node", func(t *testing.T) {
		store := redisstore.New(cluster.Masters[0].Client(t), redisstore.Switch("c"))
		other := redisstore.New(cluster.Masters[1].Client(t), redisstore.Switch("c"))
		_, err := store.Load(within(t))
		_, errOther := other.Load(within(t))
		article(t, cmp.Or(err, errOther), "use redis.NewClusterClient") // one of them at least
	})
	t.Run("the owner's word is checked where the roster lies", func(t *testing.T) {
		client := cluster.Client(t, redis.ClusterOptions{})
		joined, denied := 0, 0
		for _, name := range []string{"a", "b", "c"} { // one of three masters has a copy
			_, err := redisstore.New(client, redisstore.Switch(name), redisstore.AssumeNothingLost()).Join(within(t), replica("a"))
			if err == nil {
				joined++
				continue
			}
			denied++
			assert.ErrorContains(t, err, "min-replicas-to-write is 0 and there are copies (1)")
		}
		assert.Positive(t, joined)
		assert.Positive(t, denied)
	})
	for _, route := range routes {
		t.Run(route.name, func(t *testing.T) {
			client := cluster.Client(t, route.options)
			// These names lie on all three nodes, and unescaped their keys would lie apart.
			for _, name := range []string{"a", "b", "c", "}{", "{}", "}"} {
				store := redisstore.New(client, redisstore.Prefix("{}"), redisstore.Switch(name+route.name))
				w, replicas := watch(t, store), watchReplicas(t, store)
				w.next(t)
				replicas.next(t)
				saved, err := store.Save(within(t), maintenance.State{Level: maintenance.On})
				require.NoError(t, err)
				assert.Equal(t, saved, w.next(t))
				r, err := store.Join(within(t), replica("a"))
				require.NoError(t, err)
				replicas.next(t)
				for range 10 {
					loaded, err := store.Load(within(t))
					require.NoError(t, err)
					assert.Equal(t, saved, loaded)
					loaded, err = store.Renew(within(t), r)
					require.NoError(t, err)
					assert.Equal(t, saved, loaded)
				}
				s, err := store.Replicas(within(t))
				require.NoError(t, err)
				assert.Equal(t, saved, s.State)
				assert.Len(t, s.Replicas, 1)
				require.NoError(t, store.Remove(within(t), "a"))
			}
		})
	}
}

func TestSentinelFailOver(t *testing.T) {
	sentinels := redistest.StartSentinels(t)
	client := sentinels.Client(t)
	store := redisstore.New(client)
	ctx := within(t)
	r, err := store.Join(ctx, replica("a"))
	require.NoError(t, err)
	saved, err := store.Save(ctx, maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	w := watch(t, store)
	w.next(t)
	require.NoError(t, client.Wait(ctx, 1, 5*time.Second).Err(), "the replica has it all")

	require.NoError(t, sentinels.Master.Kill())
	article(t, w.over(t, time.Minute), "")
	require.Eventually(t, func() bool {
		_, err = store.Renew(ctx, r)
		return errors.Is(err, maintenance.ErrUnlisted)
	}, time.Minute, 20*time.Millisecond, "what was told to the old master proves nothing: %v", err)

	loaded, err := store.Load(ctx)
	require.NoError(t, err)
	assert.Equal(t, saved, loaded)
	again, err := store.Join(ctx, r)
	require.NoError(t, err)
	assert.NotEqual(t, r.Incarnation, again.Incarnation)
	s, err := store.Replicas(ctx)
	require.NoError(t, err)
	assert.Len(t, unknowns(s), 1, "the copy may lack the last entry")
	assert.Less(t, s.Age, time.Minute)
	assert.Equal(t, again.Incarnation, s.Incarnation)

	w = watch(t, store)
	w.next(t)
	saved, err = store.Save(ctx, loaded)
	require.NoError(t, err)
	assert.Equal(t, saved, w.next(t))
}

func TestSwitchesSideBySide(t *testing.T) {
	_, client := open(t)
	options := [][]redisstore.Option{
		{},
		{redisstore.Switch("other")},
		{redisstore.Prefix("shop")},
		{redisstore.Prefix("shop"), redisstore.Switch("other")},
		{redisstore.Switch("a{b}c")},
		{redisstore.Switch("a%7Bb%7Dc")},
		{redisstore.Switch("}{")},
		{redisstore.Switch("{}")},
		{redisstore.Prefix("{x}"), redisstore.Switch("{y}")},
		{redisstore.Prefix("{y}"), redisstore.Switch("{x}")},
		{redisstore.Switch("Zürich\n\x00\xff")},
	}
	seen := make(map[string]bool)
	for _, opts := range options {
		store := redisstore.New(client, opts...)
		loaded, err := store.Load(within(t))
		require.NoError(t, err)
		require.Equal(t, maintenance.State{}, loaded, "a switch of its own")
		w := watch(t, store)
		w.next(t)
		saved, err := store.Save(within(t), maintenance.State{Level: maintenance.On})
		require.NoError(t, err)
		require.False(t, seen[saved.ID])
		seen[saved.ID] = true
		assert.Equal(t, saved, w.next(t))
	}
	for _, empty := range [][]redisstore.Option{{redisstore.Switch("")}, {redisstore.Prefix("")}} {
		loaded, err := redisstore.New(client, empty...).Load(within(t))
		require.NoError(t, err)
		assert.True(t, seen[loaded.ID], "empty means the default")
	}
	require.EqualValues(t, 1, client.Exists(within(t), "ginmaint:{default}:state").Val())
	for _, escaped := range []string{
		"ginmaint:{a%7Bb%7Dc}:state", "ginmaint:{a%257Bb%257Dc}:state", "%7Bx%7D:{%7By%7D}:state", "ginmaint:{Z%C3%BCrich%0A%00%FF}:state",
	} {
		assert.EqualValues(t, 1, client.Exists(within(t), escaped).Val(), escaped)
	}
}
