//go:build unix

package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func init() { children["full"] = childFull }

func perm(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode().Perm()
}

func TestPermissions(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)

	path := newPath(t)
	s := New(path)
	save(t, s, maintenance.On)
	assert.Equal(t, fs.FileMode(0o644), perm(t, path), "a new file, whatever the umask")
	require.NoError(t, os.Chmod(path, 0o640))
	save(t, s, maintenance.Off)
	assert.Equal(t, fs.FileMode(0o640), perm(t, path), "an existing file keeps its own")

	path = newPath(t)
	s = New(path, Permissions(0o664))
	save(t, s, maintenance.On)
	_, err := s.Join(t.Context(), maintenance.Replica{ID: "A"})
	require.NoError(t, err)
	for _, file := range []string{path, s.lockPath(), s.inRoster("A", entrySuffix), s.incarnationPath()} {
		assert.Equal(t, fs.FileMode(0o664), perm(t, file), file)
	}
	assert.Equal(t, fs.FileMode(0o775), perm(t, s.roster()))
	require.NoError(t, s.Remove(t.Context(), "A"))
}

func owner(t *testing.T, path string) [2]uint32 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	sys := info.Sys().(*syscall.Stat_t)
	return [2]uint32{sys.Uid, sys.Gid}
}

// TestOwner says nothing where files can't be given away, but that saving works.
func TestOwner(t *testing.T) {
	path := newPath(t)
	folder := filepath.Dir(path)
	_ = os.Chown(folder, 65533, 65532)
	s := New(path)
	save(t, s, maintenance.On)
	_, err := s.Join(t.Context(), maintenance.Replica{ID: "A"})
	require.NoError(t, err)
	for _, file := range []string{path, s.lockPath(), s.roster(), s.inRoster("A", entrySuffix)} {
		assert.Equal(t, owner(t, folder), owner(t, file), "new: like its folder")
	}
	_ = os.Chown(path, 65531, 65530)
	before := owner(t, path)
	save(t, s, maintenance.Off)
	assert.Equal(t, before, owner(t, path), "existing: as it was")
	require.NoError(t, s.Remove(t.Context(), "A"))
}

func TestSymbolicLinkIsWrittenThrough(t *testing.T) {
	for _, c := range []struct{ name, link, target string }{
		{"to a file", "../real/state.json", `{"level":"off"}`},
		{"to nothing yet", "../real/state.json", ""},
		{"over another link", "../real/../real/hop", `{"level":"off"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(root, "app"), 0o755))
			require.NoError(t, os.Mkdir(filepath.Join(root, "real"), 0o755))
			require.NoError(t, os.Symlink("state.json", filepath.Join(root, "real", "hop")))
			path, target := filepath.Join(root, "app", "link.json"), filepath.Join(root, "real", "state.json")
			if c.target != "" {
				put(t, target, c.target)
			}
			require.NoError(t, os.Symlink(c.link, path))

			saved := save(t, New(path), maintenance.On)
			link, err := os.Readlink(path)
			require.NoError(t, err)
			assert.Equal(t, c.link, link)
			text, err := os.ReadFile(target)
			require.NoError(t, err)
			assert.Contains(t, string(text), saved.ID)
			assert.Equal(t, []string{"hop", "state.json"}, listing(t, target))
		})
	}
}

func TestLinksThatLeadNowhere(t *testing.T) {
	path := newPath(t)
	require.NoError(t, os.Symlink(DefaultPath, path))
	for _, call := range []func() error{
		func() error { _, err := New(path).Load(t.Context()); return err },
		func() error { return New(path).Watch(t.Context(), func(maintenance.State) {}) },
	} {
		require.Error(t, call(), "a link to itself")
	}

	path = newPath(t)
	require.NoError(t, os.Symlink("gone/state.json", path))
	_, err := New(path).Load(t.Context())
	require.ErrorContains(t, err, "gone does not exist", "what the link points to is not mounted")
}

func TestPathUnderAFile(t *testing.T) {
	path := filepath.Join(newPath(t), "x")
	put(t, filepath.Dir(path), `{"level":"on"}`)
	for _, call := range []func(*Store) error{
		func(s *Store) error { _, err := s.Load(t.Context()); return err },
		func(s *Store) error { _, err := s.Save(t.Context(), maintenance.State{}); return err },
	} {
		assert.ErrorIs(t, call(New(path)), syscall.ENOTDIR)
	}
}

// childFull saves with a limit on the size of files, which fails in the middle
// of the write as a full disk does.
func childFull(args []string) error {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1024, Max: 1024}); err != nil {
		return err
	}
	s, ctx := New(args[0]), context.Background()
	before, err := s.Load(ctx)
	if err != nil {
		return err
	}
	next := before
	next.Message = strings.Repeat("x", maintenance.MaxMessage)
	_, err = s.Save(ctx, next)
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), args[0]+" was not changed") {
		return fmt.Errorf("Save on a full disk returned %w", err)
	}
	if _, err := os.Stat(args[0] + ".tmp"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the temporary file stays: %w", err)
	}
	after, err := s.Load(ctx)
	if err != nil || after != before {
		return fmt.Errorf("after a failed save: %v, %w", after, err)
	}
	next.Message = "fits"
	_, err = s.Save(ctx, next)
	return err
}

func TestWatchEndsWithARenamedFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.Mkdir(folder, 0o755))
	w := watchState(t, New(filepath.Join(folder, DefaultPath)))
	require.NoError(t, os.Rename(folder, folder+"2"))
	w.fails(folder)
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	saved := save(t, New(path), maintenance.On)
	start(t, "full", path).wait()
	state := load(t, elsewhere(path))
	assert.Equal(t, saved.Revision+1, state.Revision)
	assert.Equal(t, "fits", state.Message)
	assert.ElementsMatch(t, []string{DefaultPath, DefaultPath + ".history", DefaultPath + ".lock"}, listing(t, path))
}

func TestStoppedReplicaStays(t *testing.T) {
	t.Parallel()
	path := switched(t)
	c := start(t, "join", path, "STOPPED")
	c.line()
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGSTOP))
	var status syscall.WaitStatus
	_, err := syscall.Wait4(c.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
	require.NoError(t, err)
	require.True(t, status.Stopped())
	assert.Contains(t, replicas(t, New(path)), "STOPPED")

	require.NoError(t, c.cmd.Process.Signal(syscall.SIGCONT))
	require.NoError(t, c.stdin.Close())
	c.wait()
	assert.Empty(t, replicas(t, New(path)), "it has ended without a goodbye")
}
