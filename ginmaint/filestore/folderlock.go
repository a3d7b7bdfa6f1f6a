//go:build linux || darwin

package filestore

import (
	"os"
	"syscall"
)

// The locks belong to the open file (F_OFD_SETLK), not to the process: no other
// part of the program loses them by closing the folder.

// lockByte locks a byte of the folder, shared.
func lockByte(folder *os.File, at int64) error {
	return syscall.FcntlFlock(folder.Fd(), setOFDLock, &syscall.Flock_t{Type: syscall.F_RDLCK, Start: at, Len: 1})
}

// lockedBytes tells whether somebody has locked one of the bytes.
func lockedBytes(folder *os.File, from, until int64) (bool, error) {
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: from, Len: until - from}
	err := syscall.FcntlFlock(folder.Fd(), getOFDLock, &lock)
	return lock.Type != syscall.F_UNLCK, err
}
