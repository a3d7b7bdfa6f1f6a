//go:build unix

package filestore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// nonblock keeps open(2) from waiting for the other end of a named pipe.
const nonblock = syscall.O_NONBLOCK

// keepOwner gives the file the owner that like has, or at least its group.
// Only root may give files away, so failure is the usual case and no fault.
func keepOwner(path string, like fs.FileInfo) {
	owner, ok := like.Sys().(*syscall.Stat_t)
	if ok && os.Lchown(path, int(owner.Uid), int(owner.Gid)) != nil {
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

func writable(folder string) bool {
	const write = 2
	return syscall.Access(folder, write) == nil
}

// host names the processes that see the same locks in the folder as this one: those
// under the same start of the same kernel, with the same mount. Containers on one
// kernel share both, whatever their names and process numbers. If the system does
// not tell, it is the name of the host.
func host(folder string) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	info, missing := os.Stat(folder)
	if err != nil || missing != nil {
		name, _ := os.Hostname()
		return name
	}
	return fmt.Sprintf("%s/%d", strings.TrimSpace(string(boot)), info.Sys().(*syscall.Stat_t).Dev)
}
