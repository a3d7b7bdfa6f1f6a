//go:build unix

package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	_ "github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc" // a TMPDIR that other users can enter
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func init() { children["readonly"] = childReadOnly }

// childReadOnly follows a file in a folder that it may not write to, as a
// mounted ConfigMap. It reads what to expect: each line is a level, and is
// answered with the revision and the ID.
func childReadOnly(args []string) error {
	if os.Geteuid() == 0 { // root may write everywhere
		if err := errors.Join(syscall.Setgid(65534), syscall.Setuid(65534)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	s := New(args[0])
	if _, err := s.Save(ctx, maintenance.State{Level: maintenance.On}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "let this process write") {
		return fmt.Errorf("Save returned %w", err)
	}
	if _, err := s.Join(ctx, maintenance.Replica{ID: "A"}); !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("Join returned %w", err)
	}
	for {
		if _, err := fmt.Scanln(new(string)); err != nil {
			return nil // the end of the input
		}
		first, err := s.Load(ctx)
		if err != nil {
			return err
		}
		if again, err := s.Load(ctx); err != nil || again != first {
			return fmt.Errorf("loaded again: %v, %w", again, err)
		}
		fmt.Println(first.Level, first.Revision, first.ID)
	}
}

// openFolder returns a folder that other users may pass through.
func openFolder(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{root, filepath.Dir(root)} {
		require.NoError(t, os.Chmod(folder, 0o755))
	}
	return root
}

func TestFolderThatCantBeWritten(t *testing.T) {
	root := openFolder(t)
	folder := filepath.Join(root, "config")
	path := filepath.Join(folder, DefaultPath)
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.Chmod(folder, 0o555))
	defer func() { require.NoError(t, os.Chmod(folder, 0o755)) }()
	edit := func(text string) {
		require.NoError(t, os.Chmod(folder, 0o755))
		if text == "" {
			require.NoError(t, os.Remove(path))
		} else {
			put(t, path, text)
			require.NoError(t, os.Chmod(path, 0o644)) // whatever the umask
		}
		require.NoError(t, os.Chmod(folder, 0o555))
	}
	ask := func(c *child) (level string, revision uint64, id string) {
		_, err := fmt.Fprintln(c.stdin, "load")
		require.NoError(t, err)
		line := c.line()
		_, err = fmt.Sscan(line, &level, &revision, &id)
		if revision > 0 {
			require.NoError(t, err, line)
		}
		return level, revision, id
	}

	edit(`{"level":"on"}`)
	a, b := start(t, "readonly", path), start(t, "readonly", path)
	level, revision, first := ask(a)
	assert.Equal(t, "on", level)
	assert.EqualValues(t, 1, revision)
	assert.NotEmpty(t, first)
	_, _, other := ask(b)
	assert.Equal(t, first, other, "the same for each process that has just started")

	seen := map[string]bool{first: true}
	for i, c := range []struct {
		text, level string
		revision    uint64
	}{
		{`{"level":"off"}`, "off", 2},
		{`{"level":"on"}`, "on", 3}, // a content that was there before
		{`{"level":"on","revision":9}`, "on", 9},
		{`{"level":"on","revision":4}`, "on", 10},
		{"", "off", 11},
		{`{"level":"on"}`, "on", 12},
	} {
		edit(c.text)
		level, revision, id := ask(a)
		assert.Equal(t, c.level, level, "edit %d", i)
		assert.Equal(t, c.revision, revision, "edit %d", i)
		assert.False(t, seen[id], "edit %d: the ID %q came again", i, id)
		seen[id] = true
	}
	assert.Equal(t, []string{DefaultPath}, listing(t, path))
	for _, c := range []*child{a, b} {
		require.NoError(t, c.stdin.Close())
		c.wait()
	}
}

// Where a process that may write has remembered the document, one that may not
// says the same.
func TestReaderFollowsWhatAWriterRemembers(t *testing.T) {
	root := openFolder(t)
	path := filepath.Join(root, DefaultPath)
	saved := save(t, New(path), maintenance.On)
	require.NoError(t, os.Chmod(root, 0o555))
	defer func() { require.NoError(t, os.Chmod(root, 0o755)) }()
	require.NoError(t, os.Chmod(path+".lock", 0o444))

	c := start(t, "readonly", path)
	_, err := fmt.Fprintln(c.stdin, "load")
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint("on ", saved.Revision, " ", saved.ID), c.line())
	require.NoError(t, c.stdin.Close())
	c.wait()
}
