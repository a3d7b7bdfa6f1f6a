package toxitest

import (
	"os/exec"
	"runtime"
)

// begin starts the command, and returns a channel that is closed when it has ended. It
// stays on a thread of its own until then: Linux ends the child with the
// thread that started it.
func begin(command *exec.Cmd) (<-chan struct{}, error) {
	endWithParent(command)
	started := make(chan error)
	ended := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait() // it is killed in the end
		}
		close(ended)
	}()
	return ended, <-started
}
