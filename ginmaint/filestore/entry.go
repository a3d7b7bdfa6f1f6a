package filestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

const (
	entrySuffix = ".json"

	// maxID bounds an ID, in bytes; those of a Mode have 26.
	maxID = 64

	// unknownID is the entry that stands for what a lost roster may have held.
	// No process holds it; a person removes it.
	unknownID = "unknown"
)

// roster is the folder with an entry for each replica. Its methods are called
// with the main lock held, which makes the order of creating, locking and
// deleting a file of no concern.
type roster struct {
	folder string
	held   map[string]*flock.Flock // entries of this Store, by ID
}

// holders keeps the Stores that hold entries from being collected with them: a
// lock freed by the garbage collector would call a process dead that still
// works.
var holders sync.Map

// validID keeps IDs that come from outside within the folder.
func validID(id string) bool {
	if len(id) < 1 || len(id) > maxID || id == unknownID {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return filepath.IsLocal(id + entrySuffix) // Windows has names of devices
}

// quote shows a hostile ID without filling the log.
func quote(id string) string {
	if len(id) > maxID {
		return fmt.Sprintf("%q…", id[:maxID])
	}
	return fmt.Sprintf("%q", id)
}

// enter makes the entry of r, in place of one with the same ID, and locks it.
func (s *Store) enter(r maintenance.Replica) error {
	s.leave(r.ID)
	if err := s.roster.remove(r.ID); err != nil && !errors.Is(err, maintenance.ErrUnlisted) {
		return err
	}
	if err := s.roster.create(r, s.perm); err != nil {
		return err
	}
	held := flock.New(s.roster.entryPath(r.ID))
	switch locked, err := held.TryLock(); {
	case err != nil:
		return s.roster.fault(err)
	case !locked:
		return s.roster.fault(fmt.Errorf("another process holds the entry %s", r.ID))
	}
	s.roster.held[r.ID] = held
	holders.Store(s, nil)
	return nil
}

// leave frees the lock on an entry of this Store, if it is one.
func (s *Store) leave(id string) {
	held, ok := s.roster.held[id]
	if !ok {
		return
	}
	_ = held.Unlock()
	delete(s.roster.held, id)
	if len(s.roster.held) == 0 {
		holders.Delete(s)
	}
}

// create writes a new entry. The byte before the record is written here, before
// anybody locks it; it makes the file JSON as a whole.
func (r *roster) create(entry maintenance.Replica, perm fs.FileMode) error {
	f, err := create(r.entryPath(entry.ID), perm)
	if err != nil {
		return r.fault(err)
	}
	_, err = f.WriteString("\n")
	if err == nil {
		err = writeRecord(f, entry)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return r.fault(err)
	}
	return nil
}

// open opens the entry with this ID and reads it. It returns ErrUnlisted where
// there is none. Of an entry that is damaged only the ID is known, so that it
// still counts, as one that obeys nothing.
func (r *roster) open(id string, flag int) (*os.File, maintenance.Replica, error) {
	f, err := os.OpenFile(r.entryPath(id), flag, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, maintenance.Replica{}, maintenance.ErrUnlisted
	}
	if err != nil {
		return nil, maintenance.Replica{}, r.fault(err)
	}
	var entry maintenance.Replica
	switch err := readRecord(f, &entry); {
	case errors.Is(err, errTorn), errors.Is(err, io.EOF):
		entry = maintenance.Replica{ID: id}
	case err != nil:
		f.Close()
		return nil, maintenance.Replica{}, r.fault(err)
	case entry.ID != id: // struck out
		f.Close()
		return nil, maintenance.Replica{}, maintenance.ErrUnlisted
	}
	return f, entry, nil
}

// rewrite puts the entry in the place of the one with its ID, and tells whether
// there is something new in it that a drain waits for.
func (r *roster) rewrite(entry maintenance.Replica) (news bool, err error) {
	f, before, err := r.open(entry.ID, os.O_RDWR)
	if err != nil {
		return false, err
	}
	err = writeRecord(f, entry)
	if err = errors.Join(err, f.Close()); err != nil {
		return false, r.fault(err)
	}
	return before.Work() != entry.Work(), nil
}

// remove deletes the entry with this ID, or returns ErrUnlisted. Where Windows
// does not delete a file that its process holds open, the entry is struck out.
func (r *roster) remove(id string) error {
	f, _, err := r.open(id, os.O_RDWR)
	if err != nil {
		return err
	}
	defer f.Close()
	err = os.Remove(r.entryPath(id))
	if err == nil {
		return nil
	}
	if strike := writeRecord(f, maintenance.Replica{}); strike != nil {
		return r.fault(errors.Join(err, strike))
	}
	return nil
}

// look returns the entry with this ID, or deletes it where its lock is free and
// returns ErrUnlisted.
func (r *roster) look(id string) (maintenance.Replica, error) {
	f, entry, err := r.open(id, os.O_RDONLY)
	if err != nil && !errors.Is(err, maintenance.ErrUnlisted) {
		return entry, err
	}
	struck := err != nil
	if f != nil {
		f.Close()
	}
	if id == unknownID {
		return entry, err
	}
	probe := flock.New(r.entryPath(id))
	free, err := probe.TryLock()
	switch {
	case err != nil:
		return entry, r.fault(err)
	case free:
		_ = probe.Unlock()
		if err := os.Remove(r.entryPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return entry, r.fault(err)
		}
		return entry, maintenance.ErrUnlisted
	case struck:
		return entry, maintenance.ErrUnlisted
	}
	return entry, nil
}
