package filestore

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func join(t *testing.T, s *Store, r maintenance.Replica) maintenance.Replica {
	t.Helper()
	joined, err := s.Join(t.Context(), r)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := s.Remove(context.Background(), r.ID); !errors.Is(err, maintenance.ErrUnlisted) {
			assert.NoError(t, err)
		}
	})
	return joined
}

func report(s *Store, r maintenance.Replica) error {
	_, err := s.Renew(context.Background(), r)
	return err
}

func TestIDsStayInTheFolder(t *testing.T) {
	path := newPath(t)
	s := New(path)
	join(t, s, maintenance.Replica{ID: "A"})
	save(t, s, maintenance.On)
	for _, id := range []string{
		"", ".", "..", "../" + DefaultPath, "..\\x", "a/b", "a.b", "a b", "a\x00", "é", "/etc/passwd", strings.Repeat("A", maxID+1), unknownID,
	} {
		t.Run(id, func(t *testing.T) {
			_, err := s.Join(t.Context(), maintenance.Replica{ID: id})
			require.ErrorContains(t, err, "is no ID of a replica")
			assert.Less(t, len(err.Error()), 400)
			assert.ErrorIs(t, report(s, maintenance.Replica{ID: id}), maintenance.ErrUnlisted)
			assert.ErrorIs(t, s.Remove(t.Context(), id), maintenance.ErrUnlisted)
		})
	}
	assert.Equal(t, maintenance.On, load(t, s).Level)
	for _, id := range []string{"a", "7", strings.Repeat("Z9", maxID/2)} {
		join(t, s, maintenance.Replica{ID: id})
	}
	assert.Len(t, replicas(t, s), 4)
}

func TestEntriesAreJSON(t *testing.T) {
	s := New(newPath(t))
	r := join(t, s, maintenance.Replica{ID: "A", Name: strings.Repeat("long", 100), Document: "X", Reads: 3})
	r.Name = "short"
	require.NoError(t, report(s, r))
	text, err := os.ReadFile(s.roster.entryPath("A"))
	require.NoError(t, err)
	var entry struct{ Value maintenance.Replica }
	require.NoError(t, json.Unmarshal(text, &entry))
	assert.Equal(t, "short", entry.Value.Name)
	assert.Equal(t, entry.Value, replicas(t, s)["A"])
}

func TestTwoStoresOfOneProcess(t *testing.T) {
	path := newPath(t)
	a, b, looks := New(path), New(path), New(path)
	ra, rb := join(t, a, maintenance.Replica{ID: "A"}), join(t, b, maintenance.Replica{ID: "B"})
	require.NoError(t, report(a, ra))
	require.NoError(t, report(b, rb))
	for _, s := range []*Store{a, b, looks} {
		assert.Len(t, replicas(t, s), 2)
	}
	require.NoError(t, b.Remove(t.Context(), "A"))
	assert.ErrorIs(t, report(a, ra), maintenance.ErrUnlisted)
	require.NoError(t, report(b, rb))
	ra = join(t, a, ra)
	assert.Len(t, replicas(t, looks), 2)
	join(t, b, ra)
	assert.Len(t, replicas(t, looks), 2, "joining takes the entry over, whoever had it")
}

// The lock belongs to the process, not to a value that somebody still uses.
func TestEntryOutlivesItsStore(t *testing.T) {
	path := newPath(t)
	_, err := New(path).Join(t.Context(), maintenance.Replica{ID: "A"})
	require.NoError(t, err)
	for range 5 {
		runtime.GC()
	}
	s := New(path)
	require.Contains(t, replicas(t, s), "A")
	require.NoError(t, s.Remove(t.Context(), "A"))
	holders.Range(func(key, _ any) bool { // what is left of it
		if held := key.(*Store); held.path == path {
			require.NoError(t, held.exclusively(t.Context(), func(*lock) error { held.leave("A"); return nil }))
		}
		return true
	})
}

func TestEntryWithoutAProcessGoes(t *testing.T) {
	s := New(newPath(t))
	join(t, s, maintenance.Replica{ID: "A"})
	put(t, s.roster.entryPath("LEFT"), "\n")                  // a process that ended before it wrote
	put(t, s.roster.entryPath("TORN"), "\n{\"sum\":1,\"valu") // or halfway
	put(t, filepath.Join(s.roster.folder, "no entry.json"), "{}")
	put(t, filepath.Join(s.roster.folder, "README"), "")
	assert.Len(t, replicas(t, s), 1)
	assert.NoFileExists(t, s.roster.entryPath("LEFT"))
	assert.NoFileExists(t, s.roster.entryPath("TORN"))
	assert.FileExists(t, filepath.Join(s.roster.folder, "README"), "not ours")
}

func TestDamagedEntryOfALivingProcessCounts(t *testing.T) {
	s := New(newPath(t))
	r := join(t, s, maintenance.Replica{ID: "A", Document: "X"})
	f, err := os.OpenFile(s.roster.entryPath("A"), os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("#"), 20)
	require.NoError(t, errors.Join(err, f.Close()))
	assert.Equal(t, map[string]maintenance.Replica{"A": {ID: "A"}}, replicas(t, s), "as one that obeys nothing")
	require.NoError(t, report(s, r))
	assert.Equal(t, "X", replicas(t, s)["A"].Document)
}

// Windows does not delete an entry that its process holds: it is struck out.
func TestEntryStruckOut(t *testing.T) {
	s := New(newPath(t))
	r := join(t, s, maintenance.Replica{ID: "A"})
	f, err := os.OpenFile(s.roster.entryPath("A"), os.O_RDWR, 0)
	require.NoError(t, err)
	require.NoError(t, errors.Join(writeRecord(f, maintenance.Replica{}), f.Close()))
	assert.Empty(t, replicas(t, s))
	assert.ErrorIs(t, report(s, r), maintenance.ErrUnlisted)
	assert.ErrorIs(t, New(s.path).Remove(t.Context(), "A"), maintenance.ErrUnlisted)
	s.leave("A")
	assert.Empty(t, replicas(t, s))
	assert.NoFileExists(t, s.roster.entryPath("A"))
}

func TestRosterLost(t *testing.T) {
	path := newPath(t)
	a, b := New(path), New(path)
	ra := join(t, a, maintenance.Replica{ID: "A", Lease: 7 * time.Second})
	rb := join(t, b, maintenance.Replica{ID: "B", Lease: 7 * time.Second})
	require.NoError(t, os.RemoveAll(a.roster.folder))
	require.ErrorIs(t, report(a, ra), maintenance.ErrUnlisted)
	require.NoDirExists(t, a.roster.folder, "a report makes nothing")

	back := join(t, a, ra)
	assert.NotEqual(t, ra.Incarnation, back.Incarnation)
	all := replicas(t, a)
	require.Len(t, all, 2)
	unknown := all[unknownID]
	assert.True(t, unknown.Unknown)
	assert.Equal(t, 7*time.Second, unknown.Lease)
	assert.Equal(t, back.Incarnation, unknown.Incarnation)
	assert.False(t, all["A"].Unknown)

	assert.ErrorIs(t, report(b, rb), maintenance.ErrUnlisted)
	join(t, b, rb)
	assert.Len(t, replicas(t, a), 3, "one entry stands for all who are unknown")
	require.NoError(t, a.Remove(t.Context(), unknownID), "a person has looked")
	assert.Len(t, replicas(t, a), 2)
	join(t, a, back)
	assert.Len(t, replicas(t, a), 2, "nothing was lost since")
}

func TestIncarnationDamaged(t *testing.T) {
	s := New(newPath(t))
	r := join(t, s, maintenance.Replica{ID: "A"})
	put(t, s.roster.incarnationPath(), "\n{")
	assert.ErrorIs(t, report(s, r), maintenance.ErrUnlisted)
	again := join(t, s, r)
	assert.NotEqual(t, r.Incarnation, again.Incarnation)
	assert.Contains(t, replicas(t, s), unknownID)
}

func TestRenewSeesWhatAPersonWrote(t *testing.T) {
	s := New(newPath(t))
	r := join(t, s, maintenance.Replica{ID: "A"})
	put(t, s.path, `{"level":"on"}`)
	state, err := s.Renew(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, maintenance.On, state.Level)
	assert.EqualValues(t, 1, state.Revision)
	assert.Equal(t, state, load(t, New(s.path)))
}

// Readers never see half an entry, however it is rewritten.
func TestEntriesAreWhole(t *testing.T) {
	path := newPath(t)
	s, looks := New(path), New(path)
	r := join(t, s, maintenance.Replica{ID: "A"})
	var all sync.WaitGroup
	all.Go(func() {
		for i := range 200 {
			r.Renewals, r.Name = uint64(i), strings.Repeat("n", 300*(i%3))
			r.Reads = int64(len(r.Name))
			assert.NoError(t, report(s, r))
		}
	})
	for range 100 {
		entry := replicas(t, looks)["A"]
		assert.Len(t, entry.Name, int(entry.Reads))
		assert.Equal(t, r.Incarnation, entry.Incarnation)
	}
	all.Wait()
}

func TestWatchReplicasTellsOfWhatComesAndGoes(t *testing.T) {
	path := newPath(t)
	s, other := New(path), New(path)
	w := listen(t, s.WatchReplicas)
	assert.DirExists(t, s.roster.folder, "made where there is none")
	r := join(t, other, maintenance.Replica{ID: "A"})
	w.told()
	w.silent()
	for range 5 {
		r.Renewals++
		require.NoError(t, report(other, r))
	}
	assert.Zero(t, w.silent(), "heartbeats are no news")
	r.Writes++
	require.NoError(t, report(other, r))
	w.told()
	w.silent()
	require.NoError(t, os.Remove(s.roster.entryPath("A"))) // by hand
	w.told()
	w.silent()
	c := start(t, "join", path, "CHILD")
	c.line()
	w.told()
	w.silent()
	c.kill()
	require.NotContains(t, replicas(t, other), "CHILD") // finds the lock free
	w.told()
	w.silent()
	require.NoError(t, os.RemoveAll(s.roster.folder))
	w.fails(s.roster.folder)
}
