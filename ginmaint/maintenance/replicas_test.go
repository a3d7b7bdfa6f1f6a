package maintenance

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		a := opened(t, store, Name("a"), FailClosed(7*time.Second))
		b := opened(t, store, Name("b"), Poll(2*time.Second))
		observer := opened(t, store, Observer())
		read, write := begun(t, b, Read), begun(t, b, Write)
		require.NoError(t, a.On(t.Context()))
		time.Sleep(2500 * time.Millisecond)

		list, err := observer.Replicas(t.Context())
		require.NoError(t, err)
		require.Len(t, list, 2, "an observer has no entry")
		assert.Less(t, list[0].ID, list[1].ID)
		byName := map[string]Replica{list[0].Name: list[0], list[1].Name: list[1]}
		ra, rb := byName["a"], byName["b"]
		assert.Equal(t, []any{a.id, a.State().ID, On, int64(0), int64(0), true, 7 * time.Second},
			[]any{ra.ID, ra.Document, ra.Level, ra.Reads, ra.Writes, ra.FailsClosed, ra.Lease})
		assert.Equal(t, []any{b.id, a.State().ID, On, int64(1), int64(1), false, 20 * time.Second},
			[]any{rb.ID, rb.Document, rb.Level, rb.Reads, rb.Writes, rb.FailsClosed, rb.Lease})
		assert.Equal(t, time.Now().Add(-2500*time.Millisecond).UTC(), rb.Since, "since when it is waited for")
		assert.True(t, ra.Since.IsZero())

		time.Sleep(5 * time.Second)
		later, err := observer.Replicas(t.Context())
		require.NoError(t, err)
		for i := range later {
			assert.Greater(t, later[i].Renewals, list[i].Renewals)
		}
		read.Leave()
		write.Leave()
		store.fail("replicas")
		_, err = observer.Replicas(t.Context())
		assert.ErrorIs(t, err, errDown)
		store.heal()
	})
}

func TestReplicasWithoutARoster(t *testing.T) {
	store := bare(newScripted())
	m := opened(t, store, Name("alone"))
	require.NoError(t, m.On(t.Context()))
	list, err := m.Replicas(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, []any{"alone", m.State().ID, On}, []any{list[0].Name, list[0].Document, list[0].Level})
	assert.ErrorIs(t, m.Forget(t.Context(), list[0].ID), ErrUnlisted)

	list, err = opened(t, store, Observer()).Replicas(t.Context())
	require.NoError(t, err)
	assert.Empty(t, list)
}

func TestReplicaJSON(t *testing.T) {
	text, err := json.Marshal(Replica{ID: "A", Level: On, Reads: 1, Lease: time.Second, RenewedAt: noon})
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"A","level":"on","reads":1,"writes":0,"renewals":0,"lease":1000000000,"fails_closed":false,
		"incarnation":"","renewed_at":"2026-11-22T12:00:00Z"}`, string(text))
	var read Replica
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, Replica{ID: "A", Level: On, Reads: 1, Lease: time.Second, RenewedAt: noon}, read)
}
