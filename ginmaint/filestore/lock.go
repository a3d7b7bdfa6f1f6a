package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// retry is how often a lock is asked for that another process holds. A save
// holds it for about as long as the disk takes to sync.
const retry = time.Millisecond

// lock is the lock file, open and locked: no other process changes the
// document or the roster.
type lock struct {
	file *os.File
	held *flock.Flock
}

func (s *Store) lockPath() string { return s.path + ".lock" }

// await waits for this Store's turn; pass gives it on. Only who has the turn
// asks for the lock, so the goroutines of one Store don't compete by polling.
func (s *Store) await(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("filestore: waiting for %s: %w", s.path, ctx.Err())
	}
}

func (s *Store) pass() { <-s.turn }

// exclusively runs f with the turn and the lock.
func (s *Store) exclusively(ctx context.Context, f func(*lock) error) error {
	if err := s.await(ctx); err != nil {
		return err
	}
	defer s.pass()
	l, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer l.unlock()
	return f(l)
}

// lock locks the lock file, and makes it where there is none. The caller has
// the turn.
func (s *Store) lock(ctx context.Context) (*lock, error) {
	for {
		file, err := s.openLock()
		if err != nil {
			return nil, err
		}
		l := &lock{file, flock.New(s.lockPath())}
		if _, err := l.held.TryLockContext(ctx, retry); err != nil {
			file.Close()
			if ctx.Err() != nil {
				return nil, fmt.Errorf("filestore: waiting for the lock on %s, which another process holds: %w", s.lockPath(), ctx.Err())
			}
			return nil, fmt.Errorf("filestore: %s can't be locked: %w; use a local disk, or a store that spans hosts", s.lockPath(), err)
		}
		if l.present() {
			return l, nil
		}
		l.unlock() // of a file that somebody has deleted since
	}
}

// present tells whether the file that is locked is still the one at its path.
// flock opened it later than we did, so ours can be neither older nor newer
// where both paths agree.
func (l *lock) present() bool {
	ours, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.file.Name())
	return err == nil && os.SameFile(ours, there)
}

func (l *lock) unlock() {
	_ = l.held.Unlock() // closing the file frees it in any case
	_ = l.file.Close()
}

func (s *Store) openLock() (*os.File, error) {
	for {
		f, err := os.OpenFile(s.lockPath(), os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			f, err = create(s.lockPath(), s.perm)
		}
		switch {
		case errors.Is(err, fs.ErrExist):
			continue // another process was faster
		case errors.Is(err, fs.ErrNotExist):
			return nil, noFolder(filepath.Dir(s.path), err)
		case unwritable(err):
			return nil, fmt.Errorf("filestore: the lock file %s can't be written: %w; "+
				"let this process write to it and to its folder", s.lockPath(), err)
		case err != nil:
			return nil, fmt.Errorf("filestore: the lock file %s can't be opened: %w", s.lockPath(), err)
		}
		return f, nil
	}
}

// create makes a new file, with these permissions whatever the umask, and owned
// like its folder where that is possible: what root has made must not lock out
// the account of the service.
func create(path string, perm fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	if folder, err := os.Stat(filepath.Dir(path)); err == nil {
		keepOwner(path, folder)
	}
	if err := os.Chmod(path, perm); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
