package filestore

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// The test binary runs itself again to have other processes: childEnv names
// what such a process does, and its arguments follow.
const childEnv = "FILESTORE_TEST_CHILD"

var children = map[string]func(args []string) error{
	"increment": childIncrement,
	"toggle":    childToggle,
	"join":      childJoin,
	"serve":     childServe,
}

func TestMain(m *testing.M) {
	if role, ok := os.LookupEnv(childEnv); ok {
		if err := children[role](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv("TMPDIR") == "" && local(inMemory) {
		if err := os.Setenv("TMPDIR", inMemory); err != nil {
			panic(err)
		}
	}
	flag.Parse()
	// Most of their time these tests wait for timers, files and other processes.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// The tests keep their files in memory where Linux has a folder for that, unless TMPDIR
// names another: on a disk they would mostly wait for its syncs, of which they show
// nothing. Those that kill a process in the middle of a save use onDisk.
const inMemory = "/dev/shm"

var disk = os.TempDir()

// onDisk is newPath where a save takes as long as in earnest.
func onDisk(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp(disk, "ginmaint") //nolint:usetesting // t.TempDir is in memory
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(folder)) })
	return filepath.Join(folder, DefaultPath)
}

// child is another process that runs a role.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
}

// start runs a role. The process ends with the test at the latest, and by
// itself once its standard input is closed.
func start(t *testing.T, role string, args ...string) *child {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+role, "GORACE=atexit_sleep_ms=0") // or each takes a second to end
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	c := &child{t, cmd, stdin, bufio.NewScanner(stdout)}
	t.Cleanup(c.kill)
	return c
}

// line waits for the next line that the process writes.
func (c *child) line() string {
	c.t.Helper()
	require.True(c.t, c.lines.Scan(), "the child ended early")
	return c.lines.Text()
}

func (c *child) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}

// wait waits for the process to end without an error.
func (c *child) wait() {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Wait())
}

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), DefaultPath) }

// elsewhere returns a store as another process has it.
func elsewhere(path string) *Store {
	s := New(path)
	s.share(newSite())
	return s
}

// exclusively runs f with the turn and the lock.
func exclusively(t *testing.T, s *Store, f func(*lock) error) {
	t.Helper()
	require.NoError(t, s.await(t.Context()))
	defer s.pass()
	require.NoError(t, s.locked(t.Context(), f))
}

func put(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func load(t *testing.T, s *Store) maintenance.State {
	t.Helper()
	state, err := s.Load(t.Context())
	require.NoError(t, err)
	return state
}

func save(t *testing.T, s *Store, level maintenance.Level) maintenance.State {
	t.Helper()
	state := load(t, s)
	state.Level = level
	saved, err := s.Save(t.Context(), state)
	require.NoError(t, err)
	return saved
}

// listing returns the names in the folder of path.
func listing(t *testing.T, path string) []string {
	t.Helper()
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	names := []string{}
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}
