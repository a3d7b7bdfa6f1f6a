package pgtest

import (
	"os/exec"
	"runtime"
)

// process is one run of the server.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed once the process has ended and was waited for
}

// begin starts the command. It stays on a thread of its own until the process
// has ended: Linux takes the thread that started it for its parent.
func begin(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(p.ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// kill ends the process and those that it started.
func kill(p *process) {
	// Listed first: orphans have another parent.
	doomed := children(p.cmd.Process.Pid)
	_ = p.cmd.Process.Kill()
	for _, child := range doomed {
		_ = child.Kill()
	}
	<-p.ended
}
