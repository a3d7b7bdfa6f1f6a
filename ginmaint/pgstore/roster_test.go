package pgstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/pgstore"
)

func join(t testing.TB, store *pgstore.Store, r maintenance.Replica) maintenance.Replica {
	t.Helper()
	joined, err := store.Join(t.Context(), r)
	require.NoError(t, err)
	return joined
}

func list(t testing.TB, store *pgstore.Store) maintenance.Listing {
	t.Helper()
	snap, err := store.Replicas(t.Context())
	require.NoError(t, err)
	return snap
}

// unknown returns the entries that stand for lost replicas.
func unknown(snap maintenance.Listing) []maintenance.Replica {
	var found []maintenance.Replica
	for _, r := range snap.Replicas {
		if r.Unknown {
			found = append(found, r)
		}
	}
	return found
}

func TestRosterThatWasLost(t *testing.T) {
	for _, lose := range []string{
		"TRUNCATE ginmaint_roster",
		"TRUNCATE ginmaint_roster, ginmaint_replicas",
		"DROP TABLE ginmaint, ginmaint_roster, ginmaint_replicas",
	} {
		t.Run(lose, func(t *testing.T) {
			store, pool := fresh(t)
			one, two := join(t, store, maintenance.Replica{ID: "one"}), join(t, store, maintenance.Replica{ID: "two"})
			assert.Equal(t, one.Incarnation, two.Incarnation)
			set(t, pool, lose)
			require.NoError(t, store.Migrate(t.Context()))

			_, err := store.Renew(t.Context(), one)
			require.ErrorIs(t, err, maintenance.ErrUnlisted)
			// One that is new knows of no loss; a survivor does.
			newcomer := join(t, store, maintenance.Replica{ID: "three"})
			assert.NotEqual(t, one.Incarnation, newcomer.Incarnation)
			assert.Empty(t, unknown(list(t, store)))
			again := join(t, store, one)
			assert.Equal(t, newcomer.Incarnation, again.Incarnation)
			join(t, store, two)

			snap := list(t, store)
			lost := unknown(snap)
			require.Len(t, lost, 1, "survivors make one together")
			assert.Equal(t, snap.Incarnation, lost[0].Incarnation)
			require.NoError(t, store.Remove(t.Context(), lost[0].ID))
			join(t, store, again)
			assert.Empty(t, unknown(list(t, store)), "accepted by a person")
		})
	}
}

func TestEntryThatWasForgottenIsNoLoss(t *testing.T) {
	store, _ := fresh(t)
	one := join(t, store, maintenance.Replica{ID: "one"})
	require.NoError(t, store.Remove(t.Context(), "one"))
	_, err := store.Renew(t.Context(), one)
	require.ErrorIs(t, err, maintenance.ErrUnlisted)
	join(t, store, one)
	assert.Empty(t, unknown(list(t, store)))
}

func TestPromotion(t *testing.T) {
	old := pgtest.New(t, "fsync=on") // a standby copies all databases of its server
	plain := connect(t, old.Database(t))
	primary := pgstore.New(plain)
	require.NoError(t, primary.Migrate(t.Context()))
	standby := old.Standby(t)
	copied := pgstore.New(connect(t, through(t, plain, standby.Addr())))
	saved := save(t, primary, maintenance.On)
	kept := join(t, primary, maintenance.Replica{ID: "kept"})
	require.NoError(t, old.CatchUp(t.Context(), standby))
	vouched := vouching(t, old, plain)

	t.Run("before", func(t *testing.T) {
		check := func(method string, err error) { assert.ErrorContains(t, err, "primary", method) }
		each(t, copied, check)
		eachWatch(t, copied, check)
	})
	require.NoError(t, standby.Promote(t.Context()))
	// It joins the old primary after the copy went its own way.
	late := join(t, primary, maintenance.Replica{ID: "late"})
	assert.Equal(t, saved, load(t, copied))

	snap := list(t, copied)
	assert.NotEqual(t, kept.Incarnation, snap.Incarnation)
	token, _, _ := strings.Cut(kept.Incarnation, ".")
	assert.True(t, strings.HasPrefix(snap.Incarnation, token+"."), "the roster itself was not lost")
	assert.Zero(t, snap.Age, "nobody has joined it yet")
	lost := unknown(snap)
	require.Len(t, lost, 1, "the copy tells of what it was")
	assert.Equal(t, "unknown-"+kept.Incarnation, lost[0].ID)
	fresh := join(t, copied, maintenance.Replica{ID: "newcomer"})
	assert.Equal(t, snap.Incarnation, fresh.Incarnation)
	stored := unknown(list(t, copied))
	require.Len(t, stored, 1, "perhaps nobody else comes")
	assert.Equal(t, lost[0].ID, stored[0].ID)
	require.NoError(t, copied.Remove(t.Context(), fresh.ID))
	_, err := copied.Renew(t.Context(), kept)
	require.ErrorIs(t, err, maintenance.ErrUnlisted)

	again := join(t, copied, kept)
	assert.Equal(t, snap.Incarnation, again.Incarnation)
	assert.Len(t, unknown(list(t, copied)), 1, "its entry was kept, others may be missing")
	assert.Positive(t, list(t, copied).Age)
	join(t, copied, late)
	assert.Len(t, unknown(list(t, copied)), 1, "survivors make one together")

	onTheOwnersWord(t, connect(t, through(t, plain, standby.Addr())), vouched)
}

var declared = []pgstore.Option{pgstore.Switch("declared"), pgstore.AssumeNothingLost()}

func TestTheOwnersWordIsChecked(t *testing.T) {
	_, pool := fresh(t)
	_, err := pgstore.New(pool, declared...).Join(t.Context(), maintenance.Replica{ID: "one"})
	assert.ErrorContains(t, err, "fsync is off; switch it on, or leave the option out")
}

// vouching joins on the owner's word, once a synchronous standby makes it true.
func vouching(t *testing.T, server *pgtest.Server, pool pgstore.Pool) maintenance.Replica {
	store := pgstore.New(pool, declared...)
	_, err := store.Join(t.Context(), maintenance.Replica{ID: "declared"})
	require.ErrorContains(t, err, "there is a standby, and synchronous_standby_names is empty; name those that may be promoted")
	configure := func(sql string) {
		require.NoError(t, server.Exec(t.Context(), sql))
		require.NoError(t, server.Exec(t.Context(), "SELECT pg_reload_conf()"))
	}
	configure("ALTER SYSTEM SET synchronous_standby_names = '*'")
	defer configure("ALTER SYSTEM RESET synchronous_standby_names") // nothing is confirmed after the promotion
	var joined maintenance.Replica
	require.Eventually(t, func() bool {
		joined, err = store.Join(t.Context(), maintenance.Replica{ID: "declared"})
		return err == nil
	}, patience, 10*time.Millisecond, "the setting comes into force")
	assert.Empty(t, list(t, store).Vouched, "so far nothing rests on it")
	return joined
}

// onTheOwnersWord is how a switch stands after a promotion whose owner vouches.
func onTheOwnersWord(t *testing.T, pool pgstore.Pool, before maintenance.Replica) {
	store := pgstore.New(pool, declared...)
	const word = "pgstore.AssumeNothingLost"
	snap := list(t, store)
	assert.NotEqual(t, before.Incarnation, snap.Incarnation)
	require.Len(t, snap.Replicas, 1, "the copy has its entry, and lacks nobody")
	assert.Equal(t, word, snap.Vouched)
	join(t, store, maintenance.Replica{ID: "another"})
	again := join(t, store, before)
	for _, look := range []*pgstore.Store{store, pgstore.New(pool, pgstore.Switch("declared"))} {
		assert.Empty(t, unknown(list(t, look)))
		assert.Equal(t, word, list(t, look).Vouched, "for all who look")
	}
	_, err := store.Renew(t.Context(), again)
	require.NoError(t, err)

	again.Incarnation = "ANOTHER.00000001" // of a roster that was lost as a whole
	join(t, store, again)
	assert.Len(t, unknown(list(t, store)), 1, "that needs a look on any word")
}

// Where a whole service was stopped before the promotion, a person accepts what may be
// lost before anybody joins.
func TestLossAcceptedBeforeAnybodyJoins(t *testing.T) {
	store, pool := fresh(t)
	before := join(t, store, maintenance.Replica{ID: "one"})
	require.NoError(t, store.Remove(t.Context(), before.ID))
	_, timeline, _ := strings.Cut(before.Incarnation, ".")
	set(t, pool, "UPDATE ginmaint_roster SET incarnation = token || '.0000ABCD'")
	snap := list(t, store)
	require.Len(t, snap.Replicas, 1)
	lost := snap.Replicas[0]
	assert.True(t, lost.Unknown)
	assert.True(t, strings.HasSuffix(lost.ID, ".0000ABCD"), lost.ID)
	assert.True(t, strings.HasSuffix(snap.Incarnation, "."+timeline))

	require.NoError(t, store.Remove(t.Context(), lost.ID))
	require.ErrorIs(t, store.Remove(t.Context(), lost.ID), maintenance.ErrUnlisted)
	assert.Empty(t, list(t, store).Replicas)
	join(t, store, maintenance.Replica{ID: "two"})
	assert.Empty(t, unknown(list(t, store)))
}

func TestAgeOfTheRoster(t *testing.T) {
	store, pool := fresh(t)
	snap := list(t, store)
	assert.Empty(t, snap.Incarnation)
	assert.Zero(t, snap.Age)
	join(t, store, maintenance.Replica{ID: "one"})
	set(t, pool, "UPDATE ginmaint_roster SET began_at = began_at - interval '1 hour'")
	join(t, store, maintenance.Replica{ID: "two"})
	age := list(t, store).Age
	assert.GreaterOrEqual(t, age, time.Hour, "a further replica does not begin it anew")
	assert.Less(t, age, 2*time.Hour)
	set(t, pool, "UPDATE ginmaint_roster SET began_at = clock_timestamp() + interval '1 hour'")
	assert.Zero(t, list(t, store).Age, "the server's clock was set back")
}

func TestEntryThatCantBeRead(t *testing.T) {
	store, pool := fresh(t)
	join(t, store, maintenance.Replica{ID: "one"})
	set(t, pool, `UPDATE ginmaint_replicas SET entry = '{"level":"closed"}'`)
	_, err := store.Replicas(t.Context())
	require.ErrorContains(t, err, `the entry of the replica "one"`)
	require.NoError(t, store.Remove(t.Context(), "one"))
}

func TestRosterWakesForWorkAlone(t *testing.T) {
	store, _ := fresh(t)
	ctx, stop := context.WithCancel(t.Context())
	woken, ended := make(chan struct{}, 100), make(chan struct{})
	go func() {
		defer close(ended)
		assert.ErrorIs(t, store.WatchReplicas(ctx, func() { woken <- struct{}{} }), context.Canceled)
	}()
	defer func() { stop(); <-ended }()
	wake := func(why string) {
		t.Helper()
		select {
		case <-woken:
		case <-time.After(patience):
			require.FailNow(t, "not woken", why)
		}
	}
	wake("it listens")
	r := join(t, store, maintenance.Replica{ID: "one"})
	wake("it came")
	for _, change := range []struct {
		name string
		edit func()
	}{
		{"document", func() { r.Document = "x" }},
		{"level", func() { r.Level = maintenance.On }},
		{"reads", func() { r.Reads = 1 }},
		{"writes", func() { r.Writes = 1 }},
	} {
		change.edit()
		for range 3 { // the first changes something, the others renew it
			r.Renewals++
			_, err := store.Renew(t.Context(), r)
			require.NoError(t, err)
		}
		wake(change.name)
	}
	require.NoError(t, store.Remove(t.Context(), "one"))
	wake("it went")
	assert.Empty(t, woken, "a renewal wakes nobody")
}

func TestReportDoesNotWaitForTheDisk(t *testing.T) {
	store, pool := fresh(t)
	r := join(t, store, maintenance.Replica{ID: "one"})
	set(t, pool, `CREATE TABLE seen (at text);
		CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
		$$BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
		CREATE CONSTRAINT TRIGGER look AFTER UPDATE ON ginmaint_replicas
		DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION look()`)
	_, err := store.Renew(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, "off", get[string](t, pool, "SELECT at FROM seen"))
	assert.Equal(t, "on", get[string](t, pool, "SHOW synchronous_commit"), "of the pool's other work")
}
