package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/toxitest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

func TestMessageCarriesTheDocument(t *testing.T) {
	store, _ := open(t)
	w := watch(t, store)
	require.Equal(t, maintenance.State{}, w.next(t), "load now, once it listens")

	saved, err := store.Save(within(t), maintenance.State{Level: maintenance.On, Message: "back soon"})
	require.NoError(t, err)
	assert.Equal(t, saved, w.next(t))

	back, err := store.Restore(within(t), saved, saved)
	require.NoError(t, err)
	assert.Equal(t, back, w.next(t))
}

func TestMalformedMessageMeansLoad(t *testing.T) {
	store, client := open(t)
	w := watch(t, store)
	w.next(t)
	for _, message := range []string{"", "x", "null", "[]", "{}", `{"level":"loud"}`, "{\"level\":", "\x00\xff"} {
		require.NoError(t, client.Publish(within(t), key(t, "changes"), message).Err())
		assert.Equal(t, maintenance.State{}, w.next(t), "%q", message)
	}
	saved, err := store.Save(within(t), maintenance.State{})
	require.NoError(t, err)
	assert.Equal(t, saved, w.next(t), "the watch goes on")
}

func TestWatchEndsWithItsContext(t *testing.T) {
	store, _ := open(t)
	w := watch(t, store)
	w.next(t)
	w.stop()
	require.ErrorIs(t, w.over(t, time.Second), context.Canceled)
}

// Else go-redis complains where the client is closed next.
func TestWatchLeavesNoConnection(t *testing.T) {
	store, client := open(t)
	_, err := store.Load(t.Context())
	require.NoError(t, err)
	before := client.PoolStats().TotalConns
	for range 50 {
		w := watch(t, store)
		w.next(t)
		w.stop()
		require.ErrorIs(t, w.over(t, time.Minute), context.Canceled)
		require.Equal(t, before, client.PoolStats().TotalConns)
	}
}

func TestWatchEndsWithTheConnection(t *testing.T) {
	breaks := []struct {
		name string
		how  func(*testing.T, *redistest.Server, *toxitest.Proxy)
	}{
		{"the server is killed", func(t *testing.T, server *redistest.Server, _ *toxitest.Proxy) {
			require.NoError(t, server.Kill())
		}},
		{"the server is restarted empty", func(t *testing.T, server *redistest.Server, _ *toxitest.Proxy) {
			require.NoError(t, server.RestartEmpty())
		}},
		{"the connection is cut", func(t *testing.T, _ *redistest.Server, proxy *toxitest.Proxy) {
			proxy.Cut(t)
		}},
		{"the connection is cut and heals at once", func(t *testing.T, _ *redistest.Server, proxy *toxitest.Proxy) {
			proxy.Cut(t)
			proxy.Heal(t)
		}},
		{"the connection is half open", func(t *testing.T, _ *redistest.Server, proxy *toxitest.Proxy) {
			proxy.Silence(t)
		}},
		{"an operator ends it", func(t *testing.T, server *redistest.Server, _ *toxitest.Proxy) {
			require.NoError(t, server.Client(t).ClientKillByFilter(within(t), "TYPE", "pubsub").Err())
		}},
	}
	t.Parallel()
	proxies := toxitest.Start(t)
	for _, b := range breaks {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			proxy := proxies.Proxy(t, server.Addr())
			store := redisstore.New(impatient(t, proxy.Addr()))
			states, replicas := watch(t, store), watchReplicas(t, store)
			states.next(t)
			replicas.next(t)

			b.how(t, server, proxy)
			// On a machine at rest: twice the silence, and what go-redis takes to try again.
			article(t, states.over(t, time.Minute), "check that Redis runs")
			article(t, replicas.over(t, time.Minute), "check that Redis runs")

			proxy.Heal(t)
			require.NoError(t, server.Restart())
			again := watch(t, store)
			assert.Equal(t, maintenance.State{}, again.next(t), "load now: something may have been missed")
			saved, err := redisstore.New(server.Client(t)).Save(within(t), maintenance.State{Level: maintenance.On})
			require.NoError(t, err)
			assert.Equal(t, saved, again.next(t))
		})
	}
}

func TestQuietConnectionLasts(t *testing.T) {
	t.Parallel()
	proxy := toxitest.Start(t).Proxy(t, shared.Addr())
	proxy.Latency(t, 300*time.Millisecond)
	slow := redisstore.New(redistest.Connect(t, &redis.Options{Addr: proxy.Addr()}), name(t))
	w := watch(t, slow)
	w.next(t)
	select {
	case err := <-w.ended:
		require.FailNow(t, "the watch ended", "%v", err)
	case <-time.After(5 * time.Second): // long enough for two questions and their answers
	}
	store, _ := open(t)
	saved, err := store.Save(within(t), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	assert.Equal(t, saved, w.next(t))

	_, err = slow.Save(within(t), saved)
	require.NoError(t, err, "latency alone is no fault")
}

func TestWatchThatCannotBegin(t *testing.T) {
	server := redistest.Start(t)
	client := impatient(t, server.Addr())
	require.NoError(t, server.Kill())
	err := redisstore.New(client).Watch(within(t), func(maintenance.State) { assert.Fail(t, "nothing to tell") })
	article(t, err, "check that Redis runs")

	require.NoError(t, client.Close())
	err = redisstore.New(client).Watch(within(t), func(maintenance.State) { assert.Fail(t, "nothing to tell") })
	article(t, err, "keep the client open")
}

func TestDatabasesDoNotHearEachOther(t *testing.T) {
	production, _ := open(t)
	test := redisstore.New(redistest.Connect(t, &redis.Options{Addr: shared.Addr(), DB: 1}), name(t))
	w, wTest := watch(t, production), watch(t, test)
	w.next(t)
	wTest.next(t)
	inTest, err := test.Save(within(t), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	assert.Equal(t, inTest, wTest.next(t))
	mine, err := production.Save(within(t), maintenance.State{Level: maintenance.ReadOnly})
	require.NoError(t, err)
	assert.Equal(t, mine, w.next(t), "a channel spans all databases of a server")
}
