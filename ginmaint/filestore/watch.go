package filestore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

const (
	// burst is how long changes are gathered before they are told, so that many
	// at once make one call.
	burst = 500 * time.Microsecond

	// draft is how long a write into the file itself waits before it is told: an
	// editor that truncates and then writes is nearly always done by then.
	draft = 20 * time.Millisecond
)

// detour is how often a watch looks whether a link leads elsewhere.
var detour = time.Second

// Watch implements maintenance.Store. It listens to the folder of the file, not
// to the file, so it also follows editors and volumes that exchange it, and to
// the folder that links lead to. A link that lies elsewhere on the way is looked
// at every second. No call carries a document. It returns an error where the
// folder does not exist, or is removed or renamed.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return s.hearings.listen(ctx, s.path, func(ctx context.Context, tell func()) error {
		return follow(ctx, s.scope, tell)
	}, func() { changed(maintenance.State{}) })
}

// WatchReplicas implements maintenance.Roster. It makes the roster's folder
// where there is none. Of a process that was killed it tells once Replicas, in
// whatever process, has found that it has ended.
func (s *Store) WatchReplicas(ctx context.Context, changed func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.entries.makeRoster(); err != nil {
		return err
	}
	return s.hearings.listen(ctx, s.roster(), func(ctx context.Context, tell func()) error {
		return follow(ctx, s.rosterScope, tell)
	}, changed)
}

// scope is what a watch listens to at present.
type scope struct {
	home   string // the folder that has to be there
	beside string // one that leads there, or the same
	delay  func(fsnotify.Event) (wait time.Duration, concerns bool)
}

// scope listens for the file, for links beside it, and for the roster: once that
// is made, this process should write its entry.
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

// rosterScope listens for what ring does, and for entries that go without it.
func (s *Store) rosterScope() (scope, error) {
	if _, err := os.Stat(s.roster()); err != nil {
		return scope{}, noFolder(s.roster(), err)
	}
	return scope{s.roster(), s.roster(), func(e fsnotify.Event) (time.Duration, bool) {
		goes := e.Op.Has(fsnotify.Remove) || e.Op.Has(fsnotify.Rename)
		return burst, is(e.Name, s.incarnationPath()) && e.Op != fsnotify.Chmod || goes && strings.HasSuffix(e.Name, entrySuffix)
	}}, nil
}

// is compares without regard to case, as some systems do; at worst that makes a
// load too many.
func is(name string, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, filepath.Clean(name)) })
}

// follow calls tell once it listens, and then after changes. Each change may
// move the scope. It returns the context's error, or says why it does not hear
// any more.
func follow(ctx context.Context, locate func() (scope, error), tell func()) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("filestore: the system lends no file watch: %w; raise its limit (fs.inotify.max_user_instances on Linux)", err)
	}
	defer watcher.Close()
	now, err := aim(watcher, scope{}, locate)
	if err != nil {
		return err
	}
	tell()
	look := time.NewTicker(detour)
	defer look.Stop()
	var due <-chan time.Time // of the earliest change not yet told
	var at time.Time
	for {
		wait, concerns := burst, false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-watcher.Errors:
			return fmt.Errorf("filestore: changes of the files can't be heard any more: %w; watch again", err)
		case <-due:
			due = nil
			if now, err = aim(watcher, now, locate); err != nil {
				return err
			}
			tell()
		case <-look.C:
			next, err := locate()
			if err != nil {
				return err
			}
			concerns = next.home != now.home
		case e := <-watcher.Events:
			if is(e.Name, now.home) && (e.Op.Has(fsnotify.Remove) || e.Op.Has(fsnotify.Rename)) {
				if next, err := locate(); err != nil || next.home == now.home {
					return fmt.Errorf("filestore: the folder %s was removed or renamed; watch again once it is there", now.home)
				}
			}
			wait, concerns = now.delay(e)
		}
		if then := time.Now().Add(wait); concerns && (due == nil || then.Before(at)) {
			due, at = time.After(wait), then
		}
	}
}

// aim brings what watcher listens to in line with where the file is. What moved
// while it did so is found by looking twice.
func aim(watcher *fsnotify.Watcher, now scope, locate func() (scope, error)) (scope, error) {
	for range maxLinks {
		next, err := locate()
		if err != nil || next.home == now.home {
			return next, err
		}
		for _, folder := range []string{next.home, next.beside} {
			if err := watcher.Add(folder); err != nil {
				return now, fmt.Errorf("filestore: the folder %s can't be watched: %w; let this process read it, or raise the system's limit", folder, err)
			}
		}
		if now.home != now.beside {
			_ = watcher.Remove(now.home) // gone already, as a rule
		}
		now = next
	}
	return now, fmt.Errorf("filestore: the links to %s change faster than they can be followed; watch again", now.beside)
}
