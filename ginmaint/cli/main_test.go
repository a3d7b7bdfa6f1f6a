package cli

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for something that must happen.
const patience = time.Minute

// answer is how one command ended.
type answer struct {
	code           int
	stdout, stderr string
}

// called runs a command line with these options, in this process.
func called(t *testing.T, opts []Option, args ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return calledUntil(ctx, opts, args...)
}

func calledUntil(ctx context.Context, opts []Option, args ...string) answer {
	var out, errs bytes.Buffer
	command := Command(opts...)
	command.SetArgs(args)
	command.SetIn(new(bytes.Buffer))
	command.SetOut(&out)
	command.SetErr(&errs)
	err := command.ExecuteContext(ctx)
	return answer{ExitCode(err), out.String(), errs.String()}
}

// on returns the options for a store.
func on(s maintenance.Store) []Option { return []Option{Store(s)} }

// serving opens a Mode that serves, and has the test close it.
func serving(t *testing.T, store maintenance.Store, opts ...maintenance.Option) *maintenance.Mode {
	t.Helper()
	m, err := maintenance.Open(t.Context(), store, append(opts, maintenance.Poll(20*time.Millisecond))...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = m.Close() }) // a test may have left work behind
	return m
}

// alone is a store that keeps no roster.
type alone struct{ maintenance.Store }

// broken is a store that fails.
type broken struct {
	maintenance.Store
	maintenance.Roster
	load, save, watch, list error
}

var errBroken = errors.New("broken: the cable is cut; mend it")

func (b broken) Load(ctx context.Context) (maintenance.State, error) {
	if b.load != nil {
		return maintenance.State{}, b.load
	}
	return b.Store.Load(ctx)
}

func (b broken) Save(ctx context.Context, s maintenance.State) (maintenance.State, error) {
	if b.save != nil {
		return maintenance.State{}, b.save
	}
	return b.Store.Save(ctx, s)
}

func (b broken) Watch(ctx context.Context, changed func(maintenance.State)) error {
	if b.watch != nil {
		return b.watch
	}
	return b.Store.Watch(ctx, changed)
}

func (b broken) Replicas(ctx context.Context) (maintenance.Listing, error) {
	if b.list != nil {
		return maintenance.Listing{}, b.list
	}
	return b.Roster.Replicas(ctx)
}

// deaf is a store whose pushes get lost on their way.
type deaf struct{ maintenance.Store }

func (deaf) Watch(ctx context.Context, changed func(maintenance.State)) error {
	changed(maintenance.State{})
	<-ctx.Done()
	return ctx.Err()
}
