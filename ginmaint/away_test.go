package ginmaint

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// distant is a store that can't be reached while it is away, and that may lose the
// answer to a save on the way.
type distant struct {
	*maintenance.MemoryStore
	away           atomic.Bool
	loses, leaving atomic.Bool // the answer; and it is away from then on
}

func (d *distant) Load(ctx context.Context) (maintenance.State, error) {
	if d.away.Load() {
		return maintenance.State{}, errDown
	}
	return d.MemoryStore.Load(ctx)
}

func (d *distant) Renew(ctx context.Context, r maintenance.Replica) (maintenance.State, error) {
	if d.away.Load() {
		return maintenance.State{}, errDown
	}
	return d.MemoryStore.Renew(ctx, r)
}

func (d *distant) Save(ctx context.Context, s maintenance.State) (maintenance.State, error) {
	if d.away.Load() {
		return maintenance.State{}, errDown
	}
	saved, err := d.MemoryStore.Save(ctx, s)
	if d.leaving.Load() {
		d.away.Store(true)
	}
	if d.loses.Load() || d.leaving.Load() {
		return maintenance.State{}, errDown
	}
	return saved, err
}

func TestThePanelSaysThatTheStoreIsAway(t *testing.T) {
	store := &distant{MemoryStore: maintenance.NewMemoryStore()}
	m := opened(t, store)
	require.NoError(t, m.On(t.Context()))
	s := paneled(t, Config{Mode: m})
	const says = "The store can’t be reached. This page shows what this process knew last"
	o := opens(t, s, "/maintenance-mode/")
	o.seesNot(says)
	store.away.Store(true)
	for _, path := range []string{"/maintenance-mode/", "/maintenance-mode/on/"} {
		o = opens(t, s, path)
		assert.Regexp(t, says+`, \d+m?s ago \(<time datetime="`, o.page.Body.String(), "at once, and with the age of the state")
		o.seesNot("connection refused", "10.9.8.7")
	}
	assert.Contains(t, ask(s, "GET", "/maintenance-mode/", as(Superuser), program).Body.String(), `"reachable":false`)
	store.away.Store(false)
	opens(t, s, "/maintenance-mode/").seesNot(says)
}

func TestThePanelSaysThatNoStoreConfirmsTheState(t *testing.T) {
	store := &distant{MemoryStore: maintenance.NewMemoryStore()}
	store.away.Store(true)
	m := opened(t, store, maintenance.Fallback(maintenance.On))
	o := opens(t, paneled(t, Config{Mode: m}), "/maintenance-mode/")
	o.sees("Maintenance is not confirmed", "no store confirms the state that it knew last", "The store can’t be reached. This page shows what this process knew last; somebody")
	o.seesNot("Maintenance is on<")
}

// TestWhatIsKnownOfAFailedSave: the operator is told as much as can be known.
func TestWhatIsKnownOfAFailedSave(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(*distant)
		status int
		says   string
		level  maintenance.Level // that the store then has
	}{
		"the store was away before":     {func(d *distant) { d.away.Store(true) }, 503, "Nothing was changed: the store can’t be reached.", maintenance.Off},
		"the answer was lost":           {func(d *distant) { d.loses.Store(true) }, 200, "", maintenance.On},
		"and nothing can be asked":      {func(d *distant) { d.leaving.Store(true) }, 503, "It is not known whether the change was saved", maintenance.On},
		"this process is shutting down": {nil, 503, "Nothing was changed: this process is shutting down.", maintenance.Off},
	} {
		t.Run(name, func(t *testing.T) {
			var log journal
			store := &distant{MemoryStore: maintenance.NewMemoryStore()}
			m := opened(t, store)
			s := paneled(t, Config{Mode: m, Logger: log.logger()})
			o := opens(t, s, "/maintenance-mode/")
			if c.breaks == nil {
				require.NoError(t, m.Close())
			} else {
				c.breaks(store)
			}
			o.presses("Close now", map[string]string{"message": "Back soon."})
			assert.Equal(t, c.status, o.page.Code)
			if c.status != http.StatusOK {
				o.sees(c.says, "\nBack soon.</textarea>")
			}
			o.seesNot("connection refused", "10.9.8.7")
			if c.breaks != nil {
				assert.Contains(t, log.String(), errDown.Error())
			}
			stored, err := store.MemoryStore.Load(t.Context())
			require.NoError(t, err)
			assert.Equal(t, c.level, stored.Level)
		})
	}
}

// TestThePanelOpensWhileTheStoreHangs: within the time that a look may take.
func TestThePanelOpensWhileTheStoreHangs(t *testing.T) {
	store := &hanging{MemoryStore: maintenance.NewMemoryStore()}
	m := opened(t, store)
	s := paneled(t, Config{Mode: m})
	store.hangs.Store(true)
	defer store.hangs.Store(false)
	began := time.Now()
	opens(t, s, "/maintenance-mode/").sees("The store can’t be reached.")
	assert.Less(t, time.Since(began), patience)
}

// hanging is a store that does not answer while it hangs.
type hanging struct {
	*maintenance.MemoryStore
	hangs atomic.Bool
}

func (h *hanging) Load(ctx context.Context) (maintenance.State, error) {
	if h.hangs.Load() {
		<-ctx.Done()
		return maintenance.State{}, ctx.Err()
	}
	return h.MemoryStore.Load(ctx)
}
