package redisstore_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

func replica(id string) maintenance.Replica {
	return maintenance.Replica{ID: id, Name: "web-1", Document: "DOC", Level: maintenance.On, Renewals: 1<<64 - 1, Lease: 5 * time.Second}
}

func TestReplicaKeepsBigNumbers(t *testing.T) {
	store, _ := open(t)
	sent := replica("a")
	sent.Reads, sent.Writes = 1<<63-1, 1<<53+1
	before := time.Now().Add(-time.Minute)
	joined, err := store.Join(within(t), sent)
	require.NoError(t, err)
	assert.WithinRange(t, joined.RenewedAt, before, before.Add(2*time.Minute))
	_, err = store.Renew(within(t), joined)
	require.NoError(t, err)

	s, err := store.Replicas(within(t))
	require.NoError(t, err)
	require.Len(t, s.Replicas, 1)
	got := s.Replicas[0]
	assert.False(t, got.RenewedAt.Before(joined.RenewedAt))
	assert.Less(t, got.Silent, 2*time.Minute)
	got.RenewedAt, got.Silent = joined.RenewedAt, 0
	assert.Equal(t, joined, got)
	assert.Equal(t, joined.Incarnation, s.Incarnation)
	assert.Positive(t, s.Age)
}

func TestRenewWakesOnlyForNews(t *testing.T) {
	store, _ := open(t)
	r, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	w := watchReplicas(t, store)
	w.next(t)
	news := []struct {
		name   string
		change func(*maintenance.Replica)
		wakes  bool
	}{
		{"a heartbeat", func(r *maintenance.Replica) { r.Renewals = 2 }, false},
		{"another lease", func(r *maintenance.Replica) { r.Lease = time.Second }, false},
		{"another document", func(r *maintenance.Replica) { r.Document = "NEXT" }, true},
		{"another level", func(r *maintenance.Replica) { r.Level = maintenance.ReadOnly }, true},
		{"reads", func(r *maintenance.Replica) { r.Reads = 1 }, true},
		{"writes", func(r *maintenance.Replica) { r.Writes = 1 }, true},
		{"a heartbeat again", func(r *maintenance.Replica) { r.Renewals = 3 }, false},
	}
	for _, n := range news {
		n.change(&r)
		_, err := store.Renew(within(t), r)
		require.NoError(t, err, n.name)
		if n.wakes {
			w.next(t)
			continue
		}
		// A message of our own, behind any that the report sent.
		probe, err := store.Join(within(t), replica("probe"))
		require.NoError(t, err)
		w.next(t)
		assert.Empty(t, w.told, n.name)
		require.NoError(t, store.Remove(within(t), probe.ID))
		w.next(t)
	}
}

func TestRenewMakesNoKeys(t *testing.T) {
	store, client := open(t)
	r, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	require.NoError(t, client.Del(within(t), key(t, "roster")).Err())
	_, err = store.Renew(within(t), r)
	require.ErrorIs(t, err, maintenance.ErrUnlisted)
	assert.Zero(t, client.Exists(within(t), key(t, "roster"), key(t, "state")).Val())

	s, err := store.Replicas(within(t))
	require.NoError(t, err)
	assert.Equal(t, maintenance.Listing{}, s, "nobody ever joined this one")
	assert.Zero(t, client.Exists(within(t), key(t, "roster")).Val())
}

func TestUnreadableEntryIsNotLeftOut(t *testing.T) {
	store, client := open(t)
	r, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	for _, broken := range []string{"", "x", "{}", `{"incarnation":"","renewed_us":"1","work":"","replica":{"id":"b"}}`} {
		require.NoError(t, client.HSet(within(t), key(t, "roster"), "replica:a", broken).Err())
		_, err = store.Replicas(within(t))
		article(t, err, "HDEL")
		assert.Contains(t, err.Error(), key(t, "roster"))
		_, err = store.Renew(within(t), r)
		require.ErrorIs(t, err, maintenance.ErrUnlisted, "the replica joins again, which mends it")
	}
	require.NoError(t, store.Remove(within(t), "a"))
	_, err = store.Replicas(within(t))
	require.NoError(t, err)
}

// unknowns returns the entries that stand for replicas lost with a roster.
func unknowns(s maintenance.Listing) (ids []string) {
	for _, r := range s.Replicas {
		if r.Unknown {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func TestLostRoster(t *testing.T) {
	store, client := open(t)
	var survivors []maintenance.Replica
	for _, id := range []string{"a", "b", "c"} {
		r, err := store.Join(within(t), replica(id))
		require.NoError(t, err)
		survivors = append(survivors, r)
	}
	s, err := store.Replicas(within(t))
	require.NoError(t, err)
	assert.Empty(t, unknowns(s), "nothing was lost yet")
	require.NoError(t, client.Del(within(t), key(t, "roster")).Err())

	fresh, err := store.Join(within(t), replica("fresh"))
	require.NoError(t, err)
	assert.NotEqual(t, survivors[0].Incarnation, fresh.Incarnation)
	s, err = store.Replicas(within(t))
	require.NoError(t, err)
	assert.Empty(t, unknowns(s), "a new replica knows of no loss")

	for i, r := range survivors {
		_, err := store.Renew(within(t), r)
		require.ErrorIs(t, err, maintenance.ErrUnlisted)
		again, err := store.Join(within(t), r)
		require.NoError(t, err)
		assert.Equal(t, fresh.Incarnation, again.Incarnation)
		s, err = store.Replicas(within(t))
		require.NoError(t, err)
		assert.Len(t, unknowns(s), 1)
		assert.Len(t, s.Replicas, i+3)
		if i == 1 { // a person accepts the loss, and then a straggler comes back
			require.NoError(t, store.Remove(within(t), unknowns(s)[0]))
			again, err = store.Join(within(t), survivors[0])
			require.NoError(t, err)
			assert.Equal(t, fresh.Incarnation, again.Incarnation)
			s, err = store.Replicas(within(t))
			require.NoError(t, err)
			assert.Empty(t, unknowns(s), "it was accepted already")
			break
		}
	}
}

func TestServerRestarted(t *testing.T) {
	tests := []struct {
		name    string
		config  []string
		unknown int
	}{
		{"empty", nil, 1},
		{"with its data, which may lack the last entry", []string{"appendonly yes", "appendfsync always"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := redistest.Start(t, tt.config...)
			store := redisstore.New(server.Client(t))
			r, err := store.Join(within(t), replica("a"))
			require.NoError(t, err)
			require.NoError(t, server.Kill())
			require.NoError(t, server.Restart())

			_, err = store.Renew(within(t), r)
			require.ErrorIs(t, err, maintenance.ErrUnlisted, "what was told to the server before proves nothing")
			again, err := store.Join(within(t), r)
			require.NoError(t, err)
			assert.NotEqual(t, r.Incarnation, again.Incarnation)
			_, err = store.Renew(within(t), again)
			require.NoError(t, err)

			s, err := store.Replicas(within(t))
			require.NoError(t, err)
			assert.Len(t, unknowns(s), tt.unknown)
			assert.Equal(t, again.Incarnation, s.Incarnation)
		})
	}
}

// A server that comes back with an older copy tells by itself that entries may be
// missing: perhaps nobody comes back who could.
func TestOldSnapshotWhereOnlyNewcomersCome(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	store := redisstore.New(client)
	_, err := store.Join(within(t), replica("in the snapshot"))
	require.NoError(t, err)
	require.NoError(t, client.Save(within(t)).Err())
	gone, err := store.Join(within(t), replica("cut off since"))
	require.NoError(t, err)
	require.NoError(t, server.Kill())
	require.NoError(t, server.Restart())

	s, err := store.Replicas(within(t))
	require.NoError(t, err)
	want := []string{"unknown-" + gone.Incarnation}
	assert.Equal(t, want, unknowns(s), "before anybody has joined")
	fresh, err := store.Join(within(t), replica("newcomer"))
	require.NoError(t, err)
	s, err = store.Replicas(within(t))
	require.NoError(t, err)
	assert.Equal(t, want, unknowns(s))
	for _, r := range s.Replicas {
		if r.Unknown {
			assert.Equal(t, maintenance.Replica{ID: want[0], Name: "unknown replicas", Unknown: true,
				Incarnation: fresh.Incarnation, Lease: gone.Lease, RenewedAt: r.RenewedAt, Silent: r.Silent}, r)
		}
	}

	require.NoError(t, store.Remove(within(t), want[0]))
	_, err = store.Join(within(t), gone)
	require.NoError(t, err)
	s, err = store.Replicas(within(t))
	require.NoError(t, err)
	assert.Empty(t, unknowns(s), "it was accepted already")
}

// A server takes a new master_replid when its first replica connects, and lost
// nothing by it.
func TestFirstReplicaIsNoLoss(t *testing.T) {
	server := redistest.Start(t)
	store := redisstore.New(server.Client(t))
	r, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	lineage := func() string {
		_, id, _ := strings.Cut(server.Client(t).Info(within(t), "replication").Val(), "master_replid:")
		return id[:40]
	}
	before := lineage()
	redistest.StartReplica(t, server)
	require.NotEqual(t, before, lineage())
	_, err = store.Renew(within(t), r)
	require.NoError(t, err)
	s, err := store.Replicas(within(t))
	require.NoError(t, err)
	assert.Equal(t, r.Incarnation, s.Incarnation)
}

func TestAgeBeginsWithTheIncarnation(t *testing.T) {
	store, client := open(t)
	_, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	roster := key(t, "roster")
	// An hour passes, seen from the server.
	now := client.Time(within(t)).Val()
	since := now.Add(-time.Hour).UnixMicro()
	require.NoError(t, client.HSet(within(t), roster, "since", since).Err())
	s, err := store.Replicas(within(t))
	require.NoError(t, err)
	assert.InDelta(t, time.Hour, s.Age, float64(time.Minute))

	token := client.HGet(within(t), roster, "token").Val()
	require.True(t, strings.HasPrefix(s.Incarnation, token+"."))
	require.NoError(t, client.HSet(within(t), roster, "run", "another").Err())
	s, err = store.Replicas(within(t))
	require.NoError(t, err)
	assert.Less(t, s.Age, time.Minute, "a fail-over begins another incarnation")

	require.NoError(t, client.HSet(within(t), roster, "since", now.Add(time.Hour).UnixMicro()).Err())
	s, err = store.Replicas(within(t))
	require.NoError(t, err)
	assert.EqualValues(t, 1, s.Age, "a clock set back makes no age that means unknown")
}

// A release before left no word of what the entry for lost replicas is like.
func TestRosterOfAnEarlierRelease(t *testing.T) {
	store, client := open(t)
	_, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	roster := key(t, "roster")
	require.NoError(t, client.HDel(within(t), roster, "unknown").Err())
	require.NoError(t, client.HSet(within(t), roster, "run", "another", "incarnation", "earlier").Err())
	s, err := store.Replicas(within(t))
	require.NoError(t, err)
	assert.Equal(t, []string{"unknown-earlier"}, unknowns(s))
}

// Renewals ask from time to time who the server is, whichever replica comes first.
func TestRenewalsNoticeAFailOver(t *testing.T) {
	store, client := open(t)
	r, err := store.Join(within(t), replica("a"))
	require.NoError(t, err)
	_, err = store.Renew(within(t), r)
	require.NoError(t, err)
	roster := key(t, "roster")
	now := client.Time(within(t)).Val()
	for _, tt := range []struct {
		name    string
		asked   time.Time
		notices bool
	}{
		{"asked just now", now, false},
		{"asked six seconds ago", now.Add(-6 * time.Second), true},
		{"a clock set back", now.Add(time.Hour), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, client.HSet(within(t), roster, "run", "another", "asked", tt.asked.UnixMicro()).Err())
			_, err := store.Renew(within(t), r)
			require.NoError(t, err)
			assert.Equal(t, tt.notices, client.HGet(within(t), roster, "run").Val() != "another")
		})
	}
}
