//go:build !linux

package proc

import (
	"os"
	"os/exec"
)

// endWithParent does nothing: there is no way.
func endWithParent(*exec.Cmd) {}

// killAll kills the process alone: those that it started end by themselves, with their
// connection to it.
func killAll(process *os.Process) { _ = process.Kill() }
