package simulation

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance/internal/kernel"
)

// ended are the processes of all runs that have ended, by the names that their hosts'
// kernels have for them.
var ended sync.Map

// runs tells the runs of a test apart, since a seed may be played twice at a time.
var runs atomic.Uint64

func init() {
	kernel.Ended = func(own, name string) bool {
		_, gone := ended.Load(name)
		return gone && kernel.Neighbours(own, name)
	}
}

// kernelName is what the host's kernel calls the process.
func (p *process) kernelName() string {
	w := p.host.world
	machine := p.host.index
	if w.setup.lacks("kernel: machines are not told apart") {
		machine = 0
	}
	return fmt.Sprintf("run-%d-machine-%d pids times %d %d", w.run, machine, p.serial, p.serial)
}

// ends is the end of the process, which its host's kernel knows of.
func (p *process) ends(how fate) {
	p.fate = how
	if p.host.world.setup.kernels {
		ended.Store(p.kernelName(), nil)
	}
}
