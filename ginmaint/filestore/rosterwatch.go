package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// WatchReplicas implements maintenance.Roster. It makes the roster's folder
// where there is none. Of a process that was killed it tells once Replicas, in
// whatever process, has found its entry without a lock.
func (s *Store) WatchReplicas(ctx context.Context, changed func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.roster.make(s.perm); err != nil {
		return err
	}
	return follow(ctx, s.roster.scope, changed)
}

// bellPath is the file that is written to when there is news. Every heartbeat
// writes an entry; without a file of its own, news would drown in them.
func (r *roster) bellPath() string { return filepath.Join(r.folder, "changed") }

// ring wakes whoever watches.
func (r *roster) ring(perm fs.FileMode) error {
	f, err := os.OpenFile(r.bellPath(), os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = create(r.bellPath(), perm)
	}
	if err != nil {
		return r.fault(err)
	}
	_, err = f.WriteAt([]byte("\n"), 0)
	if err = errors.Join(err, f.Close()); err != nil {
		return r.fault(err)
	}
	return nil
}

// scope listens for the bell, and for entries that come and go without it.
func (r *roster) scope() (scope, error) {
	if _, err := os.Stat(r.folder); err != nil {
		return scope{}, noFolder(r.folder, err)
	}
	bell := []string{r.bellPath()}
	return scope{
		home:    r.folder,
		folders: []string{r.folder},
		delay: func(e fsnotify.Event) (time.Duration, bool) {
			switch {
			case contains(bell, e.Name):
				return burst, e.Op != fsnotify.Chmod
			case strings.HasSuffix(e.Name, entrySuffix):
				return burst, e.Op.Has(fsnotify.Remove) || e.Op.Has(fsnotify.Rename)
			}
			return 0, false
		},
	}, nil
}

func (r *roster) exists() bool {
	_, err := os.Stat(r.folder)
	return err == nil
}

// make makes the folder, with its permissions derived from those of the files:
// whoever may read one may list it, whoever may write one may add one.
func (r *roster) make(perm fs.FileMode) error {
	perm |= perm & 0o444 >> 2
	err := os.Mkdir(r.folder, perm)
	switch parent := filepath.Dir(r.folder); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return noFolder(parent, err)
	case err != nil:
		return r.fault(err)
	default:
		if like, err := os.Stat(parent); err == nil {
			keepOwner(r.folder, like)
		}
	}
	if err := os.Chmod(r.folder, perm); err != nil {
		return fmt.Errorf("filestore: the permissions of %s can't be set: %w; set them by hand", r.folder, err)
	}
	return nil
}
