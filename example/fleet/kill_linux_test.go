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
	require.NotEmpty(t, living(t, dir))
	require.NoError(t, fleet.Process.Kill())
	_ = fleet.Wait() // it was killed
	require.Eventually(t, func() bool { return len(living(t, dir)) == 0 }, patience, 50*time.Millisecond)
}

// living returns the processes that work in a folder, by their command lines.
func living(t *testing.T, dir string) (list []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file) // fails where the process has ended meanwhile
		if err == nil && bytes.Contains(text, []byte(dir)) {
			list = append(list, string(text))
		}
	}
	return list
}
