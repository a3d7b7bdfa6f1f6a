package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// working has a replica with one unit of work in flight. done ends it.
func working(t *testing.T, store maintenance.Store, name string, a maintenance.Access) (done func()) {
	t.Helper()
	ticket, ok := serving(t, store, maintenance.Name(name)).Enter(a)
	require.True(t, ok)
	left := false
	done = func() {
		if !left {
			left = true
			ticket.Leave()
		}
	}
	t.Cleanup(done)
	return done
}

func TestDrainIncomplete(t *testing.T) {
	store := maintenance.NewMemoryStore()
	serving(t, store, maintenance.Name("idle-1"))
	working(t, store, "busy-1", maintenance.Write)

	got := called(t, on(store), "on", "--drain", "--timeout", "300ms")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "draining 2 replicas\n")
	assert.Contains(t, got.stderr, "  busy-1: busy with 1 write\n")
	assert.Contains(t, got.stderr, "  idle-1: drained\n")
	assert.Contains(t, got.stderr, ", 1 pending of 2 replicas:\n  busy-1 (")
	assert.Contains(t, got.stderr, "Maintenance stays on; to open again: ginmaint off")
	assert.NotContains(t, got.stderr, "context deadline exceeded")
	assert.NotContains(t, got.stderr, "\x1b", "no escapes where there is no terminal")

	got = called(t, on(store), "status", "--wait", "drained", "--timeout", "300ms")
	assert.Equal(t, 4, got.code)
}

func TestDrainComplete(t *testing.T) {
	store := maintenance.NewMemoryStore()
	done := working(t, store, "busy-1", maintenance.Write)
	working(t, store, "reader-1", maintenance.Read)

	level := serving(t, store) // a third replica, by which the test sees the switch
	go func() {
		<-level.Draining(maintenance.Write)
		done()
	}()
	got := called(t, on(store), "on", "--read-only", "--drain", "--json")
	require.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stdout, `"pending":[]`, "an array, never null")
	var view struct {
		Level string
		Drain maintenance.Report
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &view), got.stdout)
	assert.Equal(t, "read-only", view.Level)
	assert.True(t, view.Drain.Drained, "reads go on at read-only")
	assert.Equal(t, 3, view.Drain.Total)
	assert.Empty(t, view.Drain.Pending)
	assert.Equal(t, maintenance.ReadOnly, view.Drain.State.Level)
}

func TestDrainNamesWhatWasEndedByForce(t *testing.T) {
	store := maintenance.NewMemoryStore()
	mode := serving(t, store, maintenance.Name("shop-1"))
	ticket, ok := mode.Enter(maintenance.Write)
	require.True(t, ok)
	go func() {
		<-mode.Draining(maintenance.Write)
		mode.TellEnded("POST /upload", time.Minute)
		ticket.Leave()
	}()
	got := called(t, on(store), "on", "--drain")
	require.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stdout, "Ended by force (EndAfter):\n  shop-1: ended by force: POST /upload, for 1m0s")
	got = called(t, on(store), "replicas")
	assert.Contains(t, got.stdout, "\nshop-1: ended by force: POST /upload, for 1m0s")
	got = called(t, on(store), "replicas", "--json")
	assert.Contains(t, got.stdout, `"ended":`)
}

func TestDrainOfNobody(t *testing.T) {
	store := maintenance.NewMemoryStore()
	for _, args := range [][]string{{"on"}, {"off"}, {"on", "--drain"}, {"run", "--", "true"}, {"run", "--drain", "--", "true"}} {
		got := called(t, on(store), args...)
		assert.Equal(t, 4, got.code)
		assert.Equal(t, "Error: nothing was changed: no replica follows the store, and 1+ is expected; where 0 is right, add --expect 0\n", got.stderr)
		assert.Empty(t, got.stdout)
	}
	state, err := store.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, state)

	got := called(t, on(store), "on", "--drain", "--expect", "0")
	assert.Zero(t, got.code)
	assert.Contains(t, got.stdout, "nothing that is refused runs any more (0 replicas).")
}

func TestExpect(t *testing.T) {
	store := maintenance.NewMemoryStore()
	serving(t, store)
	serving(t, store)
	for _, c := range []struct {
		expect, fault string
		code          int
	}{
		{"2", "", 0},
		{"1+", "", 0},
		{"3", "nothing was changed: 2 replicas follow the store, and 3 is expected; where 2 is right, add --expect 2", 4},
		{"3+", "2 replicas follow the store, and 3+ is expected", 4},
		{"1", "2 replicas follow the store, and 1 is expected", 4},
		{"", "--expect is empty; write the number of replicas that follow, such as 3", 2},
		{"two", `--expect: "two" is no number of replicas; write one such as 3, or 3+ for three or more`, 2},
		{"-1", `--expect: "-1" is no number`, 2},
	} {
		got := called(t, on(store), "on", "--expect", c.expect)
		assert.Equal(t, c.code, got.code, c.expect)
		assert.Contains(t, got.stderr, c.fault)
	}
	before, err := store.Load(t.Context())
	require.NoError(t, err)
	for _, args := range [][]string{{"on", "--drain", "--expect", "3"}, {"run", "--drain", "--expect", "3", "--", "true"}} {
		got := called(t, on(store), args...)
		assert.Equal(t, 4, got.code, args)
		assert.Contains(t, got.stderr, "nothing was changed: 2 replicas follow the store, and 3 is expected")
	}
	after, err := store.Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, before, after, "no visitor is refused for a number that is wrong")
	assert.Contains(t, called(t, on(store), "status").stdout, "store    the store, followed by 2 replicas\n")
	assert.Contains(t, called(t, on(store), "off", "--json").stdout, `"replicas":2`)
}

// A drain of the command's own process proves nothing about the service.
func TestDrainWithoutARoster(t *testing.T) {
	store := alone{maintenance.NewMemoryStore()}
	got := called(t, on(store), "on", "--drain", "--json")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stdout, `"drained":false`)
	assert.Contains(t, got.stderr, "the store keeps no list of replicas")

	got = called(t, on(store), "run", "--drain", "--", "true")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "the command was not run")
}

func TestDrainThatSomebodyCallsOff(t *testing.T) {
	store := maintenance.NewMemoryStore()
	working(t, store, "busy-1", maintenance.Write)
	other := serving(t, store)
	go func() {
		<-other.Draining(maintenance.Read)
		_ = other.Off(context.Background()) // the command shows whether that went well
	}()
	got := called(t, on(store), "on", "--drain", "--json")
	assert.Equal(t, 5, got.code, got.stderr)
	assert.Contains(t, got.stderr, "the level was lowered while the drain waited (to off")
	assert.NotContains(t, got.stderr, "busy-1: drained")
	assert.NotContains(t, got.stderr, "stays on")
	assert.Contains(t, got.stdout, `{"level":"off"`)
}

func TestDrainInterrupted(t *testing.T) {
	store := maintenance.NewMemoryStore()
	working(t, store, "busy-1", maintenance.Write)
	switched := serving(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-switched.Draining(maintenance.Write)
		cancel()
	}()
	got := calledUntil(ctx, on(store), "on", "--drain")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "interrupted: not drained after")
	assert.Equal(t, maintenance.On, switched.Level())
}

// Before its window begins nothing is on, and the command does not say that it is.
func TestDrainInterruptedBeforeTheWindow(t *testing.T) {
	store := maintenance.NewMemoryStore()
	replica := serving(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for changed := replica.Changed(); !replica.Snapshot().Announced; changed = replica.Changed() {
			<-changed
		}
		cancel()
	}()
	got := calledUntil(ctx, on(store), "on", "--start", "+1h", "--drain")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "interrupted: not drained after")
	assert.Regexp(t, `\nMaintenance is off; it will be on from \S+ \(in (1h|59m)\) until it is switched off\.\n$`, got.stderr)
	assert.NotContains(t, got.stderr, "stays on")
}

// A replica that was killed is lost, and can be allowed for or forgotten.
func TestDrainAllowsLost(t *testing.T) {
	t.Parallel()
	store := maintenance.NewMemoryStore()
	_, err := store.Join(t.Context(), maintenance.Replica{ID: "KILLED", Name: "killed-1", Lease: time.Millisecond, FailsClosed: true})
	require.NoError(t, err)

	got := called(t, on(store), "on", "--drain", "--timeout", "2500ms", "--expect", "0")
	assert.Equal(t, 4, got.code)
	assert.Regexp(t, `  killed-1: lost for \ds, ID KILLED\n`, got.stderr)
	assert.Contains(t, got.stderr, "\n  ginmaint replicas forget killed-1\n")
	got = called(t, on(store), "on")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "nothing was changed: no replica follows the store, and 1+ is expected; 1 more is silent")

	got = called(t, on(store), "on", "--drain", "--timeout", "10s", "--allow-lost", "1ms", "--expect", "0")
	assert.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stdout, "Not proven for 1 lost replica, as --allow-lost permits:\n  killed-1 (KILLED): lost for")

	require.Zero(t, called(t, on(store), "replicas", "forget", "KILLED").code)
	got = called(t, on(store), "on", "--drain", "--expect", "0")
	assert.Zero(t, got.code)
	assert.NotContains(t, got.stdout, "Not proven")
}

// The entry for what a lost roster may have held has one name everywhere.
func TestDrainWaitsForTheUnknown(t *testing.T) {
	store := maintenance.NewMemoryStore()
	_, err := store.Join(t.Context(), maintenance.UnknownReplica("LOST", maintenance.Replica{Lease: time.Minute}))
	require.NoError(t, err)
	assert.Contains(t, called(t, on(store), "replicas").stdout, "\nunknown replicas  unknown  off    -          LOST\n")

	got := called(t, on(store), "on", "--drain", "--timeout", "300ms", "--json")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "  unknown replicas: unknown, what a lost roster may have held, ID LOST\n")
	assert.Contains(t, got.stderr, "\n  ginmaint replicas forget LOST\n")
	assert.Contains(t, got.stdout, `"cause":"unknown"`)
}

func TestStatusWaitsAcrossChanges(t *testing.T) {
	store := maintenance.NewMemoryStore()
	done := working(t, store, "busy-1", maintenance.Write)
	other := serving(t, store)
	ended := make(chan answer, 1)
	go func() { ended <- calledUntil(t.Context(), on(store), "status", "--wait", "drained") }()
	for range 3 {
		require.NoError(t, other.On(t.Context()))
		require.NoError(t, other.Off(t.Context()))
	}
	select {
	case got := <-ended:
		t.Fatalf("it did not wait: %+v", got)
	default:
	}
	require.NoError(t, other.On(t.Context()))
	done()
	got := <-ended
	assert.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stdout, "Drained after")
}

// Where a number is asked for that can't be known, nothing is switched on its account.
func TestExpectWhereTheNumberIsNotKnown(t *testing.T) {
	lost, unlisted := maintenance.NewMemoryStore(), maintenance.NewMemoryStore()
	for name, c := range map[string]struct {
		store maintenance.Store
		fault string
	}{
		"no list":    {alone{maintenance.NewMemoryStore()}, "the store keeps no list of replicas"},
		"list away":  {broken{unlisted, unlisted, nil, nil, nil, errBroken}, "the cable is cut"},
		"names lost": {&buried{MemoryStore: lost, dead: []maintenance.Replica{{ID: "A", Unknown: true}}}, "the list holds an entry for replicas that were lost with their names"},
	} {
		for _, args := range [][]string{{"on", "--expect", "1"}, {"on", "--drain", "--expect", "1+"}, {"run", "--expect", "1", "--", "true"}} {
			got := called(t, on(c.store), args...)
			assert.Equal(t, 4, got.code, "%s: %s", name, args)
			assert.Contains(t, got.stderr, "is expected, and how many replicas follow the store can't be known: ", name)
			assert.Contains(t, got.stderr, c.fault, name)
		}
		state, err := c.store.Load(t.Context())
		require.NoError(t, err)
		assert.Zero(t, state, name)
	}
}

// buried is a store in which some replicas have been dead for three days.
type buried struct {
	*maintenance.MemoryStore
	lease time.Duration

	mu   sync.Mutex
	dead []maintenance.Replica
}

func (b *buried) bury(dead ...maintenance.Replica) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dead = append(b.dead, dead...)
}

func (b *buried) Replicas(ctx context.Context) (maintenance.Listing, error) {
	s, err := b.MemoryStore.Replicas(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.dead {
		r.Silent, r.Lease, r.RenewedAt = 72*time.Hour, cmp.Or(b.lease, r.Lease, time.Second), time.Now().Add(-72*time.Hour)
		s.Replicas = append(s.Replicas, r)
	}
	return s, err
}

// Who has died is no replica that follows, also where its work has ended by its own word.
func TestNobodyFollowsWhereAllHaveDied(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"replicas that follow: 0, expected: 1":                          {"--expect", "1", "--timeout", "10s"},
		"as nothing was asked: no replica follows the store, and 1+ is": {"--timeout", "1m"},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			store := maintenance.NewMemoryStore()
			_, err := store.Join(t.Context(), maintenance.Replica{ID: "DEAD", Name: "dead-1", Lease: 2 * time.Second, FailsClosed: true, WorkLimit: time.Millisecond})
			require.NoError(t, err)
			run := append(append([]string{"run", "--drain"}, args...), "--", "echo", "RAN")
			got := called(t, on(store), run...)
			assert.Equal(t, 4, got.code, got.stderr)
			assert.Contains(t, got.stderr, says)
			assert.NotContains(t, got.stdout, "RAN")
			got = called(t, on(store), run...)
			assert.Contains(t, got.stderr, "nothing was changed: no replica follows the store", "it is silent already")
		})
	}
}

// Who has been silent for days is named with that, also where the drain has not waited
// for a lease; and the last lines are what to type.
func TestDrainOverDeadOnes(t *testing.T) {
	store := &buried{MemoryStore: maintenance.NewMemoryStore()}
	serving(t, store, maintenance.Name("alive-1"))
	store.bury(maintenance.Replica{ID: "A", Name: "dead-1"}, maintenance.Replica{ID: "B", Name: "dead 2; rm -rf"})

	got := called(t, on(store), "on", "--drain", "--timeout", "300ms", "--allow-lost", "1s")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "warning: --allow-lost can't help: no replica fails closed")
	assert.Regexp(t, `\n  dead-1: waiting, silent for 72h\n`, got.stderr)
	assert.Regexp(t, `\n  dead-1 \(A\): has not acknowledged the change yet, silent for 72h0m0s\n`, got.stderr)
	assert.Contains(t, got.stderr, "\nOnce you are certain that those which are silent have ended, forget them and drain again:\n"+
		"  ginmaint replicas forget dead-1 B\n"+
		"Maintenance stays on; to open again: ginmaint off\n", "a name is no way into the shell")
	assert.NotContains(t, got.stderr, "forget alive-1")
	assert.Contains(t, called(t, on(store), "status").stdout, "store    the store, followed by 1 replica, and 2 more are silent\n")

	for _, id := range []string{"C", "D", "E"} {
		store.bury(maintenance.Replica{ID: id, Name: "dead-" + id})
	}
	got = called(t, on(store), "run", "--drain", "--timeout", "300ms", "--", "true")
	assert.Contains(t, got.stderr, "\n  ginmaint replicas forget --silent 72h\n")
}

func TestAllowLostThatHelpsSome(t *testing.T) {
	store := &buried{MemoryStore: maintenance.NewMemoryStore()}
	serving(t, store, maintenance.Name("closes-1"), maintenance.FailClosed(time.Second))
	drained := func() answer {
		return called(t, on(store), "on", "--drain", "--timeout", "100ms", "--allow-lost", "1s")
	}
	got := drained()
	assert.Zero(t, got.code)
	assert.NotContains(t, got.stderr, "warning")
	store.bury(maintenance.Replica{ID: "A", Name: "dead-1"})
	assert.Contains(t, drained().stderr, "warning: --allow-lost can't help with dead-1, which does not fail closed")
}
