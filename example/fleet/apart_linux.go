package main

import (
	"os/exec"
	"syscall"
)

// apart keeps Ctrl+C from a process: a terminal sends it to the whole group, and Redis
// would end before the shops have said goodbye to it. Where ours is killed, the kernel ends
// it: when the thread that started it ends, and Go keeps its threads.
func apart(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
