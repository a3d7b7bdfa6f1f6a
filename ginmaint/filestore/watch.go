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

// draft is how long a write into the file itself waits before it is told: an
// editor that truncates and then writes is nearly always done by then. A file
// that takes another's place is told after burst.
const draft = 20 * time.Millisecond

// Watch implements maintenance.Store. It listens to the folder of the file, not
// to the file, so it also follows editors and volumes that exchange it; where
// links lead to it, it listens to their folders, too. No call carries a
// document. It returns an error where the folder does not exist, or is removed
// or renamed.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return follow(ctx, s.scope, func() { changed(maintenance.State{}) })
}

// scope listens for each name that leads to the file at present.
func (s *Store) scope() (scope, error) {
	target, names, err := route(s.path)
	if err != nil {
		return scope{}, err
	}
	w := scope{home: filepath.Dir(target)}
	if _, err := os.Stat(w.home); err != nil {
		return scope{}, noFolder(w.home, err)
	}
	for _, name := range names {
		w.add(filepath.Dir(name))
	}
	w.delay = func(e fsnotify.Event) (time.Duration, bool) {
		switch {
		case !contains(names, e.Name), e.Op == fsnotify.Chmod:
			return 0, false
		case e.Op.Has(fsnotify.Write):
			return draft, true
		}
		return burst, true
	}
	return w, nil
}

// contains compares without regard to case, as some systems do; at worst that
// makes a load too many.
func contains(names []string, name string) bool {
	name = filepath.Clean(name)
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
