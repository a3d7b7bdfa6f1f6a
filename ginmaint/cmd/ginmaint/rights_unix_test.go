//go:build unix

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unprivileged has a call made by an account that permissions bind.
func unprivileged(w *terminal, args ...string) answer {
	cmd := w.command(args...)
	if os.Getuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return finish(w.t, cmd)
}

func TestNoRightToWrite(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	w.dir = folder(t.Name()) // other accounts can't enter one of testing's own
	path := filepath.Join(w.dir, "maintenance_mode.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"level":"read-only"}`), 0o644))
	require.NoError(t, os.Chmod(path, 0o644)) // whatever the umask
	require.NoError(t, os.Chmod(w.dir, 0o555))
	t.Cleanup(func() { _ = os.Chmod(w.dir, 0o755) }) // so that it can be removed

	got := unprivileged(w, "status", "--exit-code")
	assert.Equal(t, 3, got.code, "reading is allowed: %s", got.stderr)
	for _, args := range [][]string{{"on"}, {"off"}, {"run", "--", "touch", "/dev/null/it-ran"}} {
		got = unprivileged(w, args...)
		assert.Equal(t, 1, got.code, got.stderr)
		assert.Contains(t, got.stderr, "permission denied")
		assert.Empty(t, got.stdout)
	}
	require.NoError(t, os.Chmod(w.dir, 0o755))
	require.NoError(t, os.WriteFile(path, []byte(`{"level":"off"}`), 0o644))
	require.NoError(t, os.Chmod(w.dir, 0o555))
	got = unprivileged(w, "store", "check")
	assert.Equal(t, 1, got.code)
	assert.Contains(t, got.stdout, "ok      load ")
	assert.Contains(t, got.stdout, "failed  save ")
	assert.Contains(t, got.stdout, "failed  join ")
	assert.Contains(t, got.stderr, "2 checks of 6 failed")
}

// A limit on the length of files stands in for a disk that is full.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := at(t, "")
	w.ok("off", "--reason", "so that there is a file")
	w.ok("on")
	before := viewed(t, w.ok("status", "--json")).State
	for _, args := range []string{"off", "on --message longer", "run -- touch it-ran"} {
		cmd := w.command()
		cmd.Path, cmd.Args = "/bin/sh", append([]string{"sh", "-c", `ulimit -f 0; exec "$0" "$@"`, binary}, strings.Fields(args)...)
		got := finish(t, cmd)
		assert.Equal(t, 1, got.code, got.stderr)
		assert.Contains(t, got.stderr, "make room on the disk")
		assert.Empty(t, got.stdout)
	}
	assert.NoFileExists(t, filepath.Join(w.dir, "it-ran"))
	assert.Equal(t, before, viewed(t, w.ok("status", "--json")).State)
}
