package maintenance

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errBlind = errors.New("this store does not tell who it is; vouch for it by AnOption")

// A store that can't tell whether it lost an entry: the switch works, and a drain says
// what it can't know, at once and not when its time is up.
func TestDrainProvesNothingWhereTheStoreCantTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.knows(errBlind, "")
		m := opened(t, store)
		ticket := begun(t, m, Write)
		require.NoError(t, m.On(t.Context()))
		result := draining(t.Context(), m)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Empty(t, result, "it waits for those who are listed")
		ticket.Leave()
		synctest.Wait()
		require.Len(t, result, 1)
		got := <-result
		require.ErrorIs(t, got.err, ErrNotDrained)
		require.ErrorIs(t, got.err, errBlind)
		assert.False(t, got.report.Drained)
		assert.Empty(t, got.report.Pending)
		assert.Equal(t, errBlind.Error(), got.report.Note)
		assert.Empty(t, got.report.Vouched)
	})
}

// A risk taken for lost replicas is none taken for those that nobody knows of.
func TestAllowLostDoesNotVouchForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.knows(errBlind, "")
		m := opened(t, store)
		store.list(Replica{ID: "gone", Name: "gone", Lease: time.Second, FailsClosed: true, Incarnation: "memory"})
		require.NoError(t, m.On(t.Context()))
		report, err := m.Drain(bounded(t, time.Hour), AllowLost(time.Second))
		require.ErrorIs(t, err, errBlind)
		assert.False(t, report.Drained)
		assert.Len(t, report.Allowed, 1)
	})
}

func TestDrainOnTheOwnersWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.knows(nil, "AnOption")
		m := opened(t, store)
		require.NoError(t, m.On(t.Context()))
		report, err := m.Drain(t.Context())
		require.NoError(t, err)
		assert.True(t, report.Drained)
		assert.Equal(t, "AnOption", report.Vouched)
	})
}

// It may become known while the drain waits, as after a fail-over to another server.
func TestWhatTheStoreKnowsCountsForEachListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		ticket := begun(t, m, Write)
		require.NoError(t, m.On(t.Context()))
		result := draining(t.Context(), m)
		store.knows(errBlind, "")
		ticket.Leave()
		synctest.Wait()
		require.Len(t, result, 1)
		require.ErrorIs(t, (<-result).err, errBlind)
	})
}
