package ginmaint

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// within bounds a drain that should end.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestDrainWaitsForWhatWasAdmittedBefore(t *testing.T) {
	m := at(t, maintenance.Off)
	s := serving(t, Config{Mode: m})
	began, finish, finished := make(chan struct{}), make(chan struct{}), make(chan int)
	s.GET("/slow", func(c *gin.Context) {
		close(began)
		<-finish
	})
	go func() { finished <- ask(s, http.MethodGet, "/slow").Code }()
	<-began
	require.NoError(t, m.On(t.Context()))
	assert.Equal(t, http.StatusServiceUnavailable, ask(s, http.MethodGet, "/slow").Code, "a second one is refused")

	_, err := m.Drain(within(t, 50*time.Millisecond))
	assert.ErrorIs(t, err, maintenance.ErrNotDrained)
	close(finish)
	assert.Equal(t, http.StatusOK, <-finished)
	report, err := m.Drain(within(t, 10*time.Second))
	assert.NoError(t, err, report)
}

func TestDrainForReadOnlyWaitsForWritesAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		marker gin.HandlerFunc
		waits  bool
	}{"a GET marked Writes": {Writes, true}, "a GET": {Reads, false}} {
		t.Run(name, func(t *testing.T) {
			m := at(t, maintenance.Off)
			s := serving(t, Config{Mode: m})
			began, finish, finished := make(chan struct{}), make(chan struct{}), make(chan int)
			s.GET("/slow", tc.marker, func(c *gin.Context) {
				close(began)
				<-finish
			})
			go func() { finished <- ask(s, http.MethodGet, "/slow").Code }()
			<-began
			_, err := m.Set(t.Context(), maintenance.State{Level: maintenance.ReadOnly})
			require.NoError(t, err)
			bound := 10 * time.Second
			if tc.waits {
				bound = 50 * time.Millisecond
			}
			_, err = m.Drain(within(t, bound))
			assert.Equal(t, tc.waits, err != nil, err)
			close(finish)
			assert.Equal(t, http.StatusOK, <-finished)
		})
	}
}

func TestNoDrainWaitsForARouteThatIsNeverRefused(t *testing.T) {
	m := at(t, maintenance.Off)
	began, finish, finished := make(chan struct{}), make(chan struct{}), make(chan int)
	hold := func() {
		began <- struct{}{}
		<-finish
	}
	s := serving(t, Config{Mode: m, Role: func(*gin.Context) Role {
		hold()
		return Superuser
	}})
	s.GET("/healthz", ForceOff, func(*gin.Context) { hold() })
	Routes(s.Group("/maintenance-mode"))
	paths := []string{"/healthz", "/maintenance-mode/"}
	for _, path := range paths {
		go func() { finished <- ask(s, http.MethodGet, path).Code }()
		<-began
	}
	require.NoError(t, m.On(t.Context()))
	report, err := m.Drain(within(t, 10*time.Second))
	assert.NoError(t, err, report)
	close(finish)
	for range paths {
		assert.Equal(t, http.StatusOK, <-finished)
	}
}

func TestAPanickingHandlerLeaves(t *testing.T) {
	m := at(t, maintenance.Off)
	s := &service{Engine: gin.New()}
	s.Use(gin.RecoveryWithWriter(io.Discard), New(Config{Mode: m, Logger: quiet}))
	s.GET("/", func(*gin.Context) { panic("broken") })
	assert.Equal(t, http.StatusInternalServerError, ask(s, http.MethodGet, "/").Code)
	require.NoError(t, m.On(t.Context()))
	report, err := m.Drain(within(t, 10*time.Second))
	assert.NoError(t, err, report)
}

// TestNoRequestSlipsPastADrain has requests come in all the while, and looks
// for one that runs after a drain has returned. The gate's own steps are tested
// one by one in package maintenance.
func TestNoRequestSlipsPastADrain(t *testing.T) {
	m := at(t, maintenance.Off)
	s := serving(t, Config{Mode: m})
	s.GET("/work", func(*gin.Context) {
		s.runs.Add(1)
		s.runs.Add(-1)
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	const visitors = 4
	for range visitors {
		go func() {
			for ctx.Err() == nil {
				ask(s, http.MethodGet, "/work")
			}
			ended <- struct{}{}
		}()
	}
	for range 20 {
		require.NoError(t, m.On(t.Context()))
		report, err := m.Drain(within(t, 10*time.Second))
		require.NoError(t, err, report)
		for range 100 {
			require.Zero(t, s.runs.Load(), "a handler runs behind the drain")
		}
		require.NoError(t, m.Off(t.Context()))
	}
	stop()
	for range visitors {
		<-ended
	}
}
