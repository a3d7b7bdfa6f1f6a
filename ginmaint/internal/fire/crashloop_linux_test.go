package fire

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// crash is a process that opens a Mode, finds its address taken, and ends as log.Fatal
// ends it: nothing is closed.
func crash(store string) error {
	opened, _, err := stores.Open(context.Background(), store)
	if err != nil {
		return err
	}
	if _, err = maintenance.Open(context.Background(), opened, maintenance.Name("crashes"), maintenance.Poll(Poll)); err != nil {
		return err
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err = net.Listen("tcp", taken.Addr().String()); err == nil {
		return errors.New("the address is not taken")
	}
	return err
}

// TestCrashLoop: processes that never served hold no drain up, and their entries are gone
// soon after the next start.
func TestCrashLoop(t *testing.T) {
	for name, open := range map[string]func(*testing.T) engine{
		"redis": redisEngine, "postgres": postgresEngine, "mariadb": mariaEngine, "sqlite": sqliteEngine, "files": fileEngine,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			a := newArena(t, e, program(t))
			a.proxies = nil // nobody is cut off
			ginmaint(t)     // is built before anything is timed
			a.start()
			for range 5 {
				cmd := exec.Command(a.binary)
				cmd.Env = append(os.Environ(), "FIRE_CRASH="+e.url(e.upstream))
				out, err := cmd.CombinedOutput()
				require.Error(t, err)
				require.Contains(t, string(out), "address already in use")
			}
			entries, err := a.control.Replicas(t.Context())
			require.NoError(t, err)
			if name != "files" { // there the kernel tells at once
				assert.Greater(t, len(entries), 1)
			}
			for _, r := range entries {
				assert.Equal(t, r.Name == "crashes", r.Idle, "%+v", r)
			}
			window := a.command()
			runs := a.runs()
			assert.NotEmpty(t, runs)
			assert.Empty(t, Overlaps(runs, []Window{window}))

			a.start()
			require.Eventually(t, func() bool {
				entries, err = a.control.Replicas(t.Context())
				return err == nil && len(entries) == len(a.replicas)
			}, time.Minute, 50*time.Millisecond, "those that live are listed, and no others")
		})
	}
}
