package filestore

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestSaveWritesForPeople(t *testing.T) {
	path := newPath(t)
	s := New(path)
	saved, err := s.Save(t.Context(), maintenance.State{Level: maintenance.On, Message: "<b>soon</b>"})
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "{\n  \"level\": \"on\",\n  \"message\": \"<b>soon</b>\",\n  \"revision\": 1,\n  \"id\": \""+saved.ID+"\"\n}\n", string(text))
	assert.ElementsMatch(t, []string{DefaultPath, DefaultPath + ".history", DefaultPath + ".lock"}, listing(t, path))
}

func TestConflictIsReturnedBare(t *testing.T) {
	s := New(newPath(t))
	_, err := s.Save(t.Context(), maintenance.State{Level: maintenance.On, Revision: 3})
	assert.Equal(t, maintenance.ErrConflict, err)
}

func TestRelativePathStays(t *testing.T) {
	t.Chdir(t.TempDir())
	s := New(DefaultPath)
	saved := save(t, s, maintenance.On)
	t.Chdir(t.TempDir())
	assert.Equal(t, saved, load(t, s))
	assert.NoFileExists(t, DefaultPath)
}

// interrupted does what a save does until the file would be replaced, and
// returns the document that was about to come.
func interrupted(t *testing.T, s *Store, path string) (text []byte, next maintenance.State) {
	t.Helper()
	exclusively(t, s, func(l *lock) error {
		current, known, err := s.recognise(t.Context(), l)
		if err != nil {
			return err
		}
		next = current
		next.Level, next.Revision, next.ID = maintenance.ReadOnly, current.Revision+1, "NEXT"
		var d document
		text, d, err = render(path, next)
		if err != nil {
			return err
		}
		put(t, path+".tmp", string(text[:len(text)/2]))
		return l.remember(memory{Known: known, Next: note{next.Revision, next.ID, d.sum}})
	})
	return text, next
}

func TestCrashBeforeTheRename(t *testing.T) {
	path := newPath(t)
	saved := save(t, New(path), maintenance.On)
	interrupted(t, New(path), path)

	s := New(path)
	assert.Equal(t, saved, load(t, s))
	assert.Equal(t, saved.Revision+1, save(t, s, maintenance.Off).Revision)
	assert.NoFileExists(t, path+".tmp")
}

func TestCrashAfterTheRename(t *testing.T) {
	path := newPath(t)
	first := save(t, New(path), maintenance.On)
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	text, next := interrupted(t, New(path), path)
	put(t, path, string(text))

	assert.Equal(t, next, load(t, elsewhere(path)), "the save counts, with the ID that it had")
	put(t, path, string(old))
	state := load(t, elsewhere(path))
	assert.NotEqual(t, first.ID, state.ID, "the save was seen, so this is no way back")
	assert.Equal(t, next.Revision+1, state.Revision)
}

func TestTemporaryNameTaken(t *testing.T) {
	path := newPath(t)
	s := New(path)
	saved := save(t, s, maintenance.On)
	require.NoError(t, os.MkdirAll(filepath.Join(path+".tmp", "full"), 0o755))
	_, err := s.Save(t.Context(), maintenance.State{Revision: 1})
	require.ErrorContains(t, err, path+" was not changed")
	m, err := recall(s.lockPath())
	require.NoError(t, err)
	assert.Equal(t, saved.Revision+1, m.Next.Revision, "remembered before the file is touched")
	assert.Equal(t, saved, load(t, s))
	assert.Equal(t, saved, load(t, elsewhere(path)))
}

func TestLockHeldElsewhere(t *testing.T) {
	path := newPath(t)
	s, other := New(path), elsewhere(path)
	saved := save(t, s, maintenance.On)
	exclusively(t, other, func(*lock) error {
		assert.Equal(t, saved, load(t, s), "a load of what is known needs no lock")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := s.Save(ctx, saved)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "another process holds")

		require.NoError(t, s.await(t.Context())) // now another goroutine has the turn
		defer s.pass()
		ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err = s.Save(ctx, saved)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		return nil
	})
	save(t, s, maintenance.Off)
}

// A lock on a file that is not at its path any more would be one that nobody
// else sees.
func TestLockFileExchangedWhileItIsAwaited(t *testing.T) {
	path := newPath(t)
	s, other := New(path), elsewhere(path)
	saved := save(t, s, maintenance.On)
	done := make(chan error, 1)
	exclusively(t, other, func(l *lock) error {
		require.True(t, l.present())
		go func() { _, err := s.Save(t.Context(), saved); done <- err }()
		require.Eventually(t, func() bool { return len(s.turn) == 1 }, patience, time.Millisecond)
		require.NoError(t, os.Remove(s.lockPath()))
		assert.False(t, l.present())
		return nil
	})
	require.ErrorIs(t, <-done, maintenance.ErrConflict, "without its memory the file is a new document")
	assert.FileExists(t, s.lockPath())
	assert.Equal(t, load(t, s), load(t, elsewhere(path)))
}
