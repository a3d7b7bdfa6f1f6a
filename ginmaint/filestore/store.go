package filestore

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// DefaultPath is where an application keeps its state that names no other
// place: in its working directory.
const DefaultPath = "maintenance_mode.json"

// defaultPerm lets everybody read the state, and its owner change it.
const defaultPerm fs.FileMode = 0o644

// Store keeps the document in a file and the roster in a folder beside it. Its
// methods may be called at the same time; several Stores and processes may use
// the same path.
type Store struct {
	path   string      // of the document
	perm   fs.FileMode // of new files
	turn   chan struct{}
	roster roster

	mu   sync.Mutex // guards last
	last sighting   // the newest document that this Store knows

}

var (
	_ maintenance.Store  = (*Store)(nil)
	_ maintenance.Roster = (*Store)(nil)
)

// Option sets one thing of a Store.
type Option func(*Store)

// Permissions sets the permissions of files that the store makes anew; default
// 0644, whatever the umask. Where several accounts switch, give them a common
// group and take 0664. A state file that exists keeps its own.
func Permissions(perm fs.FileMode) Option {
	return func(s *Store) { s.perm = perm.Perm() }
}

// New returns the store whose document is the file at path; DefaultPath is the
// usual one. A relative path counts from the present working directory, now and
// ever after. New does no I/O and can't fail; there is nothing to close.
func New(path string, opts ...Option) *Store {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	path = filepath.Clean(path)
	s := &Store{
		path:   path,
		perm:   defaultPerm,
		turn:   make(chan struct{}, 1),
		roster: roster{folder: path + ".replicas", held: make(map[string]*flock.Flock)},
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Load implements maintenance.Store. A file that a person has changed or
// deleted is a new document, with the next revision and an ID of its own. A
// file that can't be read as a state is an error that names the file, the
// place and the remedy; so is a folder that does not exist.
func (s *Store) Load(ctx context.Context) (maintenance.State, error) {
	if err := ctx.Err(); err != nil {
		return maintenance.State{}, err
	}
	d, err := read(s.path)
	if err != nil {
		return maintenance.State{}, err
	}
	// Nearly always the document is the one remembered last. Then no lock is
	// needed: the file was read first, and at that moment it was this one.
	m := peek(s.lockPath())
	if err := s.lost(d, m); err != nil {
		return maintenance.State{}, err
	}
	if m.Known.Sum == d.sum && !s.forgot(m) {
		return s.saw(d, m.Known, true), nil
	}
	return s.loadLocked(ctx)
}

// loadLocked finds out which document the file holds that nobody has noticed
// yet, and has that remembered where this process may write.
func (s *Store) loadLocked(ctx context.Context) (maintenance.State, error) {
	if err := s.await(ctx); err != nil {
		return maintenance.State{}, err
	}
	defer s.pass()
	l, err := s.lock(ctx)
	if unwritable(err) {
		return s.derive(ctx)
	}
	if err != nil {
		return maintenance.State{}, err
	}
	defer l.unlock()
	current, _, err := s.settle(ctx, l)
	return current, err
}

// sighting is what this process knows of the newest document it has seen.
type sighting struct {
	note
	remembered bool // in the lock file, so that it can't be gone by accident
}

// saw joins the file's content with its revision and ID, and keeps them as the
// newest known.
func (s *Store) saw(d document, n note, remembered bool) maintenance.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.Revision >= s.last.Revision {
		s.last = sighting{n, remembered}
	}
	d.state.Revision, d.state.ID = n.Revision, n.ID
	return d.state
}

func (s *Store) newest() sighting {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// forgot tells whether m remembers nothing where this process knows better.
func (s *Store) forgot(m memory) bool { return m == (memory{}) && s.newest().Revision > 0 }

// lost refuses to take for Off what looks like a volume that is not mounted any
// more: the file is gone, and the lock file that was there as well.
func (s *Store) lost(d document, m memory) error {
	if d.sum != "" || !s.forgot(m) || !s.newest().remembered {
		return nil
	}
	return fmt.Errorf("filestore: both %s and its lock file are gone, and revision %d was known; "+
		"bring the folder back, or write {\"level\":\"off\"} into the file", s.path, s.newest().Revision)
}
