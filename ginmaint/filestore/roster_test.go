package filestore

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// eachKind runs a test with either way to see who lives.
func eachKind(t *testing.T, f func(t *testing.T, open func(path string) *Store)) {
	t.Helper()
	t.Run("by the folder", func(t *testing.T) { f(t, newStore) })
	t.Run("by lock files", func(t *testing.T) { f(t, onShare) })
}

// newStore is New without options.
func newStore(path string) *Store { return New(path) }

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

func renew(s *Store, r maintenance.Replica) error {
	_, err := s.Renew(context.Background(), r)
	return err
}

// switched returns the path of a switch that somebody has used.
func switched(t *testing.T) string {
	t.Helper()
	path := newPath(t)
	save(t, New(path), maintenance.Off)
	return path
}

func TestIDsStayInTheFolder(t *testing.T) {
	path := switched(t)
	s := New(path)
	join(t, s, maintenance.Replica{ID: "A"})
	save(t, s, maintenance.On)
	for _, id := range []string{
		"", ".", "..", "../" + DefaultPath, "..\\x", "a/b", "a.b", "a b", "a\x00", "é", "/etc/passwd", strings.Repeat("A", maxID+1), unknownID, unlistedID,
	} {
		t.Run(id, func(t *testing.T) {
			_, err := s.Join(t.Context(), maintenance.Replica{ID: id})
			require.ErrorContains(t, err, "is no ID of a replica")
			assert.Less(t, len(err.Error()), 400)
			assert.ErrorIs(t, renew(s, maintenance.Replica{ID: id}), maintenance.ErrUnlisted)
			assert.Error(t, s.Remove(t.Context(), id))
		})
	}
	assert.Equal(t, maintenance.On, load(t, s).Level)
	for _, id := range []string{"a", "7", strings.Repeat("Z9", maxID/2)} {
		join(t, s, maintenance.Replica{ID: id})
	}
	assert.Len(t, replicas(t, s), 4)
}

func TestEntriesAreJSON(t *testing.T) {
	eachKind(t, func(t *testing.T, open func(string) *Store) {
		s := open(switched(t))
		r := join(t, s, maintenance.Replica{ID: "A", Name: strings.Repeat("long", 100), Document: "X", Reads: 3})
		r.Name = "short"
		require.NoError(t, renew(s, r))
		text, err := os.ReadFile(s.inRoster("A", entrySuffix))
		require.NoError(t, err)
		var entry maintenance.Replica
		require.NoError(t, json.Unmarshal(text, &entry))
		assert.Equal(t, "short", entry.Name)
		listed := replicas(t, s)["A"]
		entry.Silent = listed.Silent // set by Replicas
		assert.Equal(t, entry, listed)
	})
}

func TestStoresOfOneProcess(t *testing.T) {
	eachKind(t, func(t *testing.T, open func(string) *Store) {
		for _, path := range []string{newPath(t), switched(t)} {
			a, b, looks := open(path), open(path), open(path)
			ra, rb := join(t, a, maintenance.Replica{ID: "A"}), join(t, b, maintenance.Replica{ID: "B"})
			require.NoError(t, renew(a, ra))
			require.NoError(t, renew(b, rb))
			for _, s := range []*Store{a, b, looks} {
				assert.Len(t, replicas(t, s), 2)
			}
			require.NoError(t, b.Remove(t.Context(), "A"))
			assert.ErrorIs(t, renew(a, ra), maintenance.ErrUnlisted)
			require.NoError(t, renew(b, rb))
			ra = join(t, a, ra)
			assert.Len(t, replicas(t, looks), 2)
			join(t, b, ra)
			assert.Len(t, replicas(t, looks), 2, "joining takes the entry over, whoever had it")
		}
	})
}

// What shows that a replica lives belongs to the process, not to a value that
// somebody still uses.
func TestEntryOutlivesItsStore(t *testing.T) {
	eachKind(t, func(t *testing.T, open func(string) *Store) {
		path := switched(t)
		_, err := open(path).Join(t.Context(), maintenance.Replica{ID: "A"})
		require.NoError(t, err)
		for range 5 {
			runtime.GC()
		}
		require.Contains(t, replicas(t, open(path)), "A")
		require.NoError(t, open(path).Remove(t.Context(), "A"))
	})
}

func TestEntryWithoutAProcessGoes(t *testing.T) {
	s := New(switched(t))
	join(t, s, maintenance.Replica{ID: "A"})
	for id, text := range map[string]string{
		"EMPTY": "", "HALF": `{"id":"H`, "WHOLE": `{"id":"WHOLE"}`, "FORGOTTEN": `{"id":"FORGOTTEN","forgotten":true}`,
	} {
		put(t, s.inRoster(id, entrySuffix), text)
	}
	put(t, filepath.Join(s.roster(), "no entry.json"), "{}")
	put(t, filepath.Join(s.roster(), "README"), "")
	assert.Len(t, replicas(t, s), 1)
	assert.ElementsMatch(t, []string{"A.json", "README", "incarnation", "no entry.json"}, listing(t, s.inRoster("A", entrySuffix)), "what is not ours stays")
}

func TestDamagedEntryOfALivingProcessCounts(t *testing.T) {
	eachKind(t, func(t *testing.T, open func(string) *Store) {
		s := open(switched(t))
		r := join(t, s, maintenance.Replica{ID: "A", Document: "X"})
		put(t, s.inRoster("A", entrySuffix), `{"id":"A","document":"X"`)
		assert.Equal(t, map[string]maintenance.Replica{"A": {ID: "A"}}, replicas(t, s), "as one that obeys nothing")
		require.NoError(t, renew(s, r))
		assert.Equal(t, "X", replicas(t, s)["A"].Document)
	})
}

// A person who has looked may remove the entry of a process that lives: it is
// told, and no drain waits for it until it has joined again.
func TestEntryOfALivingProcessRemoved(t *testing.T) {
	eachKind(t, func(t *testing.T, open func(string) *Store) {
		s := open(switched(t))
		other := open(s.path)
		other.share(newSite())
		r := join(t, other, maintenance.Replica{ID: "A"})
		require.NoError(t, s.Remove(t.Context(), "A"))
		assert.Empty(t, replicas(t, s))
		assert.ErrorIs(t, s.Remove(t.Context(), "A"), maintenance.ErrUnlisted)
		require.ErrorIs(t, renew(other, r), maintenance.ErrUnlisted)
		assert.Empty(t, replicas(t, other))

		join(t, other, r)
		assert.Contains(t, replicas(t, s), "A")
		require.NoError(t, s.Remove(t.Context(), "A"))
		require.ErrorIs(t, other.Remove(t.Context(), "A"), maintenance.ErrUnlisted)
		assert.Empty(t, replicas(t, s))
		assert.Equal(t, []string{"incarnation"}, listing(t, s.incarnationPath()), "nothing is left behind")
	})
}

// By lock files nobody knows who was lost with the roster's folder.
func TestRosterLost(t *testing.T) {
	path := switched(t)
	a, b := onShare(path), onShare(path)
	ra := join(t, a, maintenance.Replica{ID: "A", Lease: 7 * time.Second})
	rb := join(t, b, maintenance.Replica{ID: "B", Lease: 7 * time.Second})
	require.NoError(t, os.RemoveAll(a.roster()))
	require.ErrorIs(t, renew(a, ra), maintenance.ErrUnlisted)
	require.NoDirExists(t, a.roster(), "a renewal makes nothing")

	back := join(t, a, ra)
	assert.NotEqual(t, ra.Incarnation, back.Incarnation)
	all := replicas(t, a)
	require.Len(t, all, 2)
	unknown := all[unknownID]
	assert.True(t, unknown.Unknown)
	assert.Equal(t, 7*time.Second, unknown.Lease)
	assert.Equal(t, back.Incarnation, unknown.Incarnation)
	assert.False(t, all["A"].Unknown)

	assert.ErrorIs(t, renew(b, rb), maintenance.ErrUnlisted)
	join(t, b, rb)
	assert.Len(t, replicas(t, a), 3, "one entry stands for all who are unknown")
	require.NoError(t, a.Remove(t.Context(), unknownID), "a person has looked")
	assert.Len(t, replicas(t, a), 2)
	join(t, a, back)
	assert.Len(t, replicas(t, a), 2, "nothing was lost since")
}

// Those who could tell that the roster was lost may all be paused. Whoever comes next
// knows it from the witness, with or without joining.
func TestRosterLostWhileAllArePaused(t *testing.T) {
	for _, c := range []struct {
		name  string
		comes func(t *testing.T, path string) *Store
	}{
		{"an observer looks", func(_ *testing.T, path string) *Store { return seenFrom("boot-2/57", path) }},
		{"a newcomer joins", func(t *testing.T, path string) *Store {
			s := seenFrom("boot-2/57", path)
			join(t, s, maintenance.Replica{ID: "NEW"})
			return s
		}},
		{"one looks who has the folder itself", func(_ *testing.T, path string) *Store { return elsewhere(path) }},
		{"one joins who has the folder itself", func(t *testing.T, path string) *Store {
			s := elsewhere(path)
			join(t, s, maintenance.Replica{ID: "NEW"})
			return s
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := switched(t)
			paused := seenFrom("boot-1/57", path)
			r := join(t, paused, maintenance.Replica{ID: "A", Lease: 7 * time.Second})
			for range 2 {
				require.NoError(t, os.RemoveAll(paused.roster()))
				s := c.comes(t, path)
				lost := replicas(t, s)[unknownID]
				assert.True(t, lost.Unknown)
				assert.Equal(t, 7*time.Second, lost.Lease)
				assert.NotEqual(t, r.Incarnation, lost.Incarnation)
				assert.Less(t, lost.Silent, time.Minute)
				assert.Equal(t, lost.Incarnation, replicas(t, s)[unknownID].Incarnation, "told once")
			}
			looks := elsewhere(path)
			require.NoError(t, looks.Remove(t.Context(), unknownID), "a person has looked")
			assert.NotContains(t, replicas(t, looks), unknownID)
			assert.NotContains(t, replicas(t, seenFrom("boot-3/57", path)), unknownID, "the loss is settled")
		})
	}
}

// Where a process ended between the steps of noticing a loss, the next one takes them.
func TestLossNoticedHalfway(t *testing.T) {
	path := switched(t)
	s := onShare(path)
	join(t, s, maintenance.Replica{ID: "A"})
	put(t, s.incarnationPath(), "ANOTHER\n")
	listing, err := s.list(maintenance.State{}, false)
	require.NoError(t, err)
	assert.True(t, slices.ContainsFunc(listing.Replicas, func(r maintenance.Replica) bool { return r.ID == unknownID }),
		"a process that may only read tells it as well")
	assert.NoFileExists(t, s.inRoster(unknownID, entrySuffix))
	assert.Contains(t, replicas(t, s), unknownID)
	require.NoError(t, s.Remove(t.Context(), unknownID))
	put(t, s.witnessPath(), "damaged")
	assert.Contains(t, replicas(t, s), unknownID, "nobody knows of which roster it spoke")
	require.NoError(t, s.Remove(t.Context(), unknownID))
	require.NoError(t, os.Remove(s.witnessPath()))
	assert.NotContains(t, replicas(t, s), unknownID)
}

func TestIncarnationDamaged(t *testing.T) {
	s := onShare(switched(t))
	r := join(t, s, maintenance.Replica{ID: "A"})
	put(t, s.incarnationPath(), "\n{")
	assert.ErrorIs(t, renew(s, r), maintenance.ErrUnlisted)
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
	assert.Equal(t, state, load(t, elsewhere(s.path)))
}

// Readers never see half an entry, however it is rewritten.
func TestEntriesAreWhole(t *testing.T) {
	path := switched(t)
	s, looks := New(path), elsewhere(path)
	r := join(t, s, maintenance.Replica{ID: "A"})
	var all sync.WaitGroup
	all.Go(func() {
		for i := range 200 {
			r.Renewals, r.Name = uint64(i), strings.Repeat("n", 300*(i%3))
			r.Reads = int64(len(r.Name))
			assert.NoError(t, renew(s, r))
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
	t.Parallel()
	path := newPath(t)
	s, other := New(path), New(path)
	w := listen(t, s.WatchReplicas)
	assert.DirExists(t, s.roster(), "made where there is none")
	r := join(t, other, maintenance.Replica{ID: "A"})
	w.told()
	w.silent()
	for range 5 {
		r.Renewals++
		require.NoError(t, renew(other, r))
	}
	assert.Zero(t, w.silent(), "heartbeats are no news")
	r.Writes++
	require.NoError(t, renew(other, r))
	w.told()
	w.silent()
	require.NoError(t, os.Remove(s.inRoster("A", entrySuffix))) // by hand
	w.told()
	w.silent()
	c := start(t, "join", path, "CHILD")
	c.line()
	w.told()
	w.silent()
	c.kill()
	require.NotContains(t, replicas(t, other), "CHILD")
	w.told()
	w.silent()
	require.NoError(t, os.RemoveAll(s.roster()))
	w.fails(s.roster())
}
