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
	ginmaint := filepath.Join(t.TempDir(), "ginmaint")
	out, err := exec.Command("go", "build", "-o", ginmaint, "../../cmd/ginmaint").CombinedOutput()
	require.NoError(t, err, string(out))
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			e := open(t)
			a := newArena(t, e, os.Args[0])
			for range 3 {
				a.start()
			}
			var windows []Window
			for range 10 {
				written := filepath.Join(t.TempDir(), "window")
				run := exec.Command(ginmaint, "run", "--drain", "--timeout", "30s", "--", os.Args[0])
				run.Env = append(os.Environ(), "GINMAINT_STORE="+e.url(e.upstream), "FIRE_COMMAND="+written)
				require.NoError(t, proc.Run(run))
				text, err := os.ReadFile(written)
				require.NoError(t, err)
				w := Window{Level: maintenance.On}
				_, err = fmt.Sscan(string(text), &w.From, &w.To)
				require.NoError(t, err)
				windows = append(windows, w)
				pause(50 * time.Millisecond) // let them work
			}
			runs := a.runs()
			assert.NotEmpty(t, runs)
			assert.Empty(t, Overlaps(runs, windows))
		})
	}
}

// command is what ginmaint runs: it notes when it begins and ends.
func command(path string) error {
	from := Now()
	pause(20 * time.Millisecond)
	return os.WriteFile(path, fmt.Appendf(nil, "%d %d", from, Now()), 0o600)
}
