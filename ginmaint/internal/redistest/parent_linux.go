package redistest

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel kill the server where the tests end without their
// cleanups: on a timeout, or by a signal.
func endWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
