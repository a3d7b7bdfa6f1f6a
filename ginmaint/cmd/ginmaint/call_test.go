package main_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/stores"
)

// patience bounds every wait for something that must happen.
const patience = time.Minute

// terminal is where somebody calls the command: a working directory and an
// environment.
type terminal struct {
	t   testing.TB
	dir string
	env []string
}

// at returns a terminal in an empty folder, with a store to follow or, for the
// empty text, the default one.
func at(t testing.TB, store string) *terminal {
	t.Helper()
	dir := t.TempDir()
	env := append(os.Environ(), "HOME="+dir, "GINMAINT_EXPECT=0+")
	if store != "" {
		env = append(env, "GINMAINT_STORE="+store)
	}
	return &terminal{t, dir, env}
}

// answer is how a call ended, and what it printed.
type answer struct {
	code           int
	stdout, stderr string
}

// command prepares a call that ends with the test at the latest.
func (w *terminal) command(args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	return cmd
}

// call calls the command and waits for it.
func (w *terminal) call(args ...string) answer {
	w.t.Helper()
	return finish(w.t, w.command(args...))
}

func finish(t testing.TB, cmd *exec.Cmd) answer {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := proc.Run(cmd)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return answer{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// ok calls the command, which has to succeed, and returns its output.
func (w *terminal) ok(args ...string) string {
	w.t.Helper()
	got := w.call(args...)
	require.Zero(w.t, got.code, "%v printed:\n%s%s", args, got.stdout, got.stderr)
	return got.stdout
}

// started is a call that runs on.
type started struct {
	t        testing.TB
	cmd      *exec.Cmd
	child    *proc.Child
	out, err *proc.Output
}

// start calls the command and goes on.
func (w *terminal) start(args ...string) *started {
	w.t.Helper()
	s := &started{t: w.t, cmd: w.command(args...), out: new(proc.Output), err: new(proc.Output)}
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.err
	child, err := proc.Start(s.cmd)
	require.NoError(w.t, err)
	w.t.Cleanup(child.Kill)
	s.child = child
	return s
}

// wait waits for the call to end.
func (s *started) wait() answer {
	s.t.Helper()
	<-s.child.Ended()
	return answer{s.cmd.ProcessState.ExitCode(), s.out.String(), s.err.String()}
}

// prints waits until the text was printed.
func prints(t testing.TB, o *proc.Output, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(o.String(), text) }, patience, 5*time.Millisecond,
		"%q was never printed", text)
}

// kinds are the stores that every command is called against, each with the URL of
// one that nobody has used.
var kinds = map[string]func(t testing.TB) string{
	"file": func(t testing.TB) string {
		return "file://" + filepath.ToSlash(filepath.Join(t.TempDir(), "on.json"))
	},
	"sqlite": func(t testing.TB) string {
		return "sqlite://" + filepath.ToSlash(filepath.Join(t.TempDir(), "app.db")) + "?poll=100ms"
	},
	"redis": func(t testing.TB) string {
		server, err := redisServer()
		require.NoError(t, err)
		return "redis://" + server.Addr() + "/0?switch=" + rand.Text() // another in each run of the test
	},
	"postgres": func(t testing.TB) string {
		server, err := postgresServer()
		require.NoError(t, err)
		return server.Database(t)
	},
}

// everywhere runs the test once for each store, side by side.
func everywhere(t *testing.T, test func(t *testing.T, store string)) {
	t.Parallel()
	for name, fresh := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := fresh(t)
			migrate(t, store)
			test(t, store)
		})
	}
}

// migrate makes the tables, as the application does when it starts.
func migrate(t testing.TB, rawURL string) {
	t.Helper()
	store, done, err := stores.Open(t.Context(), rawURL)
	require.NoError(t, err)
	defer func() { assert.NoError(t, done()) }()
	if tables, ok := store.(interface{ Migrate(context.Context) error }); ok {
		require.NoError(t, tables.Migrate(t.Context()))
	}
}

// service has a replica follow the store, in this process.
func service(t testing.TB, rawURL, name string) *maintenance.Mode {
	t.Helper()
	store, done, err := stores.Open(t.Context(), rawURL)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, done()) })
	m, err := maintenance.Open(t.Context(), store, maintenance.Name(name))
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := m.Close(); err != nil { // a server that is busy takes longer than a goodbye waits
			t.Log(err)
		}
	})
	return m
}

// begun has the replica do some work, and returns how to end it.
func begun(t testing.TB, m *maintenance.Mode, a maintenance.Access) func() {
	t.Helper()
	ticket, ok := m.Enter(a)
	require.True(t, ok)
	end := sync.OnceFunc(ticket.Leave)
	t.Cleanup(end)
	return end
}

// entered puts an entry into the roster whose process does nothing any more.
func entered(t testing.TB, rawURL string, r maintenance.Replica) {
	t.Helper()
	store, done, err := stores.Open(t.Context(), rawURL)
	require.NoError(t, err)
	defer func() { assert.NoError(t, done()) }()
	_, err = store.(maintenance.Roster).Join(t.Context(), r)
	require.NoError(t, err)
}
