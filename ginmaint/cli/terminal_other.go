//go:build !linux && !darwin && !freebsd && !netbsd && !dragonfly && !windows

package cli

import "os"

// obeys tells whether a terminal knows escape sequences, as all do here.
func obeys(*os.File) bool { return true }

// typed tells whether a signal came from the keyboard, and so went to the
// command as well. Here it can't be told: better twice than not at all.
func typed(os.Signal) bool { return false }
