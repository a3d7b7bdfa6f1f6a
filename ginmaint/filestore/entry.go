package filestore

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// What lies in the roster's folder besides the incarnation.
const (
	entrySuffix = ".json" // what a replica tells
	lockSuffix  = ".lock" // locked by its process, where the folder can't be
)

const (
	// maxID bounds an ID, in bytes; those of a Mode have 26.
	maxID = 64

	// unknownID is the entry that stands for what a lost roster may have held.
	// No process holds it; a person removes it.
	unknownID = "unknown"

	// unlistedID is the entry that stands for processes that live, and follow the
	// file, and have no entry. It is in no file.
	unlistedID = "unlisted"
)

// entry is what a file in the roster's folder holds. It is written in place, under
// the lock. Processes that may only read have no lock, so they may find it half
// written; then it counts as one that obeys nothing.
type entry struct {
	maintenance.Replica
	Host      string `json:"host,omitempty"`      // of the processes that see the lock on its lock file; empty where there is none
	Forgotten bool   `json:"forgotten,omitempty"` // a person has removed it while its process lives; no drain waits for that
}

// entries are the files of the roster, which change under the lock alone.
type entries struct {
	presences
	host func(folder string) string // the processes that see the same locks as this one, where the folder is not local
}

// validID keeps IDs that come from outside within the folder.
func validID(id string) bool {
	if len(id) < 1 || len(id) > maxID || id == unknownID || id == unlistedID {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return filepath.IsLocal(id + entrySuffix) // Windows has names of devices
}

// makeRoster makes the roster's folder where there is none, with permissions
// derived from those of the files: an account that may read files may list it, and
// one that may write files may add some.
func (s *entries) makeRoster() error {
	perm := s.perm | s.perm&0o444>>2
	err := os.Mkdir(s.roster(), perm)
	if info, wrong := os.Stat(s.roster()); err != nil && wrong == nil && info.IsDir() {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return noFolder(s.folder(), err)
	}
	if err == nil {
		err = os.Chmod(s.roster(), perm)
	}
	if like, wrong := os.Stat(s.folder()); err == nil && wrong == nil {
		keepOwner(s.roster(), like)
	}
	return s.fault(err)
}

// incarnation returns the identity of the roster, or an empty text where there
// is none, or a damaged one. It lies beside the entries, so it is lost together
// with them.
func (s *entries) incarnation() (string, error) {
	text, err := readText(s.incarnationPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", s.fault(err)
	}
	if id := strings.TrimSpace(string(text)); validID(id) {
		return id, nil
	}
	return "", nil
}

// incarnate returns the present incarnation, and begins one where there is none. Where an
// earlier one was lost, the entry for those who were lost with it is there then.
func (s *entries) incarnate() (string, error) {
	if err := s.makeRoster(); err != nil {
		return "", err
	}
	id, err := s.incarnation()
	if err == nil && id == "" {
		id = rand.Text()
		err = s.write(s.incarnationPath(), id+"\n", true)
	}
	if err != nil {
		return "", err
	}
	return id, s.succeed(id)
}

// ring wakes the watchers of the roster by writing the incarnation once more. They
// can't watch the entries, which every heartbeat writes.
func (s *entries) ring(incarnation string) error {
	return s.write(s.incarnationPath(), incarnation+"\n", false)
}

// write writes a file of the roster. It makes the file only if anew is set: a renewal
// must not bring back an entry that somebody has just deleted.
func (s *entries) write(path, text string, anew bool) error {
	f, err := open(path, os.O_WRONLY)
	if anew && errors.Is(err, fs.ErrNotExist) {
		f, err = create(path, s.perm)
	}
	if err == nil {
		err = errors.Join(overwrite(f, []byte(text), 0), f.Close())
	}
	return s.fault(err)
}

func (s *entries) writeEntry(e entry, anew bool) error {
	text, err := json.Marshal(e)
	if err != nil {
		return s.fault(err)
	}
	return s.write(s.inRoster(e.ID, entrySuffix), string(text)+"\n", anew)
}

// readEntry returns the entry with this ID, or ErrUnlisted. Of an entry that is
// damaged only the ID is known.
func (s *entries) readEntry(id string) (entry, error) {
	text, err := readText(s.inRoster(id, entrySuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return entry{}, maintenance.ErrUnlisted
	}
	var e entry
	if json.Unmarshal(text, &e) != nil || e.ID != id {
		e = entry{Replica: maintenance.Replica{ID: id}}
	}
	return e, s.fault(err)
}

// addUnknown adds the entry that stands for replicas lost with an earlier
// roster.
func (s *entries) addUnknown(of maintenance.Replica) error {
	if _, err := s.readEntry(unknownID); !errors.Is(err, maintenance.ErrUnlisted) {
		return err
	}
	return s.writeEntry(entry{Replica: unknownLike(of)}, true)
}

func unknownLike(of maintenance.Replica) maintenance.Replica {
	lost := maintenance.UnknownReplica(unknownID, of)
	lost.Incarnation, lost.RenewedAt = of.Incarnation, of.RenewedAt
	return lost
}

// alive tells whether the process of an entry may still live. Its presence tells
// exactly. A lock file that is free says that it has ended only of those who
// share locks with this process: another host has its own, and so has another
// mount on this one. Whether another start of a kernel was one of this host,
// which would end its processes, nobody can tell: machine IDs come along with
// images, so two hosts may have the same.
func (s *entries) alive(folder *os.File, e entry) (bool, error) {
	probe := newLock(s.inRoster(e.ID, lockSuffix))
	free, err := probe.TryLock()
	switch {
	case e.Unknown:
		return true, nil
	case errors.Is(err, fs.ErrNotExist) && folder != nil:
		return s.isPresent(folder, e.ID)
	case free:
		_ = probe.Unlock()
		return e.Host != s.host(s.folder()), nil
	}
	return true, nil // or nobody can tell
}

// forget strikes the entry with this ID, or returns ErrUnlisted. Where the folder
// shows that its process lives, the entry stays, as forgotten.
func (s *entries) forget(id string) error {
	if e, err := s.readEntry(id); err != nil || e.Forgotten {
		return cmp.Or(err, maintenance.ErrUnlisted)
	}
	folder, err := s.look()
	if err != nil {
		return err
	}
	defer folder.Close() // nil, too
	if folder != nil {
		if lives, err := s.isPresent(folder, id); err != nil {
			return err
		} else if lives {
			return s.writeEntry(entry{Replica: maintenance.Replica{ID: id}, Forgotten: true}, false)
		}
	}
	return s.strike(id)
}

// strike deletes the entry with this ID and its lock file.
func (s *entries) strike(id string) error {
	_ = os.Remove(s.inRoster(id, lockSuffix)) // Windows keeps a file that is open
	if err := os.Remove(s.inRoster(id, entrySuffix)); !errors.Is(err, fs.ErrNotExist) {
		return s.fault(err)
	}
	return nil
}

func (s *entries) fault(cause error) error {
	if cause == nil {
		return nil
	}
	if info, err := os.Stat(s.roster()); err == nil {
		cause = cmp.Or(expect(s.roster(), info, fs.ModeDir), cause)
	}
	return fmt.Errorf("filestore: the roster in %s can't be used: %w; check the disk and the permissions", s.roster(), cause)
}
