package filestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
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

// memory is what the lock file keeps, so that a change made by hand is noticed
// by its content and not by what happens to stand in it.
type memory struct {
	Known note `json:"known"`
	Next  note `json:"next,omitzero"` // what a save was about to put in its place
}

// damaged is what a memory becomes that can't be read. No content has its sum,
// so whatever the file holds is a new document.
var damaged = memory{Known: note{Sum: "damaged"}}

func recall(f *os.File) (memory, error) {
	var m memory
	switch err := readRecord(f, &m); {
	case errors.Is(err, io.EOF):
		return memory{}, nil
	case errors.Is(err, errTorn):
		return damaged, nil
	case err != nil:
		return memory{}, fmt.Errorf("filestore: the lock file %s can't be read: %w; check the disk", f.Name(), err)
	}
	return m, nil
}

// peek reads the memory without the lock. Where it can't, or meets a write, it
// returns one that matches nothing, and the caller asks again under the lock.
func peek(lockPath string) memory {
	f, err := os.Open(lockPath)
	if errors.Is(err, os.ErrNotExist) {
		return memory{}
	}
	if err != nil {
		return damaged
	}
	defer f.Close()
	m, err := recall(f)
	if err != nil {
		return damaged
	}
	return m
}

// gone is how long a file must stay away before it counts as deleted. Many
// editors move a file aside before they write it anew; to take that moment for
// Off would open the service.
const gone = 250 * time.Millisecond

// settle returns the document as of now and what the memory says of it. A
// change that nobody has noticed yet is given its revision and its ID here,
// once for all processes. The caller holds the lock.
func (s *Store) settle(ctx context.Context, l *lock) (maintenance.State, note, error) {
	m, err := recall(l.file)
	if err != nil {
		return maintenance.State{}, note{}, err
	}
	d, err := s.readSettled(ctx, m.Known.Sum)
	if err != nil {
		return maintenance.State{}, note{}, err
	}
	if err := s.lost(d, m); err != nil {
		return maintenance.State{}, note{}, err
	}
	switch {
	case d.sum == m.Known.Sum && !s.forgot(m):
		return s.saw(d, m.Known, true), m.Known, nil
	case d.sum != "" && d.sum == m.Next.Sum:
		m = memory{Known: m.Next} // a save that ended right after the file was there
	default:
		known := max(m.Known.Revision, sane(d.state.Revision), s.newest().Revision)
		m = memory{Known: note{known + 1, rand.Text(), d.sum}}
	}
	if err := remember(l, m); err != nil {
		return maintenance.State{}, note{}, err
	}
	if err := l.file.Sync(); err != nil {
		return maintenance.State{}, note{}, notRemembered(l, err)
	}
	return s.saw(d, m.Known, true), m.Known, nil
}

// readSettled reads the file, and waits for one to come back that was there
// until now.
func (s *Store) readSettled(ctx context.Context, before string) (document, error) {
	d, err := read(s.path)
	for wait := gone; err == nil && d.sum == "" && before != "" && wait > 0; wait -= gone / 10 {
		select {
		case <-ctx.Done():
			return document{}, ctx.Err()
		case <-time.After(gone / 10):
		}
		d, err = read(s.path)
	}
	return d, err
}

// sane returns a revision that stands in a file, or 0 where nobody can have
// counted that far: above 2^53 many JSON tools lose the last digit.
func sane(revision uint64) uint64 {
	if revision > 1<<53 {
		return 0
	}
	return revision
}

func remember(l *lock, m memory) error {
	if err := writeRecord(l.file, m); err != nil {
		return notRemembered(l, err)
	}
	return nil
}

func notRemembered(l *lock, cause error) error {
	return fmt.Errorf("filestore: the lock file %s can't be written: %w; make room on the disk", l.file.Name(), cause)
}
