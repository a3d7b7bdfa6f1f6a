package filestore

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// burst is how long changes are gathered before they are told, so that many
	// at once make one call.
	burst = 500 * time.Microsecond

	// draft is how long a write into the file itself waits before it is told: an
	// editor that truncates and then writes is nearly always done by then.
	draft = 20 * time.Millisecond
)

// detour is how often a watch checks whether a link leads elsewhere.
var detour = time.Second

// hearings are the watches of one process on one path.
type hearings struct {
	mu sync.Mutex
	by map[string]*hearing // by what they listen to
}

// hearing is a watch that all listeners in this process share: the system provides
// few of them.
type hearing struct {
	ears   map[chan struct{}]bool
	begun  bool
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // once it has ended
}

// listen calls tell once the hearing of this name listens, and then whenever it
// hears something. With its first listener the hearing begins, with its last it
// ends.
func (s *hearings) listen(ctx context.Context, name string, locate func() (scope, error), tell func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	h := s.by[name]
	if h == nil {
		running, cancel := context.WithCancel(context.Background())
		h = &hearing{ears: make(map[chan struct{}]bool), cancel: cancel, ended: make(chan struct{})}
		s.by[name] = h
		go func() {
			defer close(h.ended)
			h.err = follow(running, locate, func() { s.heard(h) })
			s.mu.Lock()
			defer s.mu.Unlock()
			s.drop(name, h)
		}()
	}
	ear := make(chan struct{}, 1)
	h.ears[ear] = true
	if h.begun {
		ear <- struct{}{}
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(h.ears, ear)
		last := len(h.ears) == 0
		if last {
			s.drop(name, h)
		}
		s.mu.Unlock()
		if last {
			h.cancel()
			<-h.ended
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.ended:
			return h.err
		case <-ear:
			tell()
		}
	}
}

func (s *hearings) heard(h *hearing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.begun = true
	for ear := range h.ears {
		select {
		case ear <- struct{}{}:
		default: // it is about to be told
		}
	}
}

// drop lets nobody else join a hearing. The caller holds mu.
func (s *hearings) drop(name string, h *hearing) {
	if s.by[name] == h {
		delete(s.by, name)
	}
}

// scope is what a watch listens to at present.
type scope struct {
	home   string // the folder that has to be there
	beside string // one that leads there, or the same
	delay  func(fsnotify.Event) (wait time.Duration, concerns bool)
}

// is ignores case, as some systems do; at worst that causes a load too many.
func is(name string, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, filepath.Clean(name)) })
}

// follow calls tell once it listens, and then after changes. Each change may
// move the scope. It returns the context's error, or one that says why it can't
// listen any longer.
func follow(ctx context.Context, locate func() (scope, error), tell func()) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("filestore: the system provides no file watch: %w; raise its limit (fs.inotify.max_user_instances on Linux)", err)
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

// aim makes watcher listen to where the file is now. It looks again afterwards, and
// so finds what moved meanwhile.
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
			_ = watcher.Remove(now.home) // usually gone already
		}
		now = next
	}
	return now, fmt.Errorf("filestore: the links to %s change faster than they can be followed; watch again", now.beside)
}
