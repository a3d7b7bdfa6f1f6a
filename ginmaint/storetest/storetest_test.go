package storetest

import (
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestMemoryStore(t *testing.T) {
	var mu sync.Mutex
	stores := make(map[string]maintenance.Store)
	Run(t, Harness{Open: func(_ *testing.T, name string) maintenance.Store {
		mu.Lock()
		defer mu.Unlock()
		if stores[name] == nil {
			stores[name] = maintenance.NewMemoryStore()
		}
		return stores[name]
	}})
}

// A store that keeps the contract passes every check there is.
func TestSoundStore(t *testing.T) {
	e := newEngine()
	Run(t, Harness{
		Open:      func(_ *testing.T, name string) maintenance.Store { return e.open(name) },
		Interrupt: func(*testing.T) { e.interrupt() },
	})
}

// Each check fails on a store that breaks the rule that it checks, and says why.
func TestBrokenStores(t *testing.T) {
	checks := make(map[string]check)
	for _, c := range checksFor(newEngine().open("any"), true) {
		require.NotContains(t, checks, c.name, "two checks with one name")
		checks[c.name] = c
	}
	unproven := maps.Clone(checks)
	for _, b := range slices.Concat(brokenDocuments(), brokenHistories(), brokenWatches(), brokenRosters(), brokenWakes()) {
		c, ok := checks[b.check]
		require.True(t, ok, "there is no check %q", b.check)
		delete(unproven, b.check)
		t.Run(b.check+"/"+b.fault, func(t *testing.T) {
			t.Parallel()
			e := newEngine()
			faults := record(c, e, func(name string) maintenance.Store { return alter(t, e.open(name), b.breaks) })
			assert.Contains(t, faults, b.says)
		})
	}
	assert.Empty(t, unproven, "checks that no broken store was seen to fail")
}

// broken is a store with one fault, and what its check says.
type broken struct {
	check, fault, says string
	breaks             func(*altered)
}

func TestChecksFor(t *testing.T) {
	names := func(checks []check) (all []string) {
		for _, c := range checks {
			all = append(all, c.name)
		}
		return all
	}
	plain := names(checksFor(maintenance.Fixed(maintenance.On), false))
	assert.Contains(t, plain, "every field kept")
	assert.NotContains(t, plain, "restore over nothing", "Fixed is no Restorer")
	assert.NotContains(t, plain, "history is empty before the first save", "Fixed is no Historian")
	assert.NotContains(t, plain, "joining again replaces", "Fixed is no Roster")
	assert.NotContains(t, plain, "watch returns an error when its connection breaks", "there is no Interrupt")

	full := names(checksFor(newEngine().open("any"), true))
	for _, name := range []string{
		"restore over nothing", "joining again replaces",
		"watch returns an error when its connection breaks",
		"roster watch returns an error when its connection breaks",
	} {
		assert.Contains(t, full, name)
	}
}

// A field of a type that fill does not know yet fails the suite, instead of
// going unchecked.
func TestFillRefusesUnknownTypes(t *testing.T) {
	r := &recorder{}
	aside(func() {
		(&probe{tester: r}).fill(&struct{ Added map[string]int }{}, 0)
	})
	assert.Contains(t, r.faults, "storetest can't fill the field Added of type map[string]int yet: add that type to fill")
}

func TestFillLeavesNoFieldZero(t *testing.T) {
	p := &probe{tester: t}
	for round := range 2 {
		var state maintenance.State
		p.fill(&state, round)
		assert.NoError(t, state.Validate())
		zero := differences(state, maintenance.State{})
		assert.Len(t, zero, 11, "every exported field is filled: %q", zero)
	}
	var replica maintenance.Replica
	p.fill(&replica, 0)
	assert.Len(t, differences(replica, maintenance.Replica{}), 22)
}

func BenchmarkMemoryStore(b *testing.B) {
	Bench(b, func(*testing.B, string) maintenance.Store { return maintenance.NewMemoryStore() })
}
