//go:build unix

package sqlstore

import (
	"fmt"
	"io/fs"
	"syscall"
)

// fileNumber returns the number of a file in its file system. The number of the file
// system is left out: some get another one with each restart of the host.
func fileNumber(file fs.FileInfo) string {
	if system, ok := file.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("file %d", system.Ino)
	}
	return "file"
}
