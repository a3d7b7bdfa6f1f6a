//go:build !unix

package sqlstore

import "io/fs"

// fileNumber returns the same for all files: where SQLite has a file open, such a system
// lets nobody move, delete or replace it.
func fileNumber(fs.FileInfo) string { return "file" }
