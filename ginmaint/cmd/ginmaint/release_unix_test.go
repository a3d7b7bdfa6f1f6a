//go:build unix

package main_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
)

// A store that is away in the second when a run ends is no failure of the migration.
func TestRunPutsBackWhenTheStoreIsThereAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "appendonly yes", "appendfsync always")
	w := at(t, "redis://"+server.Addr())
	s := w.tell(0)
	require.NoError(t, server.Stop())
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	prints(t, s.err, "The command succeeded. The state can't be put back, trying again for 1m0s: ")
	require.NoError(t, server.Restart())
	got := s.wait()
	assert.Zero(t, got.code, got.stderr)
	assert.Zero(t, w.call("status", "--exit-code").code, "it is open again")
}

// Where the store stays away, a signal ends the attempts, and the exit code says that
// the command is not to blame.
func TestRunThatCanNotPutBack(t *testing.T) {
	t.Parallel()
	for code, c := range map[int]struct {
		exits int
		says  string
	}{
		0: {6, "ginmaint: the command succeeded, but maintenance may still be on: "},
		7: {7, "warning: the state still says that this run goes on, so to open needs --force: "},
	} {
		server := redistest.Start(t)
		w := at(t, "redis://"+server.Addr())
		s := w.tell(code)
		require.NoError(t, server.Kill())
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
		prints(t, s.err, ", trying again for 1m0s: ")
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
		got := s.wait()
		assert.Equal(t, c.exits, got.code)
		assert.Contains(t, got.stderr, c.says)
	}
}

// A run that failed while the store was away is taken over like any other.
func TestRunThatFailsTellsTheStoreLater(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "appendonly yes", "appendfsync always")
	w := at(t, "redis://"+server.Addr())
	s := w.tell(7)
	require.NoError(t, server.Stop())
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	prints(t, s.err, "The state can't be told that this run has failed, trying again for 1m0s: ")
	require.NoError(t, server.Restart())
	assert.Equal(t, 7, s.wait().code)
	got := w.call("run", "--", "true")
	assert.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stderr, "Taken over from a run that failed (")
	assert.Zero(t, w.call("status", "--exit-code").code, "it is open again")
}
