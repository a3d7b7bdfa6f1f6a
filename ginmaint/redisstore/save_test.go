package redisstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

func TestDocumentIsPublicJSON(t *testing.T) {
	store, client := open(t)
	saved, err := store.Save(within(t), maintenance.State{Level: maintenance.ReadOnly, Message: `Zurück <um> "9"`})
	require.NoError(t, err)
	text := client.Get(within(t), key(t, "state")).Val()
	want, err := json.Marshal(saved)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), text)
}

func TestDocumentFromAPerson(t *testing.T) {
	store, client := open(t)
	_, err := store.Save(within(t), maintenance.State{})
	require.NoError(t, err)
	require.NoError(t, client.Set(within(t), key(t, "state"), "{ \"level\": \"on\",\n \"ticket\": 7 }", 0).Err())

	found, err := store.Load(within(t))
	require.NoError(t, err)
	assert.Equal(t, maintenance.On, found.Level)
	assert.Empty(t, found.ID)
	assert.Zero(t, found.Revision)

	found.Level = maintenance.Off
	saved, err := store.Save(within(t), found)
	require.NoError(t, err)
	assert.EqualValues(t, 1, saved.Revision)
	assert.NotEmpty(t, saved.ID)
	assert.Contains(t, client.Get(within(t), key(t, "state")).Val(), `"ticket":7`, "a member of a later release is kept")
}

func TestSaveOverAGuessThatIsStale(t *testing.T) {
	store, client := open(t)
	first, err := store.Save(within(t), maintenance.State{Level: maintenance.On})
	require.NoError(t, err)
	// The revision stays, the text changes: a guess alone would be a conflict.
	edited := first
	edited.Message = "by hand"
	text, err := json.Marshal(edited)
	require.NoError(t, err)
	require.NoError(t, client.Set(within(t), key(t, "state"), text, 0).Err())

	saved, err := store.Save(within(t), maintenance.State{Revision: 1})
	require.NoError(t, err)
	assert.EqualValues(t, 2, saved.Revision)
}

func TestRevisionBeyondALuaNumber(t *testing.T) {
	store, client := open(t)
	const revision = 1<<63 + 1
	require.NoError(t, client.Set(within(t), key(t, "state"), `{"level":"on","revision":9223372036854775809}`, 0).Err())
	for _, near := range []uint64{revision - 1, revision + 1} {
		_, err := store.Save(within(t), maintenance.State{Revision: near})
		require.ErrorIs(t, err, maintenance.ErrConflict)
	}
	saved, err := store.Save(within(t), maintenance.State{Revision: revision})
	require.NoError(t, err)
	assert.EqualValues(t, uint64(revision+1), saved.Revision)
}

func TestNoUpdateIsLost(t *testing.T) {
	const writers, each = 8, 15
	ctx := within(t)
	var wait sync.WaitGroup
	for range writers {
		store := redisstore.New(shared.Client(t), name(t))
		wait.Go(func() {
			for range each {
				assert.NoError(t, increment(ctx, store))
			}
		})
	}
	wait.Wait()
	store, _ := open(t)
	stored, err := store.Load(ctx)
	require.NoError(t, err)
	assert.EqualValues(t, writers*each, stored.Revision)
	assert.Len(t, stored.Message, writers*each)
}

// increment adds one letter to the message, over and over until nobody comes in
// between.
func increment(ctx context.Context, store *redisstore.Store) error {
	for ctx.Err() == nil {
		s, err := store.Load(ctx)
		if err != nil {
			return err
		}
		s.Message += "x"
		if _, err = store.Save(ctx, s); !errors.Is(err, maintenance.ErrConflict) {
			return err
		}
	}
	return ctx.Err()
}

func TestWritersSurviveAKilledServer(t *testing.T) {
	server := redistest.Start(t, "appendonly yes", "appendfsync always")
	ctx := within(t)
	var kept, unknown atomic.Int64
	var wait sync.WaitGroup
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	for range 4 {
		store := redisstore.New(impatient(t, server.Addr()))
		wait.Go(func() {
			for stop.Err() == nil {
				s, err := store.Load(stop)
				if err != nil {
					continue
				}
				switch _, err = store.Save(ctx, s); {
				case err == nil:
					kept.Add(1)
				case !errors.Is(err, maintenance.ErrConflict):
					unknown.Add(1)
				}
			}
		})
	}
	for range 3 {
		before := kept.Load()
		require.Eventually(t, func() bool { return kept.Load() > before+20 }, time.Minute, time.Millisecond)
		require.NoError(t, server.Kill())
		require.NoError(t, server.Restart())
	}
	cancel()
	wait.Wait()
	stored, err := redisstore.New(server.Client(t)).Load(ctx)
	require.NoError(t, err)
	// Each save that succeeded is there, and no other but those of which nobody knew.
	assert.GreaterOrEqual(t, stored.Revision, uint64(kept.Load()))
	assert.LessOrEqual(t, stored.Revision, uint64(kept.Load()+unknown.Load()))
}
