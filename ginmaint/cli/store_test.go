package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// What is broken is named, and the other checks are made all the same.
func TestStoreCheckNamesWhatIsBroken(t *testing.T) {
	for _, test := range []struct {
		name  string
		store func(*maintenance.MemoryStore) maintenance.Store
		fails []string
	}{
		{"saving", func(m *maintenance.MemoryStore) maintenance.Store { return broken{m, m, nil, errBroken, nil, nil} }, []string{"save"}},
		{"pushes", func(m *maintenance.MemoryStore) maintenance.Store { return broken{m, m, nil, nil, errBroken, nil} }, []string{"push"}},
		{"listing", func(m *maintenance.MemoryStore) maintenance.Store { return broken{m, m, nil, nil, nil, errBroken} }, []string{"replicas"}},
		{"no roster", func(m *maintenance.MemoryStore) maintenance.Store { return alone{m} }, []string{"replicas", "join"}},
		{"pushes that get lost", func(m *maintenance.MemoryStore) maintenance.Store { return deaf{m} }, []string{"push", "replicas", "join"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := called(t, on(test.store(maintenance.NewMemoryStore())), "store", "check", "--connect-timeout", "300ms")
			assert.Equal(t, 1, got.code, got.stdout)
			for _, check := range []string{"load", "save", "push", "replicas", "join"} {
				mark := "ok    "
				for _, name := range test.fails {
					if name == check {
						mark = "failed"
					}
				}
				assert.Contains(t, got.stdout, mark+"  "+check+" ")
			}
		})
	}
}

// The history tells who has checked, not that somebody who did nothing has switched.
func TestStoreCheckSignsItsSave(t *testing.T) {
	m := maintenance.NewMemoryStore()
	author, err := author(Command(), "")
	require.NoError(t, err)
	for range 2 {
		begun := time.Now().Add(-time.Second)
		require.Zero(t, called(t, on(m), "store", "check").code)
		state, err := m.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, author, state.ChangedBy)
		assert.Equal(t, "command", state.Via)
		assert.Equal(t, "store check", state.Reason)
		assert.WithinRange(t, state.ChangedAt, begun, time.Now())
		require.Zero(t, called(t, on(m), "off", "--by", "carol", "--expect", "0").code)
	}
	records, err := m.History(t.Context())
	require.NoError(t, err)
	var by []string
	for _, r := range records {
		by = append(by, r.After.ChangedBy)
	}
	assert.Equal(t, []string{"carol", author, "carol", author}, by)
}

// polling is a store without pushes.
type polling struct{ *maintenance.MemoryStore }

func (polling) Interval() time.Duration { return 700 * time.Millisecond }

func TestStoreCheckOfAStoreWithoutPushes(t *testing.T) {
	got := called(t, on(polling{maintenance.NewMemoryStore()}), "store", "check")
	assert.Zero(t, got.code)
	assert.Contains(t, got.stdout, "note    push      this store has no pushes; replicas follow by polling, within 700ms unless their Poll says otherwise\n")
}

// A save that the store did not keep is never called a success.
func TestSaveThatFails(t *testing.T) {
	m := maintenance.NewMemoryStore()
	store := broken{m, m, nil, errBroken, nil, nil}
	for _, args := range [][]string{{"on", "--expect", "0"}, {"on", "--drain", "--expect", "0"}, {"run", "--expect", "0", "--", "true"}} {
		got := called(t, on(store), args...)
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.stderr, "the cable is cut; mend it")
		assert.Empty(t, got.stdout)
	}
	assert.Contains(t, called(t, on(m), "status").stdout, "never switched")
}

// The roster may be away while the document is there.
func TestReplicasThatCanNotBeListed(t *testing.T) {
	m := maintenance.NewMemoryStore()
	store := broken{m, m, nil, nil, nil, errBroken}
	got := called(t, on(store), "replicas")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "the cable is cut")
	got = called(t, on(store), "on", "--drain", "--timeout", "200ms")
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "the cable is cut; mend it")
	assert.NotContains(t, got.stderr, "drained\n")
}

// A level that is fixed can't be switched, and says so.
func TestFixedLevel(t *testing.T) {
	opts := on(maintenance.Fixed(maintenance.On))
	assert.Equal(t, 3, called(t, opts, "status", "--exit-code").code)
	got := called(t, opts, "off")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "fixed by the application's configuration")
}
