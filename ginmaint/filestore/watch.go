package filestore

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Watch implements maintenance.Store. It listens to the folder of the file, not
// to the file, so it also follows editors and volumes that exchange it, and to
// the folder that links lead to. A link elsewhere on the way is checked every
// second. No call carries a document. It returns an error where the
// folder does not exist, or is removed or renamed.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return s.hearings.listen(ctx, s.path, s.scope, func() { changed(maintenance.State{}) })
}

// WatchReplicas implements maintenance.Roster. It makes the roster's folder if there
// is none. It calls changed for a killed process only once a call of Replicas, in
// whatever process, has found that it has ended.
func (s *Store) WatchReplicas(ctx context.Context, changed func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.entries.makeRoster(); err != nil {
		return err
	}
	return s.hearings.listen(ctx, s.roster(), s.rosterScope, changed)
}

// scope listens for the file, for links beside it, and for the roster: once that
// exists, the replicas of this process should write their entries.
func (s *Store) scope() (scope, error) {
	file, err := target(s.path)
	if err != nil {
		return scope{}, err
	}
	return scope{filepath.Dir(file), s.folder(), func(e fsnotify.Event) (time.Duration, bool) {
		linked := file != s.path && !e.Op.Has(fsnotify.Write) && is(filepath.Dir(e.Name), s.folder())
		switch {
		case e.Op == fsnotify.Chmod:
			return 0, false
		case is(e.Name, file, s.path) && e.Op.Has(fsnotify.Write):
			return draft, true
		}
		return burst, is(e.Name, file, s.path) || linked || is(e.Name, s.roster()) && e.Op.Has(fsnotify.Create)
	}}, nil
}

// rosterScope listens for ring, and for entries that are removed without it.
func (s *Store) rosterScope() (scope, error) {
	if _, err := os.Stat(s.roster()); err != nil {
		return scope{}, noFolder(s.roster(), err)
	}
	return scope{s.roster(), s.roster(), func(e fsnotify.Event) (time.Duration, bool) {
		goes := e.Op.Has(fsnotify.Remove) || e.Op.Has(fsnotify.Rename)
		return burst, is(e.Name, s.incarnationPath()) && e.Op != fsnotify.Chmod || goes && strings.HasSuffix(e.Name, entrySuffix)
	}}, nil
}
