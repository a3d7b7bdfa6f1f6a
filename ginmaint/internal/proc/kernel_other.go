//go:build !linux

package proc

import (
	"os"
	"os/exec"
)

// endWithParent does nothing: there is no way.
func endWithParent(*exec.Cmd) {}

// startedBy returns none: they end by themselves, with their connection to the one
// that started them.
func startedBy(int) []*os.Process { return nil }
