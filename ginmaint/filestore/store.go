package filestore

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// DefaultPath is where an application keeps its state if it names no other place:
// in its working directory.
const DefaultPath = "maintenance_mode.json"

// defaultPerm lets everybody read the state, and its owner change it.
const defaultPerm fs.FileMode = 0o644

// Store keeps the document in a file and the roster in a folder beside it. Its
// methods may be called at the same time; several Stores and processes may use
// the same path.
type Store struct {
	ledger
	entries  *entries
	members  map[string]*member // the replicas of this process, by ID; used by the call that has the turn
	hearings *hearings
}

// site is what the Stores of one process on one path share. It is never dropped: if
// the garbage collector freed a lock, the process would count as dead while it works.
type site struct {
	turn     chan struct{}
	recent   recent
	members  map[string]*member
	hearings hearings
}

var sites sync.Map // by path

func newSite() *site {
	return &site{turn: make(chan struct{}, 1), members: make(map[string]*member), hearings: hearings{by: make(map[string]*hearing)}}
}

func siteOf(path string) *site {
	s, _ := sites.LoadOrStore(path, newSite())
	return s.(*site)
}

var (
	_ maintenance.Store    = (*Store)(nil)
	_ maintenance.Restorer = (*Store)(nil)
	_ maintenance.Roster   = (*Store)(nil)

	_ maintenance.Historian = (*Store)(nil)
)

// Option sets one thing of a Store.
type Option func(*Store)

// Permissions sets the permissions of files that the store makes anew; default
// 0644, whatever the umask. Where several accounts switch, give them a common
// group and use 0664. A state file that exists keeps its own.
func Permissions(perm fs.FileMode) Option {
	return func(s *Store) { s.perm = perm.Perm() }
}

// New returns the store whose document is the file at path; DefaultPath is the
// usual one. A relative path is resolved here, so a later change of the working
// directory has no effect. New does no I/O and can't fail; there is nothing to close.
func New(path string, opts ...Option) *Store {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	path = filepath.Clean(path)
	s := &Store{}
	s.path, s.perm = path, defaultPerm
	for _, opt := range opts {
		opt(s)
	}
	s.entries = &entries{presences{s.place, local}, host}
	s.share(siteOf(path))
	return s
}

func (s *Store) share(site *site) {
	s.turn, s.recent, s.members, s.hearings = site.turn, &site.recent, site.members, &site.hearings
}

// Load implements maintenance.Store. A file that a person has changed or
// deleted is a new document, with the next revision and an ID of its own. If file
// and lock file are both gone, it returns the zero State. For a file that can't be
// read as a state it returns an error that names the file, the place and the remedy;
// also for a folder that does not exist.
func (s *Store) Load(ctx context.Context) (state maintenance.State, err error) {
	if err := ctx.Err(); err != nil {
		return maintenance.State{}, err
	}
	d, err := read(s.path)
	if err != nil {
		return maintenance.State{}, err
	}
	// Nearly always the document is the one remembered last. Then no lock is
	// needed: the file was read first, and at that moment it was this one.
	if m, _ := recall(s.lockPath()); m != (memory{}) && m.Known.Sum == d.sum {
		return s.saw(d, m.Known, true), nil
	}
	if err := s.await(ctx); err != nil {
		return maintenance.State{}, err
	}
	defer s.pass()
	err = s.present(ctx, func(_ *lock, present maintenance.State) error {
		state = present
		return nil
	})
	return state, err
}

// Save implements maintenance.Store. When it returns without an error the document
// is on the disk. It returns an error, and leaves the file as it was, if that can't
// be read as a state, or if the folder does not exist or can't be written.
func (s *Store) Save(ctx context.Context, state maintenance.State) (maintenance.State, error) {
	return s.exchange(ctx, state, func(present maintenance.State) (id string, revision uint64, ok bool) {
		return rand.Text(), present.Revision + 1, present.Revision == state.Revision
	})
}

// Restore implements maintenance.Restorer: running Modes write back what they
// know where somebody has deleted all the files.
func (s *Store) Restore(ctx context.Context, state, over maintenance.State) (maintenance.State, error) {
	return s.exchange(ctx, state, func(present maintenance.State) (id string, revision uint64, ok bool) {
		ok = present.Revision == over.Revision && present.ID == over.ID
		return state.ID, max(state.Revision, over.Revision) + 1, ok
	})
}

// exchange replaces the present document by state, under the ID and the revision
// that next returns, or returns ErrConflict if next does not agree.
func (s *Store) exchange(ctx context.Context, state maintenance.State,
	next func(present maintenance.State) (id string, revision uint64, ok bool),
) (saved maintenance.State, err error) {
	if err := state.Validate(); err != nil {
		return maintenance.State{}, err
	}
	if err := s.await(ctx); err != nil {
		return maintenance.State{}, err
	}
	defer s.pass()
	err = s.locked(ctx, func(l *lock) error {
		present, known, err := s.recognise(ctx, l)
		if err != nil {
			return err
		}
		var ok bool
		if state.ID, state.Revision, ok = next(present); !ok {
			return maintenance.ErrConflict
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		saved, err = s.put(l, known, present, state)
		return err
	})
	return saved, err
}

// put writes the next document. It first remembers what is about to come, so that a
// process that ends halfway leaves no file that looks edited by hand.
func (s *Store) put(l *lock, known note, present, next maintenance.State) (maintenance.State, error) {
	text, d, err := render(s.path, next)
	if err != nil {
		return maintenance.State{}, err
	}
	if err := s.record(present, next); err != nil {
		return maintenance.State{}, err
	}
	n := note{next.Revision, next.ID, d.sum}
	if err := l.remember(memory{Known: known, Next: n}); err != nil {
		return maintenance.State{}, s.forgetful(err)
	}
	file, err := target(s.path)
	if err != nil {
		return maintenance.State{}, err
	}
	if err := replace(file, text, s.perm); err != nil {
		return maintenance.State{}, fmt.Errorf("filestore: %s was not changed: %w; check the disk and the permissions of the folder", s.path, err)
	}
	stored := s.saw(d, n, true)
	// The name of the file has to be durable, too.
	if err := syncFolder(filepath.Dir(file)); err != nil {
		return maintenance.State{}, fmt.Errorf("filestore: %s holds the new state, but whether it survives a loss of power can't be known: %w; save again", s.path, err)
	}
	_ = l.remember(memory{Known: n}) // if it fails, the next call finds Next in place, and tries again
	return stored, nil
}
