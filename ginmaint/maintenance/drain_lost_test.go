package maintenance

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSilentReplicaIsNamedLostAfterItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		store.list(Replica{ID: "silent", Lease: 10 * time.Second, Renewals: 7, Incarnation: "memory"})
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		begun := time.Now()
		var lostAfter time.Duration
		var lostFor time.Duration
		report, err := m.Drain(bounded(t, time.Minute), OnProgress(func(r Report) {
			require.Len(t, r.Pending, 1)
			if r.Pending[0].Cause == Lost && lostAfter == 0 {
				lostAfter, lostFor = time.Since(begun), r.Pending[0].LostFor
			}
		}))
		require.ErrorIs(t, err, ErrNotDrained)
		assert.Equal(t, 11*time.Second, lostAfter, "the lease and a second for the way")
		assert.Equal(t, 11*time.Second, lostFor)
		require.Len(t, report.Pending, 1)
		assert.Equal(t, "silent", report.Pending[0].Replica.ID)
		assert.GreaterOrEqual(t, report.Pending[0].LostFor, 59*time.Second)
	})
}

func TestLivingReplicaIsNeverLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		busy := opened(t, store, FailClosed(3*time.Second))
		ticket := begun(t, busy, Write)
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		_, err := m.Drain(bounded(t, 10*time.Minute), AllowLost(0), OnProgress(func(r Report) {
			require.Len(t, r.Pending, 1)
			require.Equal(t, Busy, r.Pending[0].Cause, "it reports, so it lives")
		}))
		require.ErrorIs(t, err, ErrNotDrained)
		ticket.Leave()
	})
}

// A list that took long on its way shows nobody lost: only what passed between
// the receipt of one list and the sending of another counts.
func TestLostCountsFromReceiptToSending(t *testing.T) {
	d := &sightings{seen: make(map[string]sighting)}
	r := Replica{ID: "r", Renewals: 1, Lease: 10 * time.Second}
	at := func(s time.Duration) time.Time { return noon.Add(s * time.Second) }
	assert.Zero(t, d.lostFor(r, at(0), at(30)), "first seen, at the receipt")
	assert.Zero(t, d.lostFor(r, at(40), at(90)))
	assert.Equal(t, 11*time.Second, d.lostFor(r, at(41), at(42)))
	r.Renewals++
	assert.Zero(t, d.lostFor(r, at(100), at(101)), "it has reported")
	r.Renewals = 1
	assert.Zero(t, d.lostFor(r, at(200), at(201)), "another counter, lower or not, is a sign of life")
}

// After a fail-over a copy may show a renewal that was followed by others, so nothing
// that was seen before counts.
func TestLostCountsWithinOneIncarnation(t *testing.T) {
	at := func(s time.Duration) time.Time { return noon.Add(s * time.Second) }
	d := &sightings{seen: make(map[string]sighting)}
	r := Replica{ID: "r", Renewals: 1, Lease: 10 * time.Second}
	for i, incarnation := range []string{"first", "second"} {
		from := time.Duration(100 * i)
		d.meet(Listing{Incarnation: incarnation}, at(from))
		assert.Zero(t, d.lostFor(r, at(from), at(from)), incarnation)
		assert.Equal(t, 11*time.Second, d.lostFor(r, at(from+11), at(from+12)), incarnation)
	}
}

// A store that does not know the age of a roster, as after a promotion in PostgreSQL
// until somebody has joined again, is given as long as a drain that begins then.
func TestAgeOfAnIncarnationIsItsOwn(t *testing.T) {
	at := func(s time.Duration) time.Time { return noon.Add(s * time.Second) }
	d := &drain{began: at(0), sightings: sightings{seen: make(map[string]sighting)}}
	for _, c := range []struct {
		listing     Listing
		sent        time.Duration
		age         time.Duration
		description string
	}{
		{Listing{Incarnation: "first", Age: time.Hour}, 0, time.Hour, "the store knows"},
		{Listing{Incarnation: "second"}, 600, 0, "however long the drain has waited for the first"},
		{Listing{Incarnation: "second"}, 605, 5 * time.Second, "since it was seen first"},
		{Listing{Incarnation: "second", Age: 2 * time.Second}, 606, 2 * time.Second, "somebody has joined"},
		{Listing{}, 700, 0, "a roster that nobody has joined is another one"},
		{Listing{}, 704, 4 * time.Second, "likewise"},
	} {
		d.meet(c.listing, at(c.sent))
		assert.Equal(t, c.age, d.age(c.listing, at(c.sent)), c.description)
	}
}

func TestAllowLost(t *testing.T) {
	for _, c := range []struct {
		name    string
		entry   Replica
		opts    []DrainOption
		allowed time.Duration // zero: never
	}{
		{"fails closed", Replica{FailsClosed: true, Lease: 10 * time.Second}, []DrainOption{AllowLost(20 * time.Second)}, 31 * time.Second},
		{"no grace", Replica{FailsClosed: true, Lease: 10 * time.Second}, []DrainOption{AllowLost(0)}, 11 * time.Second},
		{"with work when last heard of", Replica{FailsClosed: true, Lease: 10 * time.Second, Writes: 3}, []DrainOption{AllowLost(20 * time.Second)}, 31 * time.Second},
		{"goes on without the store", Replica{Lease: 10 * time.Second}, []DrainOption{AllowLost(20 * time.Second)}, 0},
		{"not asked for", Replica{FailsClosed: true, Lease: 10 * time.Second}, nil, 0},
		{"unknown", Replica{Unknown: true}, []DrainOption{AllowLost(20 * time.Second)}, 21 * time.Second},
		{"an endless lease", Replica{FailsClosed: true, Lease: math.MaxInt64}, []DrainOption{AllowLost(0)}, 0},
		{"an endless grace", Replica{FailsClosed: true, Lease: 10 * time.Second}, []DrainOption{AllowLost(math.MaxInt64)}, 0},
		{"unknown, not asked for", Replica{Unknown: true}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m := opened(t, store)
				c.entry.ID, c.entry.Incarnation = "gone", "memory"
				store.list(c.entry)
				require.NoError(t, m.On(t.Context()))
				synctest.Wait()
				report, err := m.Drain(bounded(t, 10*time.Minute), c.opts...)
				if c.allowed == 0 {
					require.ErrorIs(t, err, ErrNotDrained)
					assert.Len(t, report.Pending, 1)
					assert.Empty(t, report.Allowed)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, c.allowed, report.Waited)
				assert.Empty(t, report.Pending)
				require.Len(t, report.Allowed, 1, "the report names the risk that was taken")
				assert.Equal(t, "gone", report.Allowed[0].Replica.ID)
				assert.Contains(t, report.String(), "allowed, not proven: gone")
			})
		})
	}
}

// A killed replica that declared how long its work lasts holds nothing up.
func TestWorkLimit(t *testing.T) {
	const lease, limit = 10 * time.Second, 30 * time.Second
	declared := Replica{ID: "gone", Incarnation: "memory", FailsClosed: true, Lease: lease, WorkLimit: limit}
	for _, c := range []struct {
		name string
		edit func(*Replica)
		ends bool
	}{
		{"declared", func(*Replica) {}, true},
		{"with work when last heard of", func(r *Replica) { r.Writes = 3 }, true},
		{"does not fail closed", func(r *Replica) { r.FailsClosed = false }, false},
		{"nothing declared", func(r *Replica) { r.WorkLimit = 0 }, false},
		{"of another incarnation", func(r *Replica) { r.Incarnation = "earlier" }, false},
		{"for ever", func(r *Replica) { r.WorkLimit = math.MaxInt64 }, false},
		{"with an endless lease", func(r *Replica) { r.Lease = math.MaxInt64 }, false},
		{"stands for unknown ones", func(r *Replica) { r.Unknown = true }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m := opened(t, store)
				entry := declared
				c.edit(&entry)
				store.list(entry)
				require.NoError(t, m.On(t.Context()))
				synctest.Wait()
				report, err := m.Drain(bounded(t, 10*time.Minute))
				if !c.ends {
					require.ErrorIs(t, err, ErrNotDrained)
					assert.Len(t, report.Pending, 1)
					assert.Empty(t, report.Declared)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, lease+margin+limit, report.Waited)
				require.Len(t, report.Declared, 1)
				assert.Contains(t, report.String(), "\n  ended by its own word (WorkLimit 30s), not proven: gone: lost for 41s")
			})
		})
	}
}

func TestWorkLimitStandsInTheEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore(), FailClosed(5*time.Second), WorkLimit(time.Minute))
		assert.Equal(t, time.Minute, m.WorkLimit())
		replicas, err := m.Replicas(t.Context())
		require.NoError(t, err)
		assert.Equal(t, time.Minute, replicas[0].WorkLimit)
	})
}

func TestForgettingEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		store.list(Replica{ID: "killed", Lease: 10 * time.Second})
		require.NoError(t, m.On(t.Context()))
		synctest.Wait()
		result := draining(t.Context(), m)
		require.Empty(t, result)
		require.NoError(t, m.Forget(t.Context(), "killed"))
		synctest.Wait()
		require.Len(t, result, 1)
		assert.NoError(t, (<-result).err)
	})
}
