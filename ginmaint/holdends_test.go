package ginmaint

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A drain waits for the request that is let on, so what this asks for inside must not
// wait for the drain.
func TestRequestWithinARequestIsNotHeld(t *testing.T) {
	for _, c := range []struct {
		name   string
		within func(mode *maintenance.Mode, s *service) gin.HandlerFunc
	}{
		{"by HandleContext", func(_ *maintenance.Mode, s *service) gin.HandlerFunc {
			return func(c *gin.Context) {
				c.Request.URL.Path = "/"
				s.HandleContext(c)
			}
		}},
		{"in another engine", func(mode *maintenance.Mode, _ *service) gin.HandlerFunc {
			inner := gin.New()
			inner.Use(New(Config{Mode: mode, Logger: quiet}))
			inner.POST("/within", func(c *gin.Context) { c.String(http.StatusOK, "handled") })
			return gin.WrapH(inner)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mode := at(t, maintenance.Off)
			s := serving(t, Config{Mode: mode})
			begun, goOn := make(chan struct{}), make(chan struct{})
			s.POST("/within", func(c *gin.Context) {
				close(begun)
				<-goOn
			}, c.within(mode, s))
			server := httptest.NewServer(s)
			defer server.Close()
			result := sending(t.Context(), server.Client(), http.MethodPost, server.URL+"/within", "")
			<-begun
			_, err := mode.Set(t.Context(), maintenance.State{Level: maintenance.On, Hold: patience})
			require.NoError(t, err)
			close(goOn)
			ctx, cancel := context.WithTimeout(t.Context(), patience/2)
			defer cancel()
			report, err := mode.Drain(ctx)
			require.NoError(t, err, "%s", report)
			assert.Equal(t, http.StatusServiceUnavailable, (<-result).status)
			held := sending(t.Context(), server.Client(), http.MethodPost, server.URL+"/", "")
			awaitHeld(t, mode, 1) // another request is
			require.NoError(t, mode.Off(t.Context()))
			assert.Equal(t, http.StatusOK, (<-held).status)
		})
	}
}

func TestHeldRequestsAreRefusedWhenTheServerShutsDown(t *testing.T) {
	for _, c := range []struct {
		name  string
		setUp func(*httptest.Server)
	}{
		{"HTTP/1.1", func(*httptest.Server) {}},
		{"HTTP/2", func(s *httptest.Server) { s.EnableHTTP2 = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			mode := inState(t, maintenance.State{Level: maintenance.On, Hold: patience, Message: "Back soon."})
			s := serving(t, Config{Mode: mode})
			server, other := httptest.NewUnstartedServer(s), httptest.NewServer(s)
			defer other.Close()
			c.setUp(server)
			server.StartTLS()
			defer server.Close()
			var results []<-chan answered
			for i, body := range []string{"", "an order"} {
				results = append(results, sending(t.Context(), server.Client(), http.MethodPost, server.URL+"/", body))
				awaitHeld(t, mode, i+1) // on one connection over HTTP/2: Shutdown may wait for a second one that nobody used
			}
			stays := sending(t.Context(), other.Client(), http.MethodGet, other.URL+"/", "")
			awaitHeld(t, mode, len(results)+1)
			ctx, cancel := context.WithTimeout(t.Context(), patience/2)
			defer cancel()
			require.NoError(t, server.Config.Shutdown(ctx))
			for _, result := range results {
				got := <-result
				require.NoError(t, got.err)
				assert.Equal(t, http.StatusServiceUnavailable, got.status)
				assert.Contains(t, got.body, "Back soon.")
			}
			assert.Equal(t, 1, mode.Status().Held, "that of the other server")
			require.NoError(t, mode.Off(t.Context()))
			assert.Equal(t, http.StatusOK, (<-stays).status)
			assert.EqualValues(t, 1, s.runs.Load())
		})
	}
}

// Whoever is refused because all places are taken takes none, not for a moment: it
// might be the one that becomes free just then.
func TestWhoIsNotHeldTakesNoPlace(t *testing.T) {
	h := &holding{most: 1}
	require.True(t, h.take())
	var over atomic.Bool
	var refused sync.WaitGroup
	refused.Go(func() {
		defer over.Store(true)
		for range 1_000_000 {
			if h.take() {
				t.Error("there are two on one place")
				return
			}
		}
	})
	most := int64(0)
	for !over.Load() {
		most = max(most, h.held.Load())
	}
	refused.Wait()
	assert.LessOrEqual(t, most, int64(1))
	h.release()
	assert.True(t, h.take())
}
