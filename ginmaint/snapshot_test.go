package ginmaint

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// told writes down what a handler learns of maintenance.
func told(seen *gin.H) gin.HandlerFunc {
	return func(c *gin.Context) { *seen = H(c, nil) }
}

// cut is a store that can be cut off.
type cut struct {
	maintenance.Store
	off atomic.Bool
}

func (s *cut) Load(ctx context.Context) (maintenance.State, error) {
	if s.off.Load() {
		return maintenance.State{}, errors.New("cut off")
	}
	return s.Store.Load(ctx)
}

// With the lease run out everybody is refused, whatever the state says: those who
// pass must be told the same.
func TestTheLeaseRunOutIsToldToExemptVisitorsToo(t *testing.T) {
	store := &cut{Store: struct{ maintenance.Store }{maintenance.NewMemoryStore()}}
	mode := opened(t, store, maintenance.Poll(10*time.Millisecond), maintenance.FailClosed(30*time.Millisecond))
	s := serving(t, Config{Mode: mode, IgnoreURLs: []string{"^/staff$"}})
	var seen gin.H
	s.GET("/staff", told(&seen))
	s.GET("/login", ForceOff, told(&seen))
	for name, path := range map[string]string{"an exempt URL": "/staff", "ForceOff": "/login"} {
		require.Equal(t, http.StatusOK, ask(s, http.MethodGet, path).Code)
		assert.Equal(t, false, seen[ContextKey], name)
	}
	store.off.Store(true)
	require.Eventually(t, func() bool { return ask(s, http.MethodGet, "/").Code == http.StatusServiceUnavailable }, patience, time.Millisecond)
	for name, path := range map[string]string{"an exempt URL": "/staff", "ForceOff": "/login"} {
		require.Equal(t, http.StatusOK, ask(s, http.MethodGet, path).Code)
		assert.Equal(t, true, seen[ContextKey], name)
	}
}

func TestAWindowIsAnnouncedToForceOffPagesToo(t *testing.T) {
	start := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	s := serving(t, Config{Mode: inState(t, maintenance.State{Level: maintenance.On, Start: start, Message: "Tonight"})})
	var seen gin.H
	s.GET("/page", told(&seen))
	s.GET("/login", ForceOff, told(&seen))
	for _, path := range []string{"/page", "/login"} {
		ask(s, http.MethodGet, path)
		assert.Equal(t, false, seen[ContextKey], path)
		assert.Equal(t, start, seen["maintenance"].(maintenance.State).Start, path)
		assert.Equal(t, "Tonight", seen["maintenance"].(maintenance.State).Message, path)
	}
}

// The answers of a ForceOff route are the same for everybody, maintenance or not,
// so caches may keep them as its handler says.
func TestForceOffKeepsItsOwnCacheControl(t *testing.T) {
	s := serving(t, Config{Mode: at(t, maintenance.On)})
	s.GET("/logo.svg", ForceOff, func(c *gin.Context) { c.Header("Cache-Control", "public, max-age=60") })
	s.GET("/healthz", ForceOff, func(c *gin.Context) { c.Status(http.StatusOK) })
	assert.Equal(t, "public, max-age=60", ask(s, http.MethodGet, "/logo.svg").Header().Get("Cache-Control"))
	assert.Empty(t, ask(s, http.MethodGet, "/healthz").Header().Get("Cache-Control"))
}
