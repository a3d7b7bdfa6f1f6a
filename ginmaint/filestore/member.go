package filestore

import (
	"io/fs"

	"github.com/gofrs/flock"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// member is a replica of this process.
type member struct {
	entry    maintenance.Replica // as it told last
	joined   string              // the incarnation that Join returned
	listed   string              // the one that its entry was written under; empty before that
	presence *presence           // shows that it lives; nil: the lock on its lock file does
	lock     *flock.Flock
	locked   fs.FileInfo
}

func (m *member) release() {
	if m.presence != nil {
		m.presence.folder.Close()
	}
	if m.lock != nil {
		_ = m.lock.Unlock()
	}
}
