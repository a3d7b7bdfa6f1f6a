package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKilled: no server of a fleet that is killed goes on.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fleet := exec.CommandContext(t.Context(), os.Args[0])
	fleet.Env = append(os.Environ(), fleetEnv+"=1", "GINMAINT_STORE=", "TMPDIR="+dir)
	out, err := fleet.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, fleet.Start())
	told := bufio.NewScanner(out)
	for told.Scan() && !strings.HasPrefix(told.Text(), "open ") {
	}
	require.Greater(t, len(living(t, dir)), 4, "the fleet, three shops, and a server at least")
	require.NoError(t, fleet.Process.Kill())
	_ = fleet.Wait() // it was killed
	require.Eventually(t, func() bool { return len(living(t, dir)) == 0 }, patience, 50*time.Millisecond)
}

// living returns the processes that have to do with a folder: they work in it, or their
// environment or command line names it. Redis overwrites both.
func living(t *testing.T, dir string) (list []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, p := range processes { // what can't be read has ended meanwhile
		folder, _ := os.Readlink(filepath.Join(p, "cwd"))
		environ, _ := os.ReadFile(filepath.Join(p, "environ"))
		line, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		if strings.HasPrefix(folder, dir) || bytes.Contains(append(environ, line...), []byte(dir)) {
			list = append(list, p)
		}
	}
	return list
}
