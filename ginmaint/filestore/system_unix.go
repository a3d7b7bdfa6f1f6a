//go:build unix

package filestore

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives the file the owner that like has, or at least its group.
// Only root may give files away, so failure is the usual case and no fault.
func keepOwner(path string, like fs.FileInfo) {
	owner, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	if os.Lchown(path, int(owner.Uid), int(owner.Gid)) != nil {
		_ = os.Lchown(path, -1, int(owner.Gid))
	}
}

// syncFolder makes the names in a folder durable. File systems that have no
// such thing answer that the call is not valid.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

func rename(from, to string) error { return os.Rename(from, to) }

func writeProtected(error) bool { return false }
