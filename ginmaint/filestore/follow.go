package filestore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// burst is how long changes are gathered before they are told, so that many at
// once make one call.
const burst = 500 * time.Microsecond

// scope is what a watch listens to at present.
type scope struct {
	home    string   // the folder that has to be there
	folders []string // all of them; those beside home only lead there
	delay   func(fsnotify.Event) (wait time.Duration, concerns bool)
}

func (w *scope) add(folder string) {
	if !slices.Contains(w.folders, folder) {
		w.folders = append(w.folders, folder)
	}
}

// follow calls tell once it listens, and then after changes. Each change may
// move the scope. It returns the context's error, or says why it does not hear
// any more.
func follow(ctx context.Context, locate func() (scope, error), tell func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
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
	var due <-chan time.Time // of the earliest change not yet told
	var at time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-watcher.Errors:
			return deaf(err)
		case <-due:
			due = nil
			if now, err = aim(watcher, now, locate); err != nil {
				return err
			}
			tell()
		case e, ok := <-watcher.Events:
			if !ok {
				return deaf(errors.New("the watch was closed"))
			}
			if now, err = survive(watcher, now, e, locate); err != nil {
				return err
			}
			wait, concerns := now.delay(e)
			if then := time.Now().Add(wait); concerns && (due == nil || then.Before(at)) {
				due, at = time.After(wait), then
			}
		}
	}
}

func deaf(cause error) error {
	return fmt.Errorf("filestore: changes of the files can't be heard any more: %w; watch again", cause)
}

// survive looks whether e took away a folder that is listened to. One that was
// only on the way may go: the scope has moved on.
func survive(watcher *fsnotify.Watcher, now scope, e fsnotify.Event, locate func() (scope, error)) (scope, error) {
	if !e.Op.Has(fsnotify.Remove) && !e.Op.Has(fsnotify.Rename) || !contains(now.folders, e.Name) {
		return now, nil
	}
	now, err := aim(watcher, now, locate)
	if err == nil && contains(now.folders, e.Name) {
		err = fmt.Errorf("filestore: the folder %s was removed or renamed; watch again once it is there", e.Name)
	}
	return now, err
}

// aim brings what watcher listens to in line with where the files are. What
// moved while it did so is found by looking twice.
func aim(watcher *fsnotify.Watcher, now scope, locate func() (scope, error)) (scope, error) {
	for range maxLinks {
		next, err := locate()
		if err != nil {
			return now, err
		}
		if now.delay != nil && now.home == next.home && slices.Equal(now.folders, next.folders) {
			return next, nil
		}
		for _, folder := range next.folders {
			if slices.Contains(now.folders, folder) {
				continue
			}
			// A folder on the way that may not be listened to costs speed alone.
			if err := watcher.Add(folder); err != nil && folder == next.home {
				return now, fmt.Errorf("filestore: the folder %s can't be watched: %w; let this process read it, or raise the system's limit", folder, err)
			}
		}
		for _, folder := range now.folders {
			if !slices.Contains(next.folders, folder) {
				_ = watcher.Remove(folder) // gone already, as a rule
			}
		}
		now = next
	}
	return now, errors.New("filestore: the links to the file change faster than they can be followed; watch again")
}
