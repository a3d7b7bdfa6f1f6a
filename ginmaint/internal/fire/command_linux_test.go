package fire

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestRunUnderLoad has ginmaint run --drain run a command beside three working
// replicas, again and again: none may work while the command does.
func TestRunUnderLoad(t *testing.T) {
	engines := map[string]func(*testing.T) engine{"redis": redisEngine, "postgres": postgresEngine, "files": fileEngine}
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			a := newArena(t, e, program(t))
			for range 3 {
				a.start()
			}
			var windows []Window
			for range 5 {
				windows = append(windows, a.command())
				pause(50 * time.Millisecond) // let them work
			}
			runs := a.runs()
			assert.NotEmpty(t, runs)
			assert.Empty(t, Overlaps(runs, windows))
		})
	}
}

// command has ginmaint run a command after a drain, and returns when that ran.
func (a *arena) command() Window {
	written := filepath.Join(a.t.TempDir(), "window")
	a.ginmaint("FIRE_COMMAND="+written, "run", "--drain", "--timeout", "30s", "--", program(a.t))
	text, err := os.ReadFile(written)
	require.NoError(a.t, err)
	w := Window{Level: maintenance.On}
	_, err = fmt.Sscan(string(text), &w.From, &w.To)
	require.NoError(a.t, err)
	return w
}

// ginmaint runs the command with a variable in its environment.
func (a *arena) ginmaint(variable string, arguments ...string) {
	run := exec.Command(ginmaint(a.t), arguments...)
	run.Env = append(os.Environ(), "GINMAINT_STORE="+a.engine.url(a.engine.upstream), variable)
	require.NoError(a.t, proc.Run(run))
}

// command is what ginmaint runs: it notes when it begins and ends.
func command(path string) error {
	from := Now()
	pause(20 * time.Millisecond)
	return os.WriteFile(path, fmt.Appendf(nil, "%d %d", from, Now()), 0o600)
}
