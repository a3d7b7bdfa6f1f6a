package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestWorkerStopsWhileOnAndGoesOnAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore())
		require.NoError(t, err)
		shop := newShop()
		ctx, cancel := context.WithCancel(t.Context())
		worked := make(chan struct{})
		go func() {
			defer close(worked)
			shop.work(ctx, mode)
		}()
		shop.ordered.Store(100)
		after := func(d time.Duration) int64 {
			time.Sleep(d) // of the bubble's clock
			synctest.Wait()
			return shop.shipped.Load()
		}
		assert.EqualValues(t, 3, after(3500*time.Millisecond), "one a second")
		for _, level := range []maintenance.Level{maintenance.On, maintenance.ReadOnly} {
			_, err := mode.Set(ctx, maintenance.State{Level: level})
			require.NoError(t, err)
			before := shop.shipped.Load()
			assert.Equal(t, before, after(time.Hour), level)
			require.NoError(t, mode.Off(ctx))
			assert.Greater(t, after(2*time.Second), before, level)
		}
		require.NoError(t, mode.On(ctx))
		cancel()
		<-worked
		require.NoError(t, mode.Close())
	})
}

func TestWorkerOfARunningShop(t *testing.T) {
	t.Parallel()
	shop := start(t, map[string]string{"GINMAINT_FILE": stateFile(t)})
	guest, superuser := newVisitor(t, shop.url), newcomer(t, shop.url, "superuser")
	shipped := func() bool {
		return strings.Contains(superuser.get("/").body, `1 ordered, <span id="shipped">1</span> shipped`)
	}

	superuser.switchTo(maintenance.On)
	require.Equal(t, http.StatusSeeOther, superuser.post("/orders").status)
	// The page takes longer than two rounds of the worker.
	require.Equal(t, http.StatusOK, superuser.get("/slow?for=2200ms").status)
	assert.False(t, shipped())
	assert.Equal(t, http.StatusServiceUnavailable, guest.get("/").status)
	superuser.switchTo(maintenance.Off)
	require.Eventually(t, shipped, patience, tick)
}
