package ginmaint_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A replica that is asked to end while another one drains lets its request
// finish, says goodbye, and only then is the drain done.
func TestServerShutsDownDuringADrain(t *testing.T) {
	store := maintenance.NewMemoryStore()
	leaving, err := maintenance.Open(t.Context(), store, maintenance.Name("leaving"))
	require.NoError(t, err)
	operator, err := maintenance.Open(t.Context(), store, maintenance.Observer())
	require.NoError(t, err)
	defer operator.Close()

	r := gin.New()
	r.Use(ginmaint.New(ginmaint.Config{Mode: leaving}))
	begun, finish := make(chan struct{}), make(chan struct{})
	r.POST("/", func(c *gin.Context) {
		close(begun)
		<-finish
		c.Status(http.StatusCreated)
	})
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: r, ReadHeaderTimeout: time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	status := make(chan int, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Post("http://"+listener.Addr().String(), "text/plain", nil)
		if assert.NoError(t, err) {
			_ = response.Body.Close()
			status <- response.StatusCode
		}
	}()
	<-begun

	require.NoError(t, operator.On(t.Context()))
	drained := make(chan error, 1)
	busy := make(chan struct{}, 100)
	go func() {
		_, err := operator.Drain(t.Context(), maintenance.OnProgress(func(r maintenance.Report) {
			if len(r.Pending) == 1 && r.Pending[0].Cause == maintenance.Busy {
				busy <- struct{}{}
			}
		}))
		drained <- err
	}()
	<-busy
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := server.Shutdown(ctx)
		if err == nil {
			err = leaving.Shutdown(ctx)
		}
		stopped <- err
	}()
	assert.ErrorIs(t, <-served, http.ErrServerClosed)
	assert.Empty(t, drained, "its request still runs")
	close(finish)
	assert.Equal(t, http.StatusCreated, <-status)
	require.NoError(t, <-stopped)
	require.NoError(t, <-drained)
	replicas, err := operator.Replicas(t.Context())
	require.NoError(t, err)
	assert.Empty(t, replicas)
}
