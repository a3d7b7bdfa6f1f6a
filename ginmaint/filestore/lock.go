package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// locks is the way to the lock file, one call after the other.
type locks struct {
	place
	turn chan struct{} // of the calls in this process
}

// await waits for this call's turn; pass hands it on. Only the call whose turn it is
// asks for the lock, so the goroutines of one process don't compete by polling.
func (s *locks) await(ctx context.Context) error {
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

func (s *locks) pass() { <-s.turn }

const (
	// retry is how often a lock is asked for that another process holds. A save
	// holds it for about as long as the disk takes to sync.
	retry = time.Millisecond

	// deletions is how often a call is tried while somebody deletes files.
	deletions = 3
)

// lock is the lock file, open and locked: no other process changes the
// document or the roster.
type lock struct {
	file *os.File
	held *flock.Flock
}

// newLock returns a lock on an existing file. It neither makes the file nor waits
// for the other end of a pipe.
func newLock(path string) *flock.Flock { return flock.New(path, flock.SetFlag(os.O_RDWR|nonblock)) }

// locked runs f with the lock file locked, and makes the file if there is none. If f
// misses a file that was there a moment before, it runs again. The caller has the
// turn.
func (s *locks) locked(ctx context.Context, f func(*lock) error) error {
	for attempt := 1; ; attempt++ {
		l, err := s.lock(ctx)
		if err != nil {
			return err
		}
		err = f(l)
		l.unlock()
		if !errors.Is(err, fs.ErrNotExist) || attempt == deletions {
			return err
		}
	}
}

func (s *locks) lock(ctx context.Context) (*lock, error) {
	for {
		file, err := s.openLock()
		if err != nil {
			return nil, err
		}
		l := &lock{file, newLock(s.lockPath())}
		_, err = l.held.TryLockContext(ctx, retry)
		if err == nil && l.present() {
			return l, nil
		}
		l.unlock()
		switch {
		case err == nil, errors.Is(err, fs.ErrNotExist): // deleted since
		case ctx.Err() != nil:
			return nil, fmt.Errorf("filestore: waiting for the lock on %s, which another process holds: %w", s.lockPath(), ctx.Err())
		default:
			return nil, fmt.Errorf("filestore: %s can't be locked: %w; use a local disk, or a store that spans hosts", s.lockPath(), err)
		}
	}
}

// present tells whether the file that is locked is still the one at its path.
// It was locked later than we opened it, so ours can be neither older nor newer
// where both paths agree.
func (l *lock) present() bool { return isAt(l.file, l.file.Name()) }

func (l *lock) unlock() {
	_ = l.held.Unlock() // closing the file frees it in any case
	_ = l.file.Close()
}

func (s *locks) openLock() (*os.File, error) {
	for {
		f, err := open(s.lockPath(), os.O_RDWR)
		if errors.Is(err, fs.ErrNotExist) {
			if f, err = create(s.lockPath(), s.perm); err == nil {
				_, err = f.WriteString("\n") // the byte before the memory, before anybody locks it
			}
		}
		switch {
		case err == nil:
			return f, nil
		case errors.Is(err, fs.ErrExist):
			continue // another process was faster
		case errors.Is(err, fs.ErrNotExist):
			return nil, noFolder(s.folder(), err)
		case unwritable(err):
			return nil, fmt.Errorf("filestore: the lock file %s can't be written: %w; let this process write to it and to the folder, "+
				"or name a file elsewhere: filestore.New in Go, GINMAINT_STORE for the command", s.lockPath(), err)
		}
		return nil, fmt.Errorf("filestore: the lock file can't be opened: %w", err)
	}
}
