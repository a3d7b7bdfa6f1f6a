//go:build unix

package proc_test

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

func init() {
	roles["ignore signals"] = func() error {
		signal.Ignore(syscall.SIGHUP, syscall.SIGINT)
		var env []string
		for _, entry := range os.Environ() {
			env = append(env, strings.Replace(entry, roleEnv+"=ignore", roleEnv+"=send", 1))
		}
		return syscall.Exec(os.Args[0], os.Args[:1], env)
	}
	roles["send signals"] = func() error {
		for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT} {
			if err := syscall.Kill(os.Getpid(), s); err != nil {
				return err
			}
			child, err := proc.Start(role("wait"))
			if err != nil {
				return err
			}
			defer child.Kill()
			if err := child.Ready(printed(child, "ready")); err != nil {
				return err
			}
			child.Hurry(10 * time.Second)
			if err := child.Stop(s); err != nil {
				return err
			}
			fmt.Println(child.Wait())
		}
		return nil
	}
}

// As under nohup: who was started to ignore a signal goes on to, and its children
// heed it.
func TestIgnoredSignalsAreNotInherited(t *testing.T) {
	child := start(t, role("ignore signals"))
	require.NoError(t, child.Wait())
	assert.Contains(t, child.Printed(), "signal: hangup")
	assert.Contains(t, child.Printed(), "signal: interrupt")
}

func TestStop(t *testing.T) {
	child := start(t, role("wait"))
	require.NoError(t, child.Ready(printed(child, "ready")))
	require.NoError(t, child.Stop(syscall.SIGTERM))
	require.ErrorContains(t, child.Wait(), "signal: terminated")

	child = start(t, role("be stubborn"))
	require.NoError(t, child.Ready(printed(child, "ready")))
	child.Hurry(50 * time.Millisecond)
	require.ErrorContains(t, child.Stop(syscall.SIGTERM), "does not end within 50ms of the signal terminated")
	require.ErrorContains(t, child.Wait(), "signal: killed")
}

// Where the tests run as root their servers don't.
func TestFolderForTemporaryFiles(t *testing.T) {
	open := func(name string) string {
		dir := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.MkdirAll(dir, 0o755))
		for parent := dir; filepath.Base(parent) != filepath.Base(os.TempDir()); parent = filepath.Dir(parent) {
			require.NoError(t, os.Chmod(parent, 0o755))
		}
		return dir
	}
	closed := open("closed")
	require.NoError(t, os.Chmod(closed, 0o700))
	for _, c := range []struct {
		name, dir string
		kept      bool
	}{
		{"open", open("open"), true},
		{"closed", closed, os.Geteuid() != 0},
		{"too deep", open(strings.Repeat("deep/", 20)), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			child := start(t, role("tell", "TMPDIR="+c.dir))
			require.NoError(t, child.Wait())
			assert.Equal(t, c.kept, strings.Contains(child.Printed(), "\nTMPDIR="))
		})
	}
}
