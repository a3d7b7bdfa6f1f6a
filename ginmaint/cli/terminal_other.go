//go:build !windows

package cli

import "os"

// obeys tells whether a terminal knows escape sequences, as all do here.
func obeys(*os.File) bool { return true }
