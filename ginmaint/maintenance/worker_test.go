package maintenance_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// mailer is a worker that enters by itself.
type mailer struct{ mode *maintenance.Mode }

func (m *mailer) run(began chan<- struct{}, stop <-chan struct{}) {
	ticket, ok := m.mode.Enter(maintenance.Write)
	if !ok {
		panic("the mode is off")
	}
	defer ticket.Leave()
	close(began)
	m.send(stop)
}

func (m *mailer) send(stop <-chan struct{}) { <-stop }

// wait asks for work that does not begin.
func (m *mailer) wait(ctx context.Context) {
	if ticket, err := m.mode.Wait(ctx, maintenance.Write); err == nil {
		ticket.Leave()
	}
}

func TestDrainGuessesWhichWorkerHoldsIt(t *testing.T) {
	mode, err := maintenance.Open(t.Context(), maintenance.NewMemoryStore(), maintenance.Poll(20*time.Millisecond))
	require.NoError(t, err)
	defer func() { assert.NoError(t, mode.Close()) }()
	began, stop := make(chan struct{}), make(chan struct{})
	m := &mailer{mode}
	go m.run(began, stop)
	<-began
	require.NoError(t, mode.On(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		m.wait(ctx)
	}()
	report, err := mode.Drain(ctx, maintenance.OnProgress(func(r maintenance.Report) {
		if len(r.Pending[0].Replica.Running) > 0 {
			cancel()
		}
	}))
	require.ErrorIs(t, err, context.Canceled, "%s", report)
	assert.Regexp(t, `(?m)^    perhaps maintenance_test\.\(\*mailer\)\.send$`, report)
	assert.NotContains(t, report.String(), "(*mailer).wait", "it holds no ticket")
	close(stop)
	<-waiting
}
