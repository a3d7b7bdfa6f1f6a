package filestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Save implements maintenance.Store. When it returns without an error the
// document is on the disk. Over a file that can't be read as a state, in a
// folder that does not exist or that this process may not write to, it is an
// error, and the file stays as it was.
func (s *Store) Save(ctx context.Context, state maintenance.State) (maintenance.State, error) {
	if err := state.Validate(); err != nil {
		return maintenance.State{}, err
	}
	var saved maintenance.State
	err := s.exclusively(ctx, func(l *lock) error {
		current, known, err := s.settle(ctx, l)
		switch {
		case err != nil:
			return err
		case current.Revision != state.Revision:
			return maintenance.ErrConflict
		case ctx.Err() != nil:
			return ctx.Err()
		}
		saved, err = s.put(l, known, state)
		return err
	})
	if err != nil {
		return maintenance.State{}, err
	}
	return saved, nil
}

// put writes the next document. What is about to come is remembered first: a
// process that ends halfway must not leave a file that looks edited by hand.
func (s *Store) put(l *lock, known note, asked maintenance.State) (maintenance.State, error) {
	next := asked
	next.Revision, next.ID = known.Revision+1, rand.Text()
	text, d, err := render(s.path, next)
	if err != nil {
		return maintenance.State{}, err
	}
	n := note{next.Revision, next.ID, d.sum}
	if err := remember(l, memory{Known: known, Next: n}); err != nil {
		return maintenance.State{}, err
	}
	target, _, err := route(s.path)
	if err != nil {
		return maintenance.State{}, err
	}
	if err := replace(target, text, s.perm); err != nil {
		return maintenance.State{}, fmt.Errorf("filestore: %s was not changed: %w; check the disk and who may write to the folder", s.path, err)
	}
	stored := s.saw(d, n, true)
	if err := s.confirm(); err != nil {
		return maintenance.State{}, err
	}
	_ = remember(l, memory{Known: n}) // else the next who asks finds Next in its place, and tries again
	return stored, nil
}

// confirm makes the name of the file durable, too. Until that has succeeded,
// the save may be tried again.
func (s *Store) confirm() error {
	target, _, err := route(s.path)
	if err == nil {
		err = syncFolder(filepath.Dir(target))
	}
	if err != nil {
		return fmt.Errorf("filestore: %s holds the new state, but whether it survives a loss of power can't be known: %w; save again", s.path, err)
	}
	return nil
}

// replace puts text in the place of the file at path in one step: a reader
// finds the old content or the new one, also after a crash. The temporary file
// has a fixed name, so that one left behind by a crash is cleaned up by the
// next save; the lock keeps others from it.
func replace(path string, text []byte, perm fs.FileMode) (err error) {
	temporary := path + ".tmp"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	before, err := os.Stat(path)
	if err == nil {
		perm = before.Mode().Perm()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := create(temporary, perm)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary)
		}
	}()
	if err := write(f, text); err != nil {
		return err
	}
	if before != nil {
		keepOwner(temporary, before)
		if err := os.Chmod(temporary, perm); err != nil {
			return err
		}
	}
	return rename(temporary, path)
}

// write fills f and closes it. The content has to be on the disk before the
// name is: otherwise a loss of power can leave the name with an empty file.
func write(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
