package filestore

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestLoadWritesNothingBeforeTheFirstSwitch(t *testing.T) {
	path := newPath(t)
	s := New(path)
	assert.Zero(t, load(t, s))
	snapshot, err := s.Replicas(t.Context())
	require.NoError(t, err)
	assert.Zero(t, snapshot)
	assert.ErrorIs(t, s.Remove(t.Context(), "NOBODY"), maintenance.ErrUnlisted)
	assert.Empty(t, listing(t, path))
}

func TestFileWrittenByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		saved      int // saves before
		revision   uint64
	}{
		{"where nothing was", `{"level":"on"}`, 0, 1},
		{"where nothing was, with a revision", `{"level":"on","revision":7,"id":"mine"}`, 0, 8},
		{"over a save", `{"level":"on"}`, 2, 3},
		{"with the revision and ID of before", `{"level":"on","revision":2,"id":"OLD"}`, 2, 3},
		{"with a higher revision", `{"level":"on","revision":40,"id":"OLD"}`, 2, 41},
		{"with a lower revision", `{"level":"on","revision":1}`, 3, 4},
		{"with a revision that can't grow", `{"level":"on","revision":18446744073709551615}`, 2, 3},
		{"with a byte order mark", "\ufeff{\"level\":\"on\"}\r\n", 1, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := newPath(t)
			s := New(path)
			for range c.saved {
				save(t, s, maintenance.Off)
			}
			before := load(t, s)
			put(t, path, c.text)

			state := load(t, s)
			assert.Equal(t, maintenance.On, state.Level)
			assert.Equal(t, c.revision, state.Revision)
			assert.Len(t, state.ID, 26)
			assert.NotEqual(t, before.ID, state.ID)
			assert.Equal(t, state, load(t, s), "noticed once")
			assert.Equal(t, state, load(t, elsewhere(path)), "and for all processes")

			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, c.text, string(text), "what a person wrote stays")

			saved := save(t, s, maintenance.Off)
			assert.Equal(t, c.revision+1, saved.Revision)
		})
	}
}

func TestFileWrittenByHandIsNoticedOnceByMany(t *testing.T) {
	path := newPath(t)
	put(t, path, `{"level":"read-only"}`)
	const many = 8
	states := make([]maintenance.State, many)
	var all sync.WaitGroup
	for i := range many {
		s := New(path)
		all.Go(func() { states[i], _ = s.Load(t.Context()) })
	}
	all.Wait()
	for _, state := range states {
		assert.Equal(t, states[0], state)
	}
	assert.EqualValues(t, 1, states[0].Revision)
}

// An old content put back by hand (a backup, a version control) is a new
// document, though its revision and ID stand in it.
func TestOldContentPutBack(t *testing.T) {
	path := newPath(t)
	s := New(path)
	first := save(t, s, maintenance.Off)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	second := save(t, s, maintenance.On)
	put(t, path, string(text))
	state := load(t, s)
	assert.Equal(t, second.Revision+1, state.Revision)
	assert.NotEqual(t, first.ID, state.ID)
	assert.Equal(t, maintenance.Off, state.Level)
}

func TestFileDeletedByHand(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := New(path)
	saved := save(t, s, maintenance.On)
	require.NoError(t, os.Remove(path))

	state := load(t, s)
	assert.Equal(t, maintenance.State{Revision: saved.Revision + 1, ID: state.ID}, state)
	assert.NotEqual(t, saved.ID, state.ID)
	assert.Len(t, state.ID, 26)
	assert.Equal(t, state, load(t, elsewhere(path)))

	_, err := s.Save(t.Context(), maintenance.State{Level: maintenance.On, Revision: saved.Revision})
	require.ErrorIs(t, err, maintenance.ErrConflict)
	assert.Equal(t, state.Revision+1, save(t, s, maintenance.On).Revision)
}

// Many editors move the file aside, then write it anew. What is read meanwhile
// must not be Off.
func TestFileMovedAsideByAnEditor(t *testing.T) {
	path := newPath(t)
	s := New(path)
	saved := save(t, s, maintenance.On)
	require.NoError(t, os.Rename(path, path+"~"))
	loaded := make(chan maintenance.State)
	go func() {
		defer close(loaded)
		if state, err := s.Load(t.Context()); assert.NoError(t, err) {
			loaded <- state
		}
	}()
	// The reader holds the lock while it waits for the file to come back.
	require.Eventually(t, func() bool { return len(s.turn) == 1 }, patience, time.Millisecond)
	put(t, path, `{"level":"read-only"}`)
	state := <-loaded
	assert.Equal(t, maintenance.ReadOnly, state.Level)
	assert.Equal(t, saved.Revision+1, state.Revision)
}

func TestLockFileDeletedByHand(t *testing.T) {
	path := newPath(t)
	s := New(path)
	save(t, s, maintenance.On)
	saved := save(t, s, maintenance.On)
	require.NoError(t, os.Remove(s.lockPath()))
	state := load(t, s)
	assert.Equal(t, saved.Revision+1, state.Revision)
	assert.NotEqual(t, saved.ID, state.ID, "the content may have been changed with it")
	assert.Equal(t, state, load(t, elsewhere(path)))
}

// Where the memory is gone as well, nobody can tell a document that was deleted
// from one that was never written: it is left to those who know it.
func TestEverythingDeletedIsNoDocument(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := New(path)
	saved := save(t, s, maintenance.On)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Remove(s.lockPath()))
	require.NoError(t, os.Remove(s.historyPath()))
	for range 2 {
		assert.Zero(t, load(t, s))
	}
	assert.Empty(t, listing(t, path), "a look writes nothing")
	_, err := s.Save(t.Context(), saved)
	require.ErrorIs(t, err, maintenance.ErrConflict)

	restored, err := s.Restore(t.Context(), saved, maintenance.State{})
	require.NoError(t, err)
	assert.Equal(t, saved.ID, restored.ID)
	assert.Equal(t, saved.Revision+1, restored.Revision)
	assert.Equal(t, restored, load(t, elsewhere(path)))
}

// Whoever deletes all deletes one after the other. A deletion that is half done
// is not taken for one of the file alone.
func TestLockFileDeletedAfterTheFile(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := New(path)
	save(t, s, maintenance.On)
	require.NoError(t, os.Remove(path))
	loaded := make(chan maintenance.State, 1)
	go func() {
		state, err := s.Load(t.Context())
		assert.NoError(t, err)
		loaded <- state
	}()
	require.Eventually(t, func() bool { return len(s.turn) == 1 }, patience, time.Millisecond)
	require.NoError(t, os.Remove(s.lockPath()))
	assert.Zero(t, <-loaded)
}

// A deploy deletes everything, and then puts another file there.
func TestEverythingDeletedAndWrittenAnew(t *testing.T) {
	path := newPath(t)
	s := New(path)
	saved := save(t, s, maintenance.On)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Remove(s.lockPath()))
	loaded := make(chan maintenance.State, 1)
	go func() {
		state, err := s.Load(t.Context())
		assert.NoError(t, err)
		loaded <- state
	}()
	put(t, path+".new", `{"level":"off"}`)
	require.Eventually(t, func() bool { return len(s.turn) == 1 }, patience, time.Millisecond, "it waits for the file")
	require.NoError(t, os.Rename(path+".new", path))
	assert.Equal(t, saved.Revision+1, (<-loaded).Revision, "what this process knows counts on")
}

func TestDamagedMemory(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := New(path)
	saved := save(t, s, maintenance.On)
	put(t, s.lockPath(), "\n{\"sum\":12,\"value\":{\"known\"")
	state := load(t, elsewhere(path))
	assert.Equal(t, saved.Revision+1, state.Revision)
	assert.Equal(t, maintenance.On, state.Level)

	text, err := os.ReadFile(s.lockPath())
	require.NoError(t, err)
	put(t, s.lockPath(), strings.Replace(string(text), `"revision":2`, `"revision":1`, 1))
	state = load(t, elsewhere(path))
	assert.Equal(t, saved.Revision+1, state.Revision, "a digit that went wrong")

	require.NoError(t, os.Remove(path))
	put(t, s.lockPath(), "\n{}")
	state = load(t, s)
	assert.Equal(t, maintenance.Off, state.Level)
	assert.Equal(t, saved.Revision+1, state.Revision)
	assert.NotEmpty(t, state.ID)
}

func TestFileThatCantBeRead(t *testing.T) {
	t.Parallel()
	file := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) { put(t, path, text) }
	}
	for _, c := range []struct {
		name string
		make func(*testing.T, string)
		says []string
	}{
		{"empty", file(""), []string{"is empty", "delete it"}},
		{"blank", file(" \n"), []string{"is empty", "delete it"}},
		{"broken JSON", file("{\n  \"level\": on\n}"), []string{"line 2, column 12", "correct the file"}},
		{"half written", file(`{"level":"on"`), []string{"ends too early", "correct the file"}},
		{"without a level", file(`{"message":"soon"}`), []string{`no "level"`, "correct the file"}},
		{"an unknown level", file(`{"level":"maybe"}`), []string{`"read-only"`, "correct the file"}},
		{"an array", file(`[]`), []string{"not a JSON object", "correct the file"}},
		{"two documents", file(`{"level":"on"}{"level":"off"}`), []string{"line 1, column 15", "correct the file"}},
		{"too long", file(`{"level":"on"}` + string(make([]byte, maxSize))), []string{"is longer than", "name another"}},
		{"a folder", func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o755)) }, []string{"is a folder where a file should be", "name another path"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := newPath(t)
			c.make(t, path)
			s := New(path)
			before, _ := os.ReadFile(path)
			for _, try := range []func() error{
				func() error { _, err := s.Load(t.Context()); return err },
				func() error {
					_, err := s.Save(t.Context(), maintenance.State{Level: maintenance.On})
					return err
				},
				func() error {
					_, err := s.Join(t.Context(), maintenance.Replica{ID: "A"})
					require.NoError(t, err)
					_, err = s.Replicas(t.Context())
					return err
				},
			} {
				err := try()
				require.ErrorContains(t, err, path)
				assert.Contains(t, err.Error(), "filestore: ")
				for _, text := range c.says {
					assert.ErrorContains(t, err, text)
				}
			}
			after, _ := os.ReadFile(path)
			assert.Equal(t, before, after, "nobody destroys what a person wrote")
		})
	}
}

// A file emptied halfway through an edit is an error until the rest is there,
// and never a document of its own.
func TestHalfWrittenEditIsNoDocument(t *testing.T) {
	path := newPath(t)
	s := New(path)
	saved := save(t, s, maintenance.On)
	for _, text := range []string{"", `{"lev`, `{"level":"off"`} {
		put(t, path, text)
		_, err := s.Load(t.Context())
		require.Error(t, err, "%q", text)
	}
	put(t, path, `{"level":"off"}`)
	assert.Equal(t, saved.Revision+1, load(t, s).Revision)
}

func TestFolderMissing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "not", "there")
	s := New(filepath.Join(folder, DefaultPath))
	for _, c := range []struct {
		name string
		call func() error
	}{
		{"Load", func() error { _, err := s.Load(t.Context()); return err }},
		{"Save", func() error { _, err := s.Save(t.Context(), maintenance.State{}); return err }},
		{"Watch", func() error { return s.Watch(t.Context(), func(maintenance.State) { t.Error("it listens") }) }},
		{"Join", func() error { _, err := s.Join(t.Context(), maintenance.Replica{ID: "A"}); return err }},
		{"Replicas", func() error { _, err := s.Replicas(t.Context()); return err }},
		{"WatchReplicas", func() error { return s.WatchReplicas(t.Context(), func() { t.Error("it listens") }) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.call()
			require.ErrorIs(t, err, os.ErrNotExist)
			assert.ErrorContains(t, err, "the folder "+folder+" does not exist")
			assert.ErrorContains(t, err, "create it")
		})
	}
}
