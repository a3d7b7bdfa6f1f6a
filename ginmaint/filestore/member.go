package filestore

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/gofrs/flock"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// member is a replica of this process. Either its presence shows that it lives, or
// the lock on a file beside its entry does.
type member struct {
	told     maintenance.Replica // what Join or Renew was last called with
	joined   string              // the incarnation that Join returned
	listed   string              // the one that its entry was written under; empty before that
	presence *presence           // nil where the lock file is used
	lock     *flock.Flock
	locked   fs.FileInfo
}

// appear makes the presence, or makes it anew where the folder was exchanged.
func (m *member) appear(in *entries, id string) {
	stale := m.presence
	if stale != nil && stale.stands() {
		return
	}
	if m.presence = in.appear(id); stale != nil {
		stale.folder.Close()
	}
}

// lockEntry makes and locks the lock file of a member that has no presence.
func (m *member) lockEntry(in *entries, id string) error {
	path := in.inRoster(id, lockSuffix)
	there, err := os.Stat(path)
	if m.presence != nil || err == nil && os.SameFile(there, m.locked) {
		return nil
	}
	if err := in.write(path, "", true); err != nil {
		return err
	}
	held := newLock(path)
	if locked, err := held.TryLock(); err != nil {
		return in.fault(err)
	} else if !locked {
		return in.fault(fmt.Errorf("another process holds %s", path))
	}
	if m.lock != nil {
		_ = m.lock.Unlock() // on a file that was deleted
	}
	m.lock = held
	m.locked, err = os.Stat(path)
	return in.fault(err)
}

// entry returns what others read of the member.
func (m *member) entry(in *entries, r maintenance.Replica) entry {
	if m.presence != nil {
		return entry{Replica: r}
	}
	return entry{Replica: r, Host: in.host(in.folder())}
}

func (m *member) release() {
	if m.presence != nil {
		m.presence.folder.Close()
	}
	if m.lock != nil {
		_ = m.lock.Unlock()
	}
}
