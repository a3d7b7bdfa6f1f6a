//go:build unix && !linux

package main

import (
	"os/exec"
	"syscall"
)

// apart keeps Ctrl+C from a process: a terminal sends it to the whole group, and Redis
// would end before the shops have said goodbye to it.
func apart(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
