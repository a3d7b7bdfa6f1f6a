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
