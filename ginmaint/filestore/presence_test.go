package filestore

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestNothingIsWrittenBeforeTheFirstSwitch(t *testing.T) {
	path := newPath(t)
	a, b := openMode(t, New(path)), openMode(t, New(path))
	for _, mode := range []*maintenance.Mode{a, b} {
		ticket, ok := mode.Enter(maintenance.Write)
		require.True(t, ok)
		ticket.Leave()
		list, err := mode.Replicas(t.Context())
		require.NoError(t, err)
		assert.Len(t, list, 2, "those of this process are known")
	}
	assert.Empty(t, listing(t, path))
	require.NoError(t, b.Close())
	list, err := a.Replicas(t.Context())
	require.NoError(t, err)
	assert.Len(t, list, 1)
	assert.Empty(t, listing(t, path))

	require.NoError(t, a.On(t.Context()))
	report := drains(t, a)
	assert.Equal(t, 1, report.Total)
	assert.Less(t, report.Waited, 4*time.Second, "nobody else lives, and the folder shows it: no time to come back is given")
	assert.ElementsMatch(t, []string{DefaultPath, DefaultPath + ".history", DefaultPath + ".lock", DefaultPath + ".replicas"}, listing(t, path))
}

// A replica of another process that has not written its entry yet is one that
// obeys nothing.
func TestReplicaOfAnotherProcessBeforeItsEntry(t *testing.T) {
	path := newPath(t)
	other, s := elsewhere(path), New(path)
	r := join(t, other, maintenance.Replica{ID: "A", Name: "a"})
	assert.Equal(t, unwritten, r.Incarnation)

	mine := join(t, s, maintenance.Replica{ID: "B"})
	stranger, ok := replicas(t, s)[unlistedID]
	require.True(t, ok)
	assert.True(t, stranger.Unlisted)
	assert.Empty(t, stranger.Document)
	assert.Contains(t, stranger.Name, "not listed; do they write to "+filepath.Dir(path))
	assert.ErrorContains(t, s.Remove(t.Context(), unlistedID), "end them")
	assert.Empty(t, listing(t, path), "a look writes nothing")

	save(t, s, maintenance.On)
	require.NoError(t, renew(s, mine))
	assert.Contains(t, replicas(t, s), unlistedID)
	require.NoError(t, renew(other, r))
	assert.NotContains(t, replicas(t, s), unlistedID)
	assert.Equal(t, "a", replicas(t, s)["A"].Name)
	require.NoError(t, renew(other, r), "under the incarnation that Join returned")
}

// The command follows nothing itself. It asks, and those who follow answer.
func TestWhoAsksIsToldTheNames(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	serve(t, path, time.Minute) // so it has to hear that it is asked
	require.Empty(t, listing(t, path))
	all := replicas(t, New(path))
	require.Len(t, all, 1)
	for _, r := range all {
		assert.Equal(t, "child", r.Name)
	}
}

func TestSwitchesInOneFolderAreApart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a, b := filepath.Join(folder, "a.json"), filepath.Join(folder, "b.json")
	serve(t, a, time.Second)
	mode := openMode(t, New(b), maintenance.Observer())
	require.NoError(t, mode.On(t.Context()))
	assert.Zero(t, drains(t, mode).Total)
	assert.NoFileExists(t, a+".lock")
}

// A deploy that deletes the files opens nothing and closes nothing: those who
// run know what was in force, and write it back.
func TestFilesDeletedUnderARunningService(t *testing.T) {
	t.Parallel()
	for _, level := range []maintenance.Level{maintenance.Off, maintenance.On} {
		t.Run(level.String(), func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			mode, other := openMode(t, New(path)), serve(t, path, time.Second)
			require.NoError(t, mode.On(t.Context()))
			_, err := mode.Set(t.Context(), maintenance.State{Level: level, Message: "m"})
			require.NoError(t, err)
			want := map[bool]string{true: "admitted", false: "refused"}[level == maintenance.Off]
			entries := func() int {
				entries, err := filepath.Glob(New(path).inRoster("*", entrySuffix))
				require.NoError(t, err)
				return len(entries)
			}
			require.Eventually(t, func() bool { return other.ask() == want && entries() == 2 }, patience, time.Millisecond)

			remove(t, path)
			for begun, back := time.Now(), false; !back; {
				require.Less(t, time.Since(begun), patience, "they are not written back")
				require.Equal(t, level, mode.Level())
				ticket, ok := mode.Enter(maintenance.Write)
				require.Equal(t, level == maintenance.Off, ok)
				if ok {
					ticket.Leave()
				}
				require.Equal(t, want, other.ask())
				state, err := New(path).Load(t.Context())
				require.NoError(t, err)
				back = state.Level == level && state.Message == "m" && entries() == 2
			}
			all := replicas(t, New(path))
			assert.NotContains(t, all, unknownID, "the folder shows all who live, so none is lost")
			assert.NotContains(t, all, unlistedID)

			require.NoError(t, mode.Off(t.Context()))
			require.NoError(t, mode.On(t.Context()))
			require.Eventually(t, func() bool { return other.ask() == "refused" }, patience, time.Millisecond)
		})
	}
}

// Who starts in the moment between waits for those who know better.
func TestJoinerWaitsForThoseWhoKnowBetter(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	other := elsewhere(path)
	r := join(t, other, maintenance.Replica{ID: "A"})
	saved := save(t, other, maintenance.On)
	require.NoError(t, renew(other, r))
	remove(t, path)
	opened := make(chan *maintenance.Mode)
	go func() {
		mode, err := maintenance.Open(t.Context(), New(path), maintenance.Poll(50*time.Millisecond), maintenance.Logger(slog.New(slog.DiscardHandler)))
		assert.NoError(t, err)
		opened <- mode
	}()
	select {
	case <-opened:
		require.FailNow(t, "it opened without the document")
	case <-time.After(100 * time.Millisecond):
	}
	_, err := other.Restore(t.Context(), saved, maintenance.State{})
	require.NoError(t, err)
	mode := <-opened
	defer mode.Close()
	assert.Equal(t, maintenance.On, mode.Level())
}

// A folder exchanged for another shows nobody who lives in the old one, and
// those who notice say that there may be others.
func TestFolderExchanged(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.Mkdir(folder, 0o755))
	s := New(filepath.Join(folder, DefaultPath))
	r := join(t, s, maintenance.Replica{ID: "A"})
	save(t, s, maintenance.On)
	require.NoError(t, renew(s, r))
	require.NoError(t, os.Rename(folder, folder+".old"))
	require.ErrorIs(t, renew(s, r), maintenance.ErrUnlisted)
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.ErrorIs(t, renew(s, r), maintenance.ErrUnlisted)
	r = join(t, s, r)
	require.NoError(t, renew(s, r))
	assert.Contains(t, replicas(t, s), unknownID)
	require.NoError(t, s.Remove(t.Context(), unknownID))
}

// Linux lends a user 128 watches.
func TestManyModesShareTheirWatch(t *testing.T) {
	path := newPath(t)
	const many = 130
	modes := make([]*maintenance.Mode, many)
	for i := range modes {
		modes[i] = openMode(t, New(path))
	}
	require.Eventually(t, func() bool {
		for _, mode := range modes {
			if !mode.Status().Watching {
				return false
			}
		}
		return true
	}, patience, time.Millisecond)
	site := siteOf(path)
	site.hearings.mu.Lock()
	assert.Len(t, site.hearings.by, 1)
	assert.Len(t, site.hearings.by[path].ears, many)
	site.hearings.mu.Unlock()
	require.NoError(t, modes[0].On(t.Context()))
	assert.Equal(t, many, drains(t, modes[0]).Total)
}
