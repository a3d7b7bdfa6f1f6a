package maintenance

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const removedLine = "maintenance: a replica was removed from the roster: it was silent until its work had ended, by its own declaration"

// ids returns the IDs that the store lists.
func ids(t *testing.T, store *scripted) (all []string) {
	t.Helper()
	listing, err := store.MemoryStore.Replicas(t.Context())
	require.NoError(t, err)
	for _, r := range listing.Replicas {
		all = append(all, r.ID)
	}
	return all
}

// killed is the entry of a process that will never renew it again.
func killed(id string) Replica {
	return Replica{
		ID: id, Name: "shop-1", Lease: 3 * time.Second, FailsClosed: true, WorkLimit: 10 * time.Second,
		Renewals: 7, Incarnation: "memory", RenewedAt: time.Now(),
	}
}

func TestDeclaredEntryGoesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := newScripted(), &journal{}
		store.list(killed("killed"))
		m := opened(t, store, FailClosed(3*time.Second), WorkLimit(10*time.Second), Logger(slog.New(log)))
		time.Sleep(14 * time.Second)
		assert.Contains(t, ids(t, store), "killed", "before its lease, its limit and the margin have passed")
		time.Sleep(9 * time.Second)
		assert.Equal(t, []string{m.id}, ids(t, store))
		lines := log.with(removedLine)
		require.Len(t, lines, 1)
		text := ""
		lines[0].Attrs(func(a slog.Attr) bool { text += a.String() + " "; return true })
		for _, part := range []string{"replica=killed", "name=shop-1", "silent=1", "FailClosed(3s), WorkLimit(10s)"} {
			assert.Contains(t, text, part)
		}
	})
}

func TestEntryStaysThatDoesNotDeclareIt(t *testing.T) {
	for name, edit := range map[string]func(*Replica, *scripted){
		"no limit":              func(r *Replica, _ *scripted) { r.WorkLimit = 0 },
		"does not fail closed":  func(r *Replica, _ *scripted) { r.FailsClosed = false },
		"earlier incarnation":   func(r *Replica, _ *scripted) { r.Incarnation = "earlier" },
		"stands for unknown":    func(r *Replica, _ *scripted) { r.Unknown = true },
		"a longer limit":        func(r *Replica, _ *scripted) { r.WorkLimit = time.Hour },
		"the store can't tell":  func(_ *Replica, s *scripted) { s.knows(errors.New("who knows"), "") },
		"the removal is failed": func(_ *Replica, s *scripted) { s.fail("remove unrenewed") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				stays := killed("stays")
				edit(&stays, store)
				store.list(stays)
				opened(t, store, FailClosed(3*time.Second), WorkLimit(10*time.Second))
				time.Sleep(10 * time.Minute)
				assert.Contains(t, ids(t, store), "stays")
			})
		})
	}
}

// A process that was paused for longer than its declaration allows, and renews just when
// its entry is about to be removed, keeps it.
func TestEntryThatIsRenewedInBetweenStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.list(killed("paused"))
		opened(t, store, FailClosed(3*time.Second), WorkLimit(10*time.Second))
		var renewed atomic.Bool
		store.onAnswer(func(op string) {
			if op == "replicas" && time.Since(store.born) > 14*time.Second && !renewed.Swap(true) {
				r := killed("paused")
				r.Renewals++
				store.list(r)
			}
		})
		time.Sleep(20 * time.Second)
		require.True(t, renewed.Load())
		assert.Contains(t, ids(t, store), "paused")
	})
}

// A process whose entry was removed while it was paused admits nothing until it has
// joined again, and taken over the document that is there then.
func TestRemovedReplicaAdmitsNothingBeforeItHasJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store, FailClosed(3*time.Second), WorkLimit(10*time.Second))
		require.True(t, admits(m, Write))
		store.fail("report", "join")
		other := opened(t, bare(store)) // switches, and is in no roster
		time.Sleep(15 * time.Second)
		listing, err := store.MemoryStore.Replicas(t.Context())
		require.NoError(t, err)
		require.NoError(t, store.MemoryStore.RemoveUnrenewed(t.Context(), listing.Replicas[0]))
		require.NoError(t, other.On(t.Context()))
		assert.False(t, admits(m, Write), "its lease has run out")
		store.fail("join")
		time.Sleep(5 * time.Second)
		assert.False(t, admits(m, Read), "a renewal was refused")
		store.heal()
		time.Sleep(2 * time.Second)
		assert.Equal(t, []string{m.id}, ids(t, store))
		assert.Equal(t, On, m.State().Level)
		assert.False(t, admits(m, Write))
	})
}

// All replicas together look at the roster about once in a lease, and those that declare
// nothing don't.
func TestIdleReplicasRarelyLook(t *testing.T) {
	for name, c := range map[string]struct {
		options     []Option
		least, most int
	}{
		"declared":  {[]Option{FailClosed(5 * time.Second), WorkLimit(time.Minute)}, 150, 300},
		"otherwise": {[]Option{FailClosed(5 * time.Second)}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const leases = 200
				store := newScripted()
				for i := range 10 {
					opened(t, store, append(c.options, Name(fmt.Sprint("replica ", i)))...)
				}
				time.Sleep(20 * time.Second) // the first looks of each
				store.count()
				time.Sleep(leases * 5 * time.Second)
				calls := store.count()
				assert.GreaterOrEqual(t, calls["replicas"], c.least)
				assert.LessOrEqual(t, calls["replicas"], c.most)
				assert.Zero(t, calls["remove unrenewed"])
				assert.InDelta(t, 10*leases*5, calls["report"], 20, "the heartbeat")
			})
		})
	}
}
