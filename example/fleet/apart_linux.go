package main

import (
	"os/exec"
	"syscall"
)

// apart keeps Ctrl+C from a process: a terminal sends it to the whole group, and Redis
// would end before the shops have said goodbye to it. The kernel ends the process with the
// thread that has started it, where ours is killed.
func apart(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
