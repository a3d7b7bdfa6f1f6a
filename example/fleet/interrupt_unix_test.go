//go:build unix

package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCtrlC: a terminal interrupts the whole group of processes. The fleet ends in order
// all the same, in the middle of its story.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	fleet := exec.CommandContext(t.Context(), os.Args[0])
	fleet.Env = append(os.Environ(), fleetEnv+"=1", "GINMAINT_STORE=")
	fleet.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var complaints bytes.Buffer
	fleet.Stderr = &complaints
	out, err := fleet.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, fleet.Start())
	told := bufio.NewScanner(out)
	for told.Scan() && !strings.HasPrefix(told.Text(), "open ") {
	}
	require.NoError(t, syscall.Kill(-fleet.Process.Pid, syscall.SIGINT))
	for told.Scan() {
	}
	assert.NoError(t, fleet.Wait())
	assert.Empty(t, complaints.String())
}
