package filestore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// note says which document a content is. A file that is not there has the
// empty sum, so the zero note is a switch that nobody ever touched.
type note struct {
	Revision uint64 `json:"revision"`
	ID       string `json:"id"`
	Sum      string `json:"sum"`
}

// memory is what the lock file keeps, so that an edit by hand is noticed by the hash
// of the content, whatever revision and ID it has. It is written in place, because
// the lock belongs to that file. It is also read without the lock, so a checksum
// shows whether it is half written.
//
// It begins at the second byte. On Windows the lock covers the first, which nobody
// else can then read or write.
type memory struct {
	Known note   `json:"known"`
	Next  note   `json:"next,omitzero"` // what a save was about to put in its place
	Check uint32 `json:"check"`         // over the rest; zero outside of the file
}

const memoryStart = 1

// damaged stands for a memory that can't be read. No content has its sum, so whatever
// the file holds is a new document.
var damaged = memory{Known: note{Sum: "damaged"}}

func (m memory) text() []byte {
	text, _ := json.Marshal(m) // never fails for these types
	return text
}

func (l *lock) remember(m memory) error {
	m.Check = crc32.ChecksumIEEE(m.text())
	return overwrite(l.file, m.text(), memoryStart)
}

// recall returns the memory, or the zero one if there is none. It returns damaged
// beside an error, and where another process is just writing, which only a caller
// without the lock can meet.
func recall(lockPath string) (memory, error) {
	f, err := open(lockPath, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return memory{}, nil
	}
	var text []byte
	if err == nil {
		defer f.Close()
		text, err = io.ReadAll(io.NewSectionReader(f, memoryStart, maxSize))
	}
	if err != nil {
		return damaged, fmt.Errorf("filestore: the lock file %s can't be read: %w; check the disk", lockPath, err)
	}
	var m memory
	if len(text) == 0 {
		return m, nil
	}
	err = json.Unmarshal(text, &m)
	check := m.Check
	if m.Check = 0; err != nil || check != crc32.ChecksumIEEE(m.text()) {
		return damaged, nil // whatever is wrong with it
	}
	return m, nil
}

// ledger is the document and what is remembered of it.
type ledger struct {
	locks
	recent *recent
}

// recent is the newest document that this process has seen.
type recent struct {
	mu sync.Mutex
	sighting
}

// present runs f with the document as of now: under the lock, or without it (nil)
// where nobody has ever switched, or this process may only read. The caller has
// the turn.
func (s *ledger) present(ctx context.Context, f func(*lock, maintenance.State) error) error {
	if last := s.newest(); s.untouched() && !last.derived() {
		if d, err := s.readReturned(ctx, last.Sum); err != nil {
			return err
		} else if d.sum == "" {
			return f(nil, maintenance.State{})
		}
	}
	as := func(l *lock) error {
		state, _, err := s.recognise(ctx, l)
		if err != nil {
			return err
		}
		return f(l, state)
	}
	err := s.locked(ctx, as)
	if unwritable(err) {
		return as(nil)
	}
	return err
}

// recognise returns the document as of now and what is remembered of it. It gives a
// change that nobody has noticed yet its revision and its ID: with the lock for all
// processes, without it for this one alone. If file and memory are both gone, it
// returns the zero State, and Modes that know the document write it back.
func (s *ledger) recognise(ctx context.Context, l *lock) (maintenance.State, note, error) {
	last := s.newest()
	m, err := recall(s.lockPath())
	if err != nil && l != nil {
		return maintenance.State{}, note{}, err
	}
	before := m.Known.Sum
	if m == (memory{}) {
		before = last.Sum
	}
	d, err := s.readReturned(ctx, before)
	if err != nil {
		return maintenance.State{}, note{}, err
	}
	if l == nil && d.sum == "" {
		m, _ = recall(s.lockPath()) // all may have been deleted meanwhile
	}
	switch {
	case d.sum == m.Known.Sum && (m != (memory{}) || !last.derived()):
		return s.saw(d, m.Known, true), m.Known, nil
	case l == nil && d.sum == last.Sum && last.derived():
		return s.saw(d, last.note, false), last.note, nil
	case l != nil && !l.present():
		return maintenance.State{}, note{}, fmt.Errorf("filestore: the lock file %s was deleted: %w", s.lockPath(), fs.ErrNotExist)
	case d.sum != "" && d.sum == m.Next.Sum:
		m = memory{Known: m.Next} // a save that ended right after the file was there
	default:
		known := max(m.Known.Revision, sane(d.state.Revision), last.Revision)
		m = memory{Known: note{known + 1, rand.Text(), d.sum}}
	}
	if l != nil {
		err := l.remember(m)
		if err == nil {
			err = l.file.Sync()
		}
		if err != nil {
			return maintenance.State{}, note{}, s.forgetful(err)
		}
	}
	return s.saw(d, m.Known, l != nil), m.Known, nil
}

func (s *ledger) forgetful(cause error) error {
	return fmt.Errorf("filestore: the lock file %s can't be written: %w; make room on the disk", s.lockPath(), cause)
}

// gone is how long a file must stay away before it counts as deleted. Many editors
// move a file aside before they write it anew; if that counted as Off, the service
// would open for a moment.
const gone = 250 * time.Millisecond

// readReturned reads the file. If it is missing and was there before, it waits for
// it to come back. before is the sum that the file had.
func (s *ledger) readReturned(ctx context.Context, before string) (document, error) {
	d, err := read(s.path)
	for wait := gone; err == nil && d.sum == "" && before != "" && wait > 0; wait -= gone / 10 {
		if err := pause(ctx, gone/10); err != nil {
			return document{}, err
		}
		d, err = read(s.path)
	}
	return d, err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// sane returns a revision that stands in a file, or 0 where nobody can have
// counted that far: above 2^53 many JSON tools lose the last digit.
func sane(revision uint64) uint64 {
	if revision > 1<<53 {
		return 0
	}
	return revision
}

// sighting is what this process knows of the newest document it has seen.
type sighting struct {
	note
	remembered bool // in the lock file, by a process that may write
}

// derived tells whether nobody has remembered the document, as this process may only
// read. Then a deleted file means off although there is no memory.
func (s sighting) derived() bool { return s.Revision > 0 && !s.remembered }

// saw joins the file's content with its revision and ID, and keeps them as the
// newest known.
func (s *ledger) saw(d document, n note, remembered bool) maintenance.State {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	if n.Revision >= s.recent.Revision {
		s.recent.sighting = sighting{n, remembered}
	}
	d.state.Revision, d.state.ID = n.Revision, n.ID
	return d.state
}

func (s *ledger) newest() sighting {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	return s.recent.sighting
}
