package filestore

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// What Windows answers where a medium is write-protected, and where another
// process has the file open.
const (
	errorWriteProtect     syscall.Errno = 19
	errorSharingViolation syscall.Errno = 32
)

const nonblock = 0

// keepOwner does nothing: a new file inherits its rights from the folder.
func keepOwner(string, fs.FileInfo) {}

// syncFolder does nothing: Windows has no such call, NTFS keeps a journal.
func syncFolder(string) error { return nil }

// rename tries again for a while: a file that somebody is just reading can't be
// replaced.
func rename(from, to string) error {
	const patience, pause = time.Second, 5 * time.Millisecond
	for begun := time.Now(); ; time.Sleep(pause) {
		err := os.Rename(from, to)
		busy := errors.Is(err, syscall.ERROR_ACCESS_DENIED) || errors.Is(err, errorSharingViolation)
		if !busy || time.Since(begun) > patience {
			return err
		}
	}
}

func writeProtected(err error) bool { return errors.Is(err, errorWriteProtect) }

func writable(string) bool { return true }

func host(string) string {
	name, _ := os.Hostname()
	return name
}
