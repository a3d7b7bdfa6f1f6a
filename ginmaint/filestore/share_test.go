package filestore

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// seenFrom returns a store as a process of this host has it.
func seenFrom(host, path string) *Store {
	s := onShare(path)
	s.share(newSite())
	s.entries.host = func(string) string { return host }
	return s
}

// dies frees what a process holds that ends without a goodbye.
func dies(s *Store) {
	for _, m := range s.members {
		m.release()
	}
}

// Where several hosts share a folder and not its locks, a lock that is free says
// nothing of another host's process.
func TestFreeLockOnAShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, joined, looks string
		goes                bool
	}{
		{"the same kernel and mount", "boot-1/57", "boot-1/57", true},
		{"another host, or this one before a restart", "boot-1/57", "boot-2/57", false},
		{"another mount on the same kernel", "boot-1/57", "boot-1/58", false},
		{"an entry that names nobody", "", "boot-1/57", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			mode := openMode(t, seenFrom(c.looks, path), maintenance.Observer(), maintenance.Poll(20*time.Millisecond))
			other := seenFrom(c.joined, path)
			joined, err := other.Join(t.Context(), maintenance.Replica{ID: "A", Writes: 1})
			require.NoError(t, err)
			require.NoError(t, mode.On(t.Context()))
			assert.Equal(t, []string{"A"}, pending(t, mode))

			dies(other)
			if !c.goes {
				assert.Equal(t, []string{"A"}, pending(t, mode))
				require.NoError(t, renew(other, joined), "it lives, and its own lock is free for others alone")
				require.NoError(t, mode.Forget(t.Context(), "A"))
			}
			drains(t, mode)
			assert.Empty(t, replicas(t, seenFrom(c.looks, path)))
		})
	}
}

// Whoever has the folder itself, not a mount of it, knows no more of the locks
// of those who have one.
func TestFreeLockOfAnotherMountInALocalFolder(t *testing.T) {
	path := newPath(t)
	other := seenFrom("boot-1/57", path)
	_, err := other.Join(t.Context(), maintenance.Replica{ID: "A"})
	require.NoError(t, err)
	s := New(path)
	s.entries.host = func(string) string { return "boot-1/1" }
	dies(other)
	assert.Contains(t, replicas(t, s), "A")
	require.NoError(t, s.Remove(t.Context(), "A"))
	assert.Empty(t, replicas(t, s))
}

// An entry is written at once where others could not see a presence.
func TestEntryOnAShareIsWrittenAtOnce(t *testing.T) {
	path := newPath(t)
	r := join(t, seenFrom("boot-1/57", path), maintenance.Replica{ID: "A"})
	assert.NotEqual(t, unwritten, r.Incarnation)
	assert.Contains(t, replicas(t, seenFrom("boot-2/57", path)), "A")
}

// By lock files, too, those who run know what was in force and write it back. They
// admit nothing until they have joined again.
func TestFilesDeletedOnAShare(t *testing.T) {
	t.Parallel()
	for _, level := range []maintenance.Level{maintenance.Off, maintenance.On} {
		t.Run(level.String(), func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			mode := openMode(t, onShare(path))
			saved, err := mode.Set(t.Context(), maintenance.State{Level: level, Message: "m"})
			require.NoError(t, err)
			remove(t, path)
			require.Eventually(t, func() bool {
				state, err := onShare(path).Load(t.Context())
				return err == nil && state.ID == saved.ID && mode.Level() == level
			}, patience, time.Millisecond)
		})
	}
}
