package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// unwritable tells whether err means that this process may not write there, and
// so never will: a file system mounted read-only, or permissions.
func unwritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || writeProtected(err)
}

// derive gives the document a revision and an ID where nothing can be
// remembered. The revision is the one in the file, or 1; with every change that
// this process sees it grows, whatever the file says. The ID follows from
// content and revision: the same for every process that has just started, and
// never the same again within one. The caller has the turn.
func (s *Store) derive(ctx context.Context) (maintenance.State, error) {
	last, m := s.newest(), peek(s.lockPath())
	before := last.Sum
	if last.Revision == 0 {
		before = m.Known.Sum
	}
	d, err := s.readSettled(ctx, before)
	if err != nil {
		return maintenance.State{}, err
	}
	if err := s.lost(d, m); err != nil {
		return maintenance.State{}, err
	}
	known := max(last.Revision, m.Known.Revision)
	switch {
	case d.sum == m.Known.Sum && !s.forgot(m):
		return s.saw(d, m.Known, true), nil
	case d.sum == last.Sum && known == last.Revision:
		return s.saw(d, last.note, false), nil
	}
	n := note{Revision: max(known+1, sane(d.state.Revision)), Sum: d.sum}
	hash := sha256.Sum256(fmt.Appendf(nil, "%d %s", n.Revision, n.Sum))
	n.ID = base32.StdEncoding.EncodeToString(hash[:])[:26]
	return s.saw(d, n, false), nil
}
