package filestore

import "syscall"

// Numbers of fcntl(2).
const (
	getOFDLock = 92
	setOFDLock = 90
)

// local asks for MNT_LOCAL, see statfs(2).
func local(folder string) bool {
	const mntLocal = 0x1000
	var fs syscall.Statfs_t
	return syscall.Statfs(folder, &fs) == nil && fs.Flags&mntLocal != 0
}
