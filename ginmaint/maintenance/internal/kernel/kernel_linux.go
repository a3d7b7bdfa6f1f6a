package kernel

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

func self() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil || !ownProc() {
		return ""
	}
	pids, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	times, err := os.Readlink("/proc/self/ns/time") // by which starts are told, since Linux 5.6
	if errors.Is(err, fs.ErrNotExist) {
		times, err = "-", nil
	}
	start, unread := started(os.Getpid())
	if err != nil || unread != nil {
		return ""
	}
	return name(strings.TrimSpace(string(boot)), pids, times, os.Getpid(), start)
}

// ownProc tells whether /proc shows the process IDs that this process uses: that of
// another namespace shows one ID for each namespace on the way to ours.
func ownProc() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(status), "\nNSpid:")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line) == fmt.Sprint(os.Getpid())
}

// ended asks by kill(2), since /proc may hide the processes of other users.
func ended(pid int, start string) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	now, err := started(pid)
	return err == nil && now != start
}

// started returns when a process started, in clock ticks since the boot: field 22 of
// proc_pid_stat(5), counted behind the command's name, which may hold anything.
func started(pid int) (string, error) {
	path := fmt.Sprintf("/proc/%d/stat", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	const start = 22 - 3 // of those from the third on
	if len(fields) <= start {
		return "", fmt.Errorf("kernel: %s has %d fields behind the name", path, len(fields))
	}
	return fields[start], nil
}
