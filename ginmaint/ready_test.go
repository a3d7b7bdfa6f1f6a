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

// lateStore can't be reached for a while.
type lateStore struct {
	*maintenance.MemoryStore
	gone atomic.Bool
}

func (s *lateStore) Join(ctx context.Context, r maintenance.Replica) (maintenance.Replica, error) {
	if s.gone.Load() {
		return r, errDown
	}
	return s.MemoryStore.Join(ctx, r)
}

func TestReadyWhileTheStateIsKnown(t *testing.T) {
	store := &lateStore{MemoryStore: maintenance.NewMemoryStore()}
	store.gone.Store(true)
	mode, err := maintenance.Open(t.Context(), store, maintenance.Fallback(maintenance.On), maintenance.Poll(10*time.Millisecond), maintenance.Logger(quiet))
	require.NoError(t, err)
	s := serving(t, Config{Mode: mode})
	s.GET("/readyz", Ready(mode))
	says := func(status int, body string) {
		t.Helper()
		w := ask(s, http.MethodGet, "/readyz")
		assert.Equal(t, status, w.Code)
		assert.JSONEq(t, body, w.Body.String())
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		assert.Empty(t, w.Header().Get("Maintenance-Mode"))
	}
	says(http.StatusServiceUnavailable, `{"ready": false, "why": "the state is not known yet", "level": "on"}`)
	store.gone.Store(false)
	for known := mode.Changed(); !mode.Snapshot().Trusted; known = mode.Changed() {
		<-known
	}
	says(http.StatusOK, `{"ready": true, "level": "off"}`)
	require.NoError(t, mode.On(t.Context()))
	says(http.StatusOK, `{"ready": true, "level": "on"}`)
	require.NoError(t, mode.Close())
	says(http.StatusServiceUnavailable, `{"ready": false, "why": "the process is shutting down", "level": "on"}`)
}
