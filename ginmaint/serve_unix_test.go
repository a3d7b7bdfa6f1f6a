//go:build unix

package ginmaint

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// freeAddress returns one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

func listedIn(t *testing.T, store maintenance.Roster) int {
	t.Helper()
	listing, err := store.Replicas(context.Background())
	require.NoError(t, err)
	return len(listing.Replicas)
}

func TestServeEndsInGoodOrder(t *testing.T) {
	for name, end := range map[string]func(cancel func()) error{
		"by its context": func(cancel func()) error { cancel(); return nil },
		"by SIGTERM":     func(func()) error { return syscall.Kill(syscall.Getpid(), syscall.SIGTERM) },
		"by SIGINT":      func(func()) error { return syscall.Kill(syscall.Getpid(), syscall.SIGINT) },
	} {
		t.Run(name, func(t *testing.T) {
			store := maintenance.NewMemoryStore()
			mode, err := maintenance.Open(t.Context(), store, maintenance.Logger(quiet))
			require.NoError(t, err)
			begun, goOn := make(chan struct{}), make(chan struct{})
			r := gin.New()
			r.Use(New(Config{Mode: mode, Logger: quiet}))
			r.GET("/", func(c *gin.Context) {
				close(begun)
				<-goOn
				c.String(http.StatusOK, "finished")
			})
			server := &http.Server{Addr: freeAddress(t), Handler: r, ReadHeaderTimeout: patience}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			served := make(chan error, 1)
			go func() { served <- Serve(ctx, server, mode) }()
			require.Eventually(t, func() bool {
				conn, err := net.Dial("tcp", server.Addr)
				if err == nil {
					conn.Close()
				}
				return err == nil
			}, patience, 5*time.Millisecond)
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			request := sending(t.Context(), client, http.MethodGet, "http://"+server.Addr+"/", "")
			<-begun
			require.NoError(t, end(cancel))
			require.Eventually(t, func() bool {
				conn, err := net.Dial("tcp", server.Addr)
				if err == nil {
					conn.Close()
				}
				return err != nil
			}, patience, 5*time.Millisecond, "it takes no more requests")
			assert.Equal(t, 1, listedIn(t, store), "the request still runs")
			close(goOn)
			got := <-request
			require.NoError(t, got.err)
			assert.Equal(t, "finished", got.body)
			require.NoError(t, <-served)
			assert.Zero(t, listedIn(t, store), "it said goodbye")
		})
	}
}

func TestServeThatCanNotListenLeavesNoEntry(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	store := maintenance.NewMemoryStore()
	mode, err := maintenance.Open(t.Context(), store, maintenance.Logger(quiet))
	require.NoError(t, err)
	err = Serve(t.Context(), &http.Server{Addr: taken.Addr().String(), ReadHeaderTimeout: patience}, mode)
	assert.ErrorIs(t, err, syscall.EADDRINUSE)
	assert.ErrorContains(t, err, taken.Addr().String())
	assert.Zero(t, listedIn(t, store))
}
