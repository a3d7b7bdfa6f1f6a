package kernel

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Self names this process; it is empty where the system does not tell enough.
var Self = sync.OnceValue(self)

// Ended tells whether the process with that name has ended, and false where the kernel
// can't say that to the process called own. It is a variable for the simulation, whose
// processes no kernel knows.
var Ended = func(own, name string) bool {
	_, pid, start, err := parse(name)
	return err == nil && Neighbours(own, name) && ended(pid, start)
}

// Neighbours tells whether these are names of two processes of one machine.
func Neighbours(one, other string) bool {
	here, _, _, err := parse(one)
	there, _, _, wrong := parse(other)
	return err == nil && wrong == nil && here == there && one != other
}

// name puts a process into one line: on whose kernel, the process ID, the start.
func name(boot, pids, times string, pid int, start string) string {
	return fmt.Sprintf("%s %s %s %d %s", boot, pids, times, pid, start)
}

func parse(name string) (machine string, pid int, start string, err error) {
	parts := strings.Split(name, " ")
	if len(parts) != 5 {
		return "", 0, "", fmt.Errorf("kernel: %q names no process", name)
	}
	if pid, err = strconv.Atoi(parts[3]); err == nil && pid <= 0 {
		err = fmt.Errorf("kernel: %d is no process ID", pid) // but all of a group
	}
	return strings.Join(parts[:3], " "), pid, parts[4], err
}
