//go:build unix

package filestore

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Nothing but a file is opened where a file should be: a named pipe has whoever
// opens it wait, and no context ends that.
func TestNoFileWhereOneShouldBe(t *testing.T) {
	kinds := map[string]func(t *testing.T, path string){
		"a named pipe": func(t *testing.T, path string) { require.NoError(t, syscall.Mkfifo(path, 0o644)) },
		"a folder":     func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o755)) },
		"a device":     func(t *testing.T, path string) { require.NoError(t, os.Symlink("/dev/zero", path)) },
		"a socket": func(t *testing.T, path string) {
			t.Chdir(filepath.Dir(path)) // its name has a short limit
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Base(path), Net: "unix"})
			require.NoError(t, err)
			t.Cleanup(func() { _ = l.Close() })
		},
	}
	calls := map[string]func(context.Context, *Store) error{
		"Load": func(ctx context.Context, s *Store) error { _, err := s.Load(ctx); return err },
		"Save": func(ctx context.Context, s *Store) error { _, err := s.Save(ctx, maintenance.State{}); return err },
		"Join": func(ctx context.Context, s *Store) error {
			_, err := s.Join(ctx, maintenance.Replica{ID: "A"})
			return err
		},
		"Replicas": func(ctx context.Context, s *Store) error { _, err := s.Replicas(ctx); return err },
		"Remove":   func(ctx context.Context, s *Store) error { return s.Remove(ctx, "A") },
		"Open": func(ctx context.Context, s *Store) error {
			mode, err := maintenance.Open(ctx, s, maintenance.Logger(slog.New(slog.DiscardHandler)))
			if err == nil {
				_ = mode.Close()
			}
			return err
		},
		"WatchReplicas": func(ctx context.Context, s *Store) error { return s.WatchReplicas(ctx, func() {}) },
	}
	for place, c := range map[string]struct {
		name  string
		calls []string
	}{
		"the state":       {"", []string{"Load", "Save", "Replicas", "Open"}},
		"the lock":        {".lock", []string{"Save", "Join", "Replicas", "Open"}},
		"the roster":      {".replicas", []string{"Join", "Replicas", "Remove", "Open", "WatchReplicas"}},
		"the incarnation": {".replicas/incarnation", []string{"Join", "Replicas", "Open"}},
		"an entry":        {".replicas/A.json", []string{"Join", "Replicas", "Remove"}},
	} {
		for kind, lay := range kinds {
			if place == "the roster" && kind == "a folder" {
				continue
			}
			t.Run(kind+" for "+place, func(t *testing.T) {
				for _, call := range c.calls {
					path := newPath(t)
					wrong := path + c.name
					if filepath.Dir(wrong) != filepath.Dir(path) {
						require.NoError(t, os.Mkdir(filepath.Dir(wrong), 0o755))
					}
					lay(t, wrong)
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					defer cancel()
					returned := make(chan error, 1)
					go func() { returned <- calls[call](ctx, New(path)) }()
					select {
					case err := <-returned:
						require.ErrorContains(t, err, wrong+" is "+kind, call)
						assert.ErrorContains(t, err, "move it away, or name another path", call)
					case <-time.After(patience):
						require.FailNow(t, "it hangs", call)
					}
				}
			})
		}
	}
}

// A pipe that takes a file's place between two looks is not waited for.
func TestPipeInTheFilesPlace(t *testing.T) {
	path := newPath(t)
	require.NoError(t, syscall.Mkfifo(path, 0o644))
	tried := make(chan struct{})
	go func() {
		defer close(tried)
		_, err := openNow(path, os.O_RDONLY)
		assert.ErrorContains(t, err, "a named pipe")
		l := newLock(path)
		_, _ = l.TryLock() // some systems lock a pipe
		_ = l.Unlock()
	}()
	select {
	case <-tried:
	case <-time.After(patience):
		require.FailNow(t, "it hangs")
	}
}
