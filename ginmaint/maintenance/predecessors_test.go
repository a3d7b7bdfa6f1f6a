package maintenance

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const replacedLine = "maintenance: a replica was removed from the roster: this process has replaced it, as both declare that there are never two of this name (Sole)"

func TestSoleReplacesItsPredecessors(t *testing.T) {
	predecessor := func(id string) Replica {
		return Replica{ID: id, Name: "shop-0", Sole: true, Lease: 10 * time.Second, Renewals: 7, Incarnation: "memory"}
	}
	for name, c := range map[string]struct {
		edit    func(*Replica)
		options []Option
		stays   bool
	}{
		"both declare it":          {func(*Replica) {}, []Option{Name("shop-0"), Sole()}, false},
		"of another incarnation":   {func(r *Replica) { r.Incarnation = "earlier" }, []Option{Name("shop-0"), Sole()}, false},
		"another name":             {func(r *Replica) { r.Name = "shop-1" }, []Option{Name("shop-0"), Sole()}, true},
		"it has not declared it":   {func(r *Replica) { r.Sole = false }, []Option{Name("shop-0"), Sole()}, true},
		"this one does not":        {func(*Replica) {}, []Option{Name("shop-0")}, true},
		"it stands for unknown":    {func(r *Replica) { r.Unknown = true }, []Option{Name("shop-0"), Sole()}, true},
		"an observer of that name": {func(*Replica) {}, []Option{Name("shop-0"), Sole(), Observer()}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, log := newScripted(), &journal{}
				for _, id := range []string{"first", "second"} {
					r := predecessor(id)
					c.edit(&r)
					store.list(r)
				}
				m := opened(t, store, append(c.options, Logger(slog.New(log)))...)
				synctest.Wait()
				if c.stays {
					time.Sleep(time.Minute)
					assert.Subset(t, ids(t, store), []string{"first", "second"})
					assert.Empty(t, log.with(replacedLine))
					return
				}
				assert.Equal(t, []string{m.id}, ids(t, store), "at once")
				assert.Len(t, log.with(replacedLine), 2)
				require.NoError(t, m.On(t.Context()))
				_, err := m.Drain(bounded(t, time.Second))
				require.NoError(t, err)
			})
		})
	}
}

func TestSoleTriesAgain(t *testing.T) {
	for _, failing := range []string{"replicas", "remove unrenewed"} {
		t.Run(failing, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				store.list(Replica{ID: "predecessor", Name: "shop-0", Sole: true, Incarnation: "memory"})
				plain := store.unmended() // with a Restorer, Open itself has to look
				store.fail(failing)
				m := opened(t, plain, Name("shop-0"), Sole())
				time.Sleep(5 * time.Second)
				assert.Contains(t, ids(t, store), "predecessor")
				store.heal()
				time.Sleep(2 * time.Second)
				assert.Equal(t, []string{m.id}, ids(t, store))
				store.count()
				time.Sleep(time.Hour)
				assert.Zero(t, store.count()["replicas"], "it looks until it is done, and no more")
			})
		})
	}
}

// Where the word is wrong and the predecessor lives, it shuts its gate when it finds out,
// and joins again.
func TestSoleWhosePredecessorLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		before := opened(t, store, Name("shop-0"), Sole())
		after := opened(t, store, Name("shop-0"), Sole())
		time.Sleep(2 * time.Second)
		assert.ElementsMatch(t, []string{before.id, after.id}, ids(t, store))
		require.NoError(t, after.On(t.Context()))
		_, err := after.Drain(bounded(t, 10*time.Second))
		require.NoError(t, err)
		assert.False(t, admits(before, Write))
	})
}
