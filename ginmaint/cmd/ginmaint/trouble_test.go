package main_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

const secret = "s3cr3tWord"

// silent listens and never answers.
func silent(t *testing.T) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// nobody returns an address that nobody listens at.
func nobody(t *testing.T) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// everyCommand is one call of each.
var everyCommand = [][]string{
	{"on"}, {"on", "--drain"}, {"off"}, {"status"}, {"status", "--wait", "on"}, {"run", "--", "true"}, {"preflight"},
	{"replicas"}, {"replicas", "--watch"}, {"replicas", "forget", "X"}, {"watch"}, {"store", "check"},
}

func TestUnreachableStore(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]string{
		"redis, refused":    "redis://user:" + secret + "@" + nobody(t) + "/0",
		"redis, silent":     "redis://user:" + secret + "@" + silent(t) + "/0",
		"postgres, refused": "postgres://user:" + secret + "@" + nobody(t) + "/shop",
		"postgres, silent":  "postgres://user:" + secret + "@" + silent(t) + "/shop",
		"no folder":         "file:///no/such/folder/on.json",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := at(t, store)
			for _, args := range everyCommand {
				began := time.Now()
				got := w.call(append(args[:1:1], append([]string{"--connect-timeout", "250ms"}, args[1:]...)...)...)
				assert.Equal(t, 1, got.code, "%v: %s", args, got.stderr)
				assert.Less(t, time.Since(began), time.Minute, "%v", args)
				assert.True(t, strings.HasPrefix(got.stderr, "ginmaint: "), got.stderr)
				assert.Empty(t, got.stdout, "%v", args)
				if strings.HasSuffix(name, "silent") {
					assert.Contains(t, got.stderr, "did not answer within 250ms")
					assert.Contains(t, got.stderr, "more time with --connect-timeout")
				}
				assert.NotContains(t, got.stderr, secret)
			}
		})
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "requirepass right")
	w := at(t, "redis://:"+secret+"@"+server.Addr()+"/0")
	got := w.call("on")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stderr, "check the client's user name and password")
	assert.NotContains(t, got.stderr+got.stdout, secret)
}

// However a URL is mistyped, and wherever it lands, its password stays out of
// both streams.
func TestPasswordIsNeverPrinted(t *testing.T) {
	t.Parallel()
	target := "user:" + secret + "@" + nobody(t)
	for _, args := range [][]string{
		{"status", "--store", "redis://" + target + "/0"},
		{"status", "--store", "redis://" + target + "/shop"},
		{"status", "--store", "redis://" + target + "/0?swtich=a"},
		{"status", "--store", "rediss://" + target + "/0"},
		{"status", "--store", "redsi://" + target},
		{"status", "--store", "redis://user:" + secret + "#@h"},
		{"status", "--store", "redis://user:" + secret + "/x@h"},
		{"status", "--store", "redis://user:" + secret + " @h"},
		{"status", "--store", "user:" + secret + "@h"},
		{"status", "--store", "postgres://" + target + "/db"},
		{"status", "--store", "postgres://" + target + "/db?sslmode=maybe"},
		{"status", "--store", "postgres://h/db?password=" + secret + "&sslmode=maybe"},
		{"status", "--store", "postgres://127.0.0.1:1/db?user=u&password=" + secret},
		{"store", "check", "--store", "postgres://" + target + "/db"},
		{"-store=redis://" + target, "status"},
		{"--stroe=redis://" + target, "status"},
		{"--connect-timeout", "redis://" + target, "status"},
		{"redis://" + target, "status"},
		{"status", "redis://" + target},
		{"on", "--start", "redis://" + target},
		{"status", "--wait", "redis://" + target},
		{"replicas", "forget", "redis://" + target},
		{"run", "--", "redis://" + target},
	} {
		got := at(t, "").call(args...)
		assert.NotZero(t, got.code, "%v", args)
		assert.NotContains(t, got.stdout+got.stderr, secret, "%v", args)
		assert.NotEmpty(t, got.stderr)
	}
	server, err := redisServer()
	require.NoError(t, err)
	w := at(t, "redis://user:@"+server.Addr()+"/0?switch=secretless")
	assert.NotContains(t, w.ok("status"), "user:", "the store is named without its user")
}

// A result that nobody could read is no success.
func TestOutputThatCanNotBeWritten(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	for _, args := range [][]string{{"status"}, {"status", "--json"}, {"watch"}, {"replicas", "--watch"}, {"on"}} {
		closed, err := os.Open(os.DevNull) // for reading
		require.NoError(t, err)
		cmd := w.command(args...)
		errs := new(proc.Output)
		cmd.Stdout, cmd.Stderr = closed, errs
		assert.Error(t, cmd.Run())
		assert.NoError(t, closed.Close())
		assert.Equal(t, 1, cmd.ProcessState.ExitCode(), errs.String())
		assert.Contains(t, errs.String(), "the result can't be written to standard output")
	}
	assert.Equal(t, 3, w.call("status", "--exit-code").code)
}

func TestFileThatIsNoState(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	path := filepath.Join(w.dir, "maintenance_mode.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"level":"onn"}`), 0o644))
	for _, args := range everyCommand {
		got := w.call(args...)
		assert.Equal(t, 1, got.code, "%v: %s", args, got.stderr)
		assert.Contains(t, got.stderr, "correct the file, or delete it, which means off")
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, `{"level":"onn"}`, string(text))
}

// Who watches is told when the store is away, and when it is back.
func TestWatchTellsWhenTheStoreIsBack(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	path := filepath.Join(w.dir, "maintenance_mode.json")
	watching := w.start("watch")
	prints(t, watching.out, "it was never switched here.\n")
	require.NoError(t, os.WriteFile(path, []byte(`{"level":"onn"}`), 0o644))
	prints(t, watching.err, "the store can't be asked for the state")
	require.NoError(t, os.WriteFile(path, []byte(`{"level":"on"}`), 0o644))
	prints(t, watching.err, "the store answers again")
	prints(t, watching.out, "Maintenance is on")
}

// A store that goes away while the drain waits is named as the reason.
func TestStoreThatGoesAwayDuringTheDrain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	store := "redis://" + server.Addr() + "/0"
	w := at(t, store)
	entered(t, store, maintenance.Replica{ID: "GONE", Name: "gone-1", Lease: time.Minute})
	s := w.start("on", "--drain", "--timeout", "4s")
	prints(t, s.err, "  gone-1: waiting")
	require.NoError(t, server.Kill())
	got := s.wait()
	assert.Equal(t, 4, got.code)
	assert.Contains(t, got.stderr, "connection refused")
	assert.Contains(t, got.stderr, "\nMaintenance was on when the store last answered; to open: ginmaint off\n")
	assert.NotContains(t, got.stderr, "gone-1: drained")
}

// A list that is kept up to date goes on when the store is there again.
func TestWatchReplicasGoesOn(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "appendonly yes", "appendfsync always")
	store := "redis://" + server.Addr() + "/0"
	w := at(t, store)
	entered(t, store, maintenance.Replica{ID: "AAAA", Name: "web-1", Lease: time.Hour})
	s := w.start("replicas", "--watch")
	prints(t, s.out, "AAAA web-1: off, current, in flight: -\n")
	require.NoError(t, server.Stop())
	prints(t, s.err, "warning: the replicas can't be listed, trying again: ")
	require.NoError(t, server.Restart())
	prints(t, s.err, "the replicas can be listed again\n")
	w.ok("replicas", "forget", "AAAA")
	prints(t, s.out, "AAAA web-1: gone\n")
	assert.Equal(t, 1, strings.Count(s.err.String(), "trying again: "))
}
