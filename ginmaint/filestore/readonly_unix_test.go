//go:build unix

package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
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

func init() {
	children["readonly"] = childReadOnly
	children["unlisted"] = childUnlisted
	children["drain"] = childDrain
	children["share"] = childShare
}

// beNobody gives up the right to write everywhere, which root has.
func beNobody() error {
	if os.Geteuid() != 0 {
		return nil
	}
	return errors.Join(syscall.Setgid(65534), syscall.Setuid(65534))
}

// childUnlisted serves as childServe does, where it may only read. It is told so
// in one line.
func childUnlisted(args []string) error {
	if err := beNobody(); err != nil {
		return err
	}
	var log strings.Builder
	mode, err := maintenance.Open(context.Background(), New(args[0]), maintenance.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		return err
	}
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "this process may only read in the store") {
		return fmt.Errorf("the log says %q", log.String())
	}
	err = mode.On(context.Background())
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "let this process write") || !strings.Contains(err.Error(), "GINMAINT_STORE") {
		return fmt.Errorf("On returned %w", err)
	}
	return answer(mode)
}

// childReadOnly follows a file in a folder that it may not write to, as a
// mounted ConfigMap. It reads what to expect: each line is a level, and is
// answered with the revision and the ID.
func childReadOnly(args []string) error {
	if err := beNobody(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s := New(args[0])
	if _, err := s.Save(ctx, maintenance.State{Level: maintenance.On}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "let this process write") {
		return fmt.Errorf("Save returned %w", err)
	}
	r, err := s.Join(ctx, maintenance.Replica{ID: args[1]})
	if err != nil || !r.Unlisted {
		return fmt.Errorf("Join returned %v, %w", r, err)
	}
	for {
		if _, err := fmt.Scanln(new(string)); err != nil {
			return nil // the end of the input
		}
		first, err := s.Renew(ctx, r)
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
	t.Parallel()
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
	a, b := start(t, "readonly", path, "A"), start(t, "readonly", path, "B")
	level, revision, first := ask(a)
	assert.Equal(t, "on", level)
	assert.EqualValues(t, 1, revision)
	assert.NotEmpty(t, first)
	level, _, _ = ask(b)
	assert.Equal(t, "on", level)

	seen := map[string]bool{first: true}
	for i, c := range []struct {
		text, level string
		revision    uint64
	}{
		{`{"level":"off"}`, "off", 2},
		{`{"level":"on"}`, "on", 3}, // a content that was there before
		{`{"level":"on","revision":9}`, "on", 10},
		{`{"level":"on","revision":4}`, "on", 11},
		{"", "off", 12},
		{`{"level":"on"}`, "on", 13},
	} {
		edit(c.text)
		level, revision, id := ask(a)
		assert.Equal(t, c.level, level, "edit %d", i)
		assert.Equal(t, c.revision, revision, "edit %d", i)
		assert.False(t, seen[id], "edit %d: the ID %q came again", i, id)
		seen[id] = true
	}
	assert.Equal(t, []string{DefaultPath}, listing(t, path))
	names := replicas(t, New(path))
	require.Len(t, names, 1)
	assert.Contains(t, names[unlistedID].Name, "write to "+folder)
	for _, c := range []*child{a, b} {
		require.NoError(t, c.stdin.Close())
		c.wait()
	}
}

// Where a process that may write has remembered the document, one that may not
// says the same.
func TestReaderFollowsWhatAWriterRemembers(t *testing.T) {
	t.Parallel()
	root := openFolder(t)
	path := filepath.Join(root, DefaultPath)
	saved := save(t, New(path), maintenance.On)
	require.NoError(t, os.Chmod(root, 0o555))
	defer func() { require.NoError(t, os.Chmod(root, 0o755)) }()
	require.NoError(t, os.Chmod(path+".lock", 0o444))

	c := start(t, "readonly", path, "C")
	_, err := fmt.Fprintln(c.stdin, "load")
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprint("on ", saved.Revision, " ", saved.ID), c.line())
	require.NoError(t, c.stdin.Close())
	c.wait()
}

// Whoever may write sees those who may not, also before anybody has switched:
// they may be at work, and can't tell that they are not.
func TestDrainWaitsForThoseWhoMayOnlyRead(t *testing.T) {
	t.Parallel()
	root := openFolder(t)
	path := filepath.Join(root, DefaultPath)
	require.NoError(t, os.Chmod(root, 0o555))
	a, b := start(t, "unlisted", path), start(t, "unlisted", path)
	require.Equal(t, "ready", a.line())
	require.Equal(t, "ready", b.line())
	require.Equal(t, "admitted", a.ask())
	assert.Empty(t, listing(t, path))

	require.NoError(t, os.Chmod(root, 0o755))
	mode := openMode(t, New(path), maintenance.Observer())
	require.NoError(t, mode.On(t.Context()))
	require.NoError(t, os.Chmod(root, 0o555))
	for _, c := range []*child{a, b} {
		require.Eventually(t, func() bool { return c.ask() == "refused" }, patience, time.Millisecond)
	}
	if os.Geteuid() == 0 {
		assert.Equal(t, []string{unlistedID}, pending(t, mode))
		a.kill()
		assert.Equal(t, []string{unlistedID}, pending(t, mode))
	} else {
		a.kill()
	}
	b.kill()
	drains(t, mode)
	require.NoError(t, os.Chmod(root, 0o755))
}

// In a process that may only read, its own replicas are known, and so a drain of
// its own is proven.
func TestDrainInAFolderThatCantBeWritten(t *testing.T) {
	t.Parallel()
	root := openFolder(t)
	path := filepath.Join(root, DefaultPath)
	put(t, path, `{"level":"on"}`)
	require.NoError(t, os.Chmod(path, 0o644)) // whatever the umask
	require.NoError(t, os.Chmod(root, 0o555))
	defer func() { require.NoError(t, os.Chmod(root, 0o755)) }()
	c := start(t, "drain", path)
	assert.Equal(t, "true 2", c.line())
	c.wait()
}

// childDrain drains as a process that may only read.
func childDrain(args []string) error {
	if err := beNobody(); err != nil {
		return err
	}
	discard := maintenance.Logger(slog.New(slog.DiscardHandler))
	mode, err := maintenance.Open(context.Background(), New(args[0]), discard)
	if err != nil {
		return err
	}
	other, err := maintenance.Open(context.Background(), New(args[0]), discard)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	report, err := mode.Drain(ctx)
	fmt.Println(report.Drained, report.Total)
	return errors.Join(err, mode.Close(), other.Close())
}

// Where nobody would know of the replica, it is an error that says what to do.
func TestJoinOnAShareThatCantBeWritten(t *testing.T) {
	t.Parallel()
	root := openFolder(t)
	path := filepath.Join(root, DefaultPath)
	put(t, path, `{"level":"on"}`)
	require.NoError(t, os.Chmod(root, 0o555))
	defer func() { require.NoError(t, os.Chmod(root, 0o755)) }()
	start(t, "share", path).wait()
}

func childShare(args []string) error {
	if err := beNobody(); err != nil {
		return err
	}
	_, err := maintenance.Open(context.Background(), onShare(args[0]))
	for _, text := range []string{"name a file elsewhere: filestore.New in Go, GINMAINT_STORE for the command", "let this process write", "struct{ maintenance.Store }"} {
		if err == nil || !strings.Contains(err.Error(), text) {
			return fmt.Errorf("Open returned %w", err)
		}
	}
	return nil
}
