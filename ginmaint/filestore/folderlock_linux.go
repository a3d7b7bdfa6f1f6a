package filestore

import (
	"slices"
	"syscall"
)

// Numbers of fcntl(2).
const (
	getOFDLock = 36
	setOFDLock = 37
)

// localTypes are the file systems that one kernel alone has mounted, so that all
// processes that reach a file share its locks; the numbers are those of statfs(2).
var localTypes = []uint32{
	0xef53,     // ext2, ext3, ext4
	0x58465342, // XFS
	0x9123683e, // Btrfs
	0xf2f52010, // F2FS
	0xca451a4e, // bcachefs
	0x2fc12fc1, // ZFS
	0x01021994, // tmpfs
	0x858458f6, // ramfs
	0x794c7630, // overlayfs
	0x73717368, // SquashFS
	0xe0f5e1e2, // EROFS
}

func local(folder string) bool {
	var fs syscall.Statfs_t
	return syscall.Statfs(folder, &fs) == nil && slices.Contains(localTypes, uint32(fs.Type))
}
