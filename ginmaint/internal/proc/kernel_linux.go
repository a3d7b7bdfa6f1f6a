package proc

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// endWithParent has the kernel kill the child when the thread that starts it ends,
// and so when the tests end without their cleanups: on a timeout, or by a signal.
func endWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}

// killAll kills the process and those that it started, and those that they did. Each is
// halted first, so that it starts no other while they are listed: one that is missed has
// another parent afterwards. A signal to its group would not do: PostgreSQL puts each of
// its processes into a session of its own.
func killAll(process *os.Process) {
	if process.Signal(syscall.SIGSTOP) == nil {
		// A process that is in a call of the kernel halts at its end. Where it doesn't in
		// time it is killed as it runs.
		_ = Until(context.Background(), "the process to halt", func() bool {
			state, _ := look(process.Pid)
			return state != "R" && state != "S" && state != "D"
		})
	}
	for _, child := range startedBy(process.Pid) {
		killAll(child)
	}
	_ = process.Kill()
}

// startedBy returns the processes whose parent this is.
func startedBy(parent int) []*os.Process {
	var found []*os.Process
	paths, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well-formed
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		if _, ppid := look(pid); ppid != parent {
			continue
		}
		if process, err := os.FindProcess(pid); err == nil {
			found = append(found, process)
		}
	}
	return found
}

// look returns the letter of a process's state and its parent, or nothing where it has
// ended.
func look(pid int) (state string, parent int) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return "", 0
	}
	// pid (name) state parent …, and the name may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 2 {
		return "", 0
	}
	parent, _ = strconv.Atoi(fields[1]) // 0 is nobody's parent here
	return fields[0], parent
}
