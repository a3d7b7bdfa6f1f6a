//go:build linux || darwin || freebsd || netbsd || dragonfly

package cli

import (
	"os"
	"syscall"
	"unsafe"
)

// typed tells whether a signal most likely came from the keyboard: then it
// went to every process in the foreground of the terminal, a command that run
// runs among them, and passed on it would arrive twice. Many programs take a
// second interrupt for the wish to end at once.
func typed(sig os.Signal) bool {
	if sig != os.Interrupt {
		return false
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY, 0)
	if err != nil {
		return false // there is none
	}
	defer tty.Close()
	raw, err := tty.SyscallConn()
	if err != nil {
		return false
	}
	var group int32
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCGPGRP, uintptr(unsafe.Pointer(&group)))
	})
	return err == nil && errno == 0 && int(group) == syscall.Getpgrp()
}
