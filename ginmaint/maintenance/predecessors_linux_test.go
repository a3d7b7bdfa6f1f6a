package maintenance

import (
	"cmp"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance/internal/kernel"
)

const endedLine = "maintenance: a replica was removed from the roster: its process has ended, as the kernel of this machine says"

// witness has a kernel of the test's own, and returns what ends a process that it knows.
func witness(t *testing.T, processes ...string) (end func(process string)) {
	t.Helper()
	var mu sync.Mutex
	original, alive := kernel.Ended, processes
	kernel.Ended = func(own, process string) bool {
		mu.Lock()
		defer mu.Unlock()
		return kernel.Neighbours(own, process) && !slices.Contains(alive, process)
	}
	t.Cleanup(func() { kernel.Ended = original })
	return func(process string) {
		mu.Lock()
		defer mu.Unlock()
		alive = slices.DeleteFunc(slices.Clone(alive), func(p string) bool { return p == process })
	}
}

// neighbour names another process of this machine, or of another.
func neighbour(t *testing.T, pid int, boot string) string {
	t.Helper()
	parts := strings.Split(kernel.Self(), " ")
	require.Len(t, parts, 5, "the kernel tells who this process is")
	parts[0], parts[3] = cmp.Or(boot, parts[0]), strconv.Itoa(pid)
	return strings.Join(parts, " ")
}

func TestTheKernelsWordOnAPredecessor(t *testing.T) {
	const lease = 10 * time.Second
	for name, c := range map[string]struct {
		edit  func(*Replica)
		stays bool
	}{
		"it has ended":           {func(*Replica) {}, false},
		"in another incarnation": {func(r *Replica) { r.Incarnation = "earlier" }, false},
		"it runs":                {func(r *Replica) { r.Process = neighbour(t, 7, "") }, true},
		"on another machine":     {func(r *Replica) { r.Process = neighbour(t, 8, "another-boot") }, true},
		"nobody can be asked":    {func(r *Replica) { r.Process = "" }, true},
		"this very process":      {func(r *Replica) { r.Process = kernel.Self() }, true},
		"it stands for unknown":  {func(r *Replica) { r.Unknown = true }, true},
	} {
		t.Run(name, func(t *testing.T) {
			process := neighbour(t, 8, "")
			witness(t, neighbour(t, 7, ""))
			synctest.Test(t, func(t *testing.T) {
				store, log := newScripted(), &journal{}
				r := Replica{ID: "predecessor", Name: "shop-0", Process: process, Lease: lease, Renewals: 7, Incarnation: "memory"}
				c.edit(&r)
				store.list(r)
				m := opened(t, store, Logger(slog.New(log)))
				time.Sleep(lease)
				assert.Contains(t, ids(t, store), "predecessor", "its lease may hold: perhaps two machines call themselves the same")
				time.Sleep(2 * lease)
				if c.stays {
					assert.Contains(t, ids(t, store), "predecessor")
					assert.Empty(t, log.with(endedLine))
					return
				}
				assert.Equal(t, []string{m.id}, ids(t, store))
				assert.Len(t, log.with(endedLine), 1)
				store.count()
				time.Sleep(time.Hour)
				assert.Zero(t, store.count()["replicas"], "it looks until it is done, and no more")
			})
		})
	}
}

// A neighbour that ends later is found out by the kernel, and costs no store anything
// until then.
func TestTheKernelsWordOnANeighbour(t *testing.T) {
	process := neighbour(t, 7, "")
	end := witness(t, process)
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.list(Replica{ID: "neighbour", Process: process, Lease: time.Second, Renewals: 7, Incarnation: "memory"})
		m := opened(t, store)
		synctest.Wait()
		store.count()
		time.Sleep(time.Hour)
		assert.Zero(t, store.count()["replicas"])
		assert.Contains(t, ids(t, store), "neighbour")
		end(process)
		time.Sleep(20 * time.Second)
		assert.Equal(t, []string{m.id}, ids(t, store))
	})
}

// What renews is not removed, whatever the kernel says: see kernel's documentation.
func TestTheKernelsWordAgainstRenewals(t *testing.T) {
	process := neighbour(t, 8, "")
	witness(t)
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		r := Replica{ID: "clone", Process: process, Lease: 5 * time.Second, Incarnation: "memory"}
		store.list(r)
		opened(t, store)
		for range 60 {
			time.Sleep(time.Second)
			r.Renewals++
			_, err := store.Renew(t.Context(), r)
			require.NoError(t, err)
		}
		assert.Contains(t, ids(t, store), "clone")
	})
}
