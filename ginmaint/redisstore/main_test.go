package redisstore_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// shared serves every test that neither configures nor breaks its server. Each
// test uses a switch of its own.
var shared *redistest.Server

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "redisstore")
	if err == nil {
		defer os.RemoveAll(dir)
		shared, err = redistest.Launch(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := shared.Kill(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := leaks(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// leaks returns what is still running. A client that could not connect looks only
// once a second whether it was closed.
func leaks() (err error) {
	for range 4 {
		if err = goleak.Find(); err == nil {
			return nil
		}
	}
	return err
}

// name is the switch of this test. When the test ends the shared server forgets
// everything, so that the test can run again.
func name(t testing.TB) redisstore.Option {
	t.Helper()
	client := shared.Client(t)
	t.Cleanup(func() { require.NoError(t, client.FlushAll(context.Background()).Err()) })
	return redisstore.Switch(t.Name())
}

// key returns a key of this test's switch, as the package's documentation names it.
// The test's name must hold nothing that is escaped.
func key(t testing.TB, which string) string {
	return "ginmaint:{" + t.Name() + "}:" + which
}

// open returns a store of this test's switch on the shared server, and the client
// that it uses.
func open(t testing.TB) (*redisstore.Store, *redis.Client) {
	t.Helper()
	client := shared.Client(t)
	return redisstore.New(client, name(t)), client
}

// impatient returns a client that gives up early, so that a test need not wait.
func impatient(t testing.TB, addr string) *redis.Client {
	t.Helper()
	return redistest.Connect(t, &redis.Options{
		Addr: addr, MaxRetries: -1,
		DialTimeout: 500 * time.Millisecond, ReadTimeout: 500 * time.Millisecond, WriteTimeout: 500 * time.Millisecond,
	})
}

// within returns a context that bounds a test.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// watching runs Watch, hands on what it is told, and stops it with the test.
type watching struct {
	told  chan maintenance.State
	ended chan error
	stop  context.CancelFunc
}

func watch(t testing.TB, store *redisstore.Store) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{told: make(chan maintenance.State, 100), ended: make(chan error, 1), stop: cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.ended <- store.Watch(ctx, func(s maintenance.State) { w.told <- s })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

func watchReplicas(t testing.TB, store *redisstore.Store) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{told: make(chan maintenance.State, 1000), ended: make(chan error, 1), stop: cancel}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.ended <- store.WatchReplicas(ctx, func() { w.told <- maintenance.State{} })
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

// next returns what the watch is told next.
func (w *watching) next(t testing.TB) maintenance.State {
	t.Helper()
	select {
	case s := <-w.told:
		return s
	case err := <-w.ended:
		require.FailNow(t, "the watch ended", "%v", err)
	case <-time.After(10 * time.Second):
		require.FailNow(t, "the watch was not told")
	}
	return maintenance.State{}
}

// over returns the error that the watch ends with.
func (w *watching) over(t testing.TB, bound time.Duration) error {
	t.Helper()
	select {
	case err := <-w.ended:
		return err
	case <-time.After(bound):
		require.FailNow(t, "the watch did not end")
	}
	return nil
}

// article tells whether an error is a sentence of this package that ends with
// what to do, and no secret.
func article(t testing.TB, err error, remedy string, secrets ...string) {
	t.Helper()
	require.Error(t, err)
	require.True(t, strings.HasPrefix(err.Error(), "redisstore: "), err.Error())
	require.Contains(t, err.Error(), remedy)
	for _, secret := range secrets {
		require.NotContains(t, err.Error(), secret)
	}
}
