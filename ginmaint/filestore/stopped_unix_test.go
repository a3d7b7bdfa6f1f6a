//go:build unix

package filestore

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

func (c *child) signal(signal syscall.Signal) {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Signal(signal))
	if signal == syscall.SIGSTOP {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(c.cmd.Process.Pid, &status, syscall.WUNTRACED, nil)
		require.NoError(c.t, err)
		require.True(c.t, status.Stopped())
	}
}

// A process that was stopped before anybody had switched can't write its entry.
// Its work may still run, so no drain passes over it.
func TestProcessStoppedBeforeTheFirstSwitchHoldsTheDrainUp(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	stopped, killed := serve(t, path, time.Second), serve(t, path, time.Second)
	require.Equal(t, "admitted", stopped.ask())
	require.Equal(t, "admitted", killed.ask())
	stopped.signal(syscall.SIGSTOP)
	killed.signal(syscall.SIGSTOP)
	require.Empty(t, listing(t, path))

	mode := openMode(t, New(path), maintenance.Observer())
	require.NoError(t, mode.On(t.Context()))
	assert.Equal(t, []string{unlistedID}, pending(t, mode))
	killed.kill()
	assert.Equal(t, []string{unlistedID}, pending(t, mode), "one of two lives")
	stopped.signal(syscall.SIGCONT)
	require.Eventually(t, func() bool {
		_, strange := replicas(t, New(path))[unlistedID]
		return !strange
	}, patience, time.Millisecond)
	assert.Len(t, pending(t, mode), 1, "it is listed, and its work still runs")
	stopped.kill()
	assert.Zero(t, drains(t, mode).Total)
}

func TestProcessKilledBeforeTheFirstSwitchHoldsNoDrainUp(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	c := serve(t, path, time.Second)
	require.Equal(t, "admitted", c.ask())
	c.kill()
	mode := openMode(t, New(path), maintenance.Observer())
	require.NoError(t, mode.On(t.Context()))
	assert.Zero(t, drains(t, mode).Total)
	assert.NoDirExists(t, New(path).roster()+"/incarnation")
}

// A process that was stopped while somebody deleted the files still lives.
func TestStoppedProcessIsNotLostWithTheFiles(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	mode := openMode(t, New(path), maintenance.Observer())
	require.NoError(t, mode.Off(t.Context()))
	c := serve(t, path, time.Second)
	require.Equal(t, "admitted", c.ask())
	c.signal(syscall.SIGSTOP)
	remove(t, path)
	require.NoError(t, mode.On(t.Context()))
	assert.Equal(t, []string{unlistedID}, pending(t, mode))
	c.kill()
	drains(t, mode)
}

// By lock files a process that was stopped while somebody deleted the roster is not seen.
// But that a roster is lost is known, also where only newcomers look.
func TestStoppedProcessIsNotLostWithTheRosterOnAShare(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	const poll = 20 * time.Millisecond
	c := start(t, "serve", path, poll.String(), "shared")
	require.Equal(t, "ready", c.line())
	require.Equal(t, "admitted", c.ask())
	exclusively(t, elsewhere(path), func(*lock) error { // it would keep the lock
		c.signal(syscall.SIGSTOP)
		return os.RemoveAll(New(path).roster())
	})

	mode := openMode(t, onShare(path), maintenance.Poll(poll))
	require.NoError(t, mode.On(t.Context()))
	assert.Contains(t, pending(t, mode), unknownID, "its work still runs")
	c.signal(syscall.SIGCONT)
	require.Eventually(t, func() bool { return c.ask() == "refused" && len(replicas(t, onShare(path))) == 3 }, patience, time.Millisecond)
	require.NoError(t, mode.Forget(t.Context(), unknownID), "a person has looked")
	assert.Len(t, pending(t, mode), 1, "it is listed, and its work still runs")
	c.kill()
	assert.Equal(t, 1, drains(t, mode).Total)
}
