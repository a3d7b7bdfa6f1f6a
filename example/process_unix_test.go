//go:build unix

package main

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// shopProcess is the program as a process of its own.
type shopProcess struct {
	command *exec.Cmd
	lines   chan string // of its standard output
	errors  bytes.Buffer
	ended   chan error
}

// spawn runs the program in a folder, on a free port, with no other environment.
func spawn(t *testing.T, folder string) *shopProcess {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	p := &shopProcess{command: exec.Command(self), lines: make(chan string, 100), ended: make(chan error, 1)}
	p.command.Dir, p.command.Stderr = folder, &p.errors
	p.command.Env = []string{"ADDR=127.0.0.1:0", processEnv + "=1", "GORACE=atexit_sleep_ms=0"}
	stdin, err := p.command.StdinPipe() // it ends with this process at the latest
	require.NoError(t, err)
	stdout, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		read(stdout, p.lines)
		p.ended <- p.command.Wait()
	}()
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		_ = stdin.Close()
		<-gone
	})
	return p
}

// wait returns how the process ended.
func (p *shopProcess) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(patience):
		require.Fail(t, "the process does not end")
		return nil
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	t.Run("keeps its state in the working folder and ends by a signal", func(t *testing.T) {
		folder := t.TempDir()
		p := spawn(t, folder)
		url := address(t, p.lines)
		guest := newVisitor(t, url)
		guest.sees("Teapot")
		newcomer(t, url, "superuser").switchTo(maintenance.On)
		assert.Equal(t, http.StatusServiceUnavailable, guest.get("/").status)
		state := filepath.Join(folder, filestore.DefaultPath)
		assert.FileExists(t, state)
		require.Eventually(t, func() bool { return len(listed(t, state)) == 1 }, patience, tick)

		require.NoError(t, p.command.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, p.wait(t), "exits 0")
		assert.Empty(t, listed(t, state))
		assert.FileExists(t, state)
		assert.Regexp(t, `^\S+ \S+ INFO maintenance: the state has changed to=on .*\n$`, p.errors.String(), "and nothing else")
	})
	t.Run("a second signal does not wait for requests", func(t *testing.T) {
		p := spawn(t, t.TempDir())
		url := address(t, p.lines)
		connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		require.NoError(t, err)
		defer func() { _ = connection.Close() }()
		_, err = connection.Write([]byte("GET /slow?for=1m HTTP/1.1\r\nHost: shop\r\n\r\n"))
		require.NoError(t, err)
		status, err := bufio.NewReader(connection).ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, status, "200", "it has begun")
		require.Eventually(t, func() bool {
			_ = p.command.Process.Signal(syscall.SIGTERM)
			select {
			case err = <-p.ended:
				return true
			default:
				return false
			}
		}, patience, 10*tick)
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, syscall.SIGTERM, exit.Sys().(syscall.WaitStatus).Signal())
	})
	t.Run("says what is wrong and exits 1", func(t *testing.T) {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, filestore.DefaultPath), []byte(`{"level":"maybe"}`), 0o644))
		p := spawn(t, folder)
		var exit *exec.ExitError
		require.ErrorAs(t, p.wait(t), &exit)
		assert.Equal(t, 1, exit.ExitCode())
		assert.Contains(t, p.errors.String(), filestore.DefaultPath)
		assert.Contains(t, p.errors.String(), "correct the file, or delete it")
	})
}
