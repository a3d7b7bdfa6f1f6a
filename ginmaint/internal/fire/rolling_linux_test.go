package fire

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// rounds is how often one replica after another is replaced; FIRE_ROUNDS for more.
func rounds(t *testing.T) int { return number(t, "FIRE_ROUNDS", 6) }

// TestRollingRestarts replaces replicas, two of three by kill -9. Nobody has declared
// anything; the kernel of their machine tells those that were started later, and then the
// next drain is proven.
func TestRollingRestarts(t *testing.T) {
	for name, open := range map[string]func(*testing.T) engine{"redis": redisEngine, "postgres": postgresEngine, "mariadb": mariaEngine} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := open(t)
			a := newArena(t, e, program(t))
			a.proxies = nil // nobody is cut off
			ginmaint(t)     // is built before anything is timed
			for range 3 {
				a.start()
			}
			killed := 0
			began := time.Now()
			for round := range rounds(t) {
				a.start()
				signal := syscall.SIGKILL
				if round%3 == 0 {
					signal = syscall.SIGTERM
				} else {
					killed++
				}
				a.end(a.replicas[0], signal)
			}
			took := time.Since(began)
			began = time.Now()
			var entries []maintenance.Replica
			var err error
			if !assert.Eventually(t, func() bool {
				entries, err = a.control.Replicas(t.Context())
				return err == nil && len(entries) == 3
			}, 60*time.Second, 50*time.Millisecond, "those that live are listed, and no others") {
				require.Fail(t, "other entries", "%d killed, %d entries: %v", killed, len(entries), err)
			}
			struck := time.Since(began)
			for _, entry := range entries {
				assert.True(t, a.has(entry.Name), "%s lives", entry.Name)
			}
			began = time.Now()
			window := a.command()
			t.Logf("%d rounds in %s, %d dead entries gone after %s, a drain and a command in %s",
				rounds(t), took, killed, struck, time.Since(began))
			runs := a.runs()
			assert.NotEmpty(t, runs)
			assert.Empty(t, Overlaps(runs, []Window{window}))
		})
	}
}
