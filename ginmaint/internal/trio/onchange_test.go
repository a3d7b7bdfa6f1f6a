package trio

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// TestEveryReplicaIsToldEverySwitchInOrder: also beside listeners that never return, and
// that panic.
func TestEveryReplicaIsToldEverySwitchInOrder(t *testing.T) {
	const replicas = 3
	onEach(t, func(t *testing.T, p place) {
		switches := 250
		if !strings.HasPrefix(p.url, "redis:") { // each takes longer there
			switches = 50
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		t.Cleanup(cancel)
		stuck := make(chan struct{})
		modes, told := make([]*maintenance.Mode, replicas), make([]chan maintenance.Change, replicas)
		for i := range modes {
			told[i] = make(chan maintenance.Change, 2*switches)
			modes[i] = replica(t, p, maintenance.Name(fmt.Sprint("web-", i)),
				maintenance.OnChange(func(c maintenance.Change) { told[i] <- c }),
				maintenance.OnChange(func(maintenance.Change) { <-stuck }),
				maintenance.OnChange(func(maintenance.Change) { panic("a listener's fault") }))
			require.Equal(t, maintenance.Opened, (<-told[i]).Origin)
		}
		t.Cleanup(func() { close(stuck) }) // before the Modes are closed
		for n := range switches {
			by := n % replicas
			saved, err := modes[by].Set(ctx, maintenance.State{Level: []maintenance.Level{maintenance.On, maintenance.Off}[n%2]})
			require.NoError(t, err)
			for i := range modes {
				select {
				case c := <-told[i]:
					require.Equal(t, saved, c.After.State)
					require.Equal(t, saved.Revision-1, c.Before.State.Revision)
					require.Equal(t, map[bool]maintenance.Origin{true: maintenance.Here, false: maintenance.Elsewhere}[i == by], c.Origin)
				case <-ctx.Done():
					t.Fatalf("replica %d was not told of switch %d", i, n)
				}
			}
		}
		for i := range modes {
			assert.Empty(t, told[i], "each is told once")
		}
	})
}
