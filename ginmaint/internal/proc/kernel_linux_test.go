package proc_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// holding starts the command with one end of a pipe for its output, and waits for
// its first line. The other end comes to its end once no process holds the first.
func holding(t *testing.T, command *exec.Cmd) (*proc.Child, *bufio.Reader) {
	t.Helper()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = reader.Close() })
	require.NoError(t, reader.SetReadDeadline(time.Now().Add(10*time.Second)))
	command.Stdout = writer
	child := start(t, command)
	require.NoError(t, writer.Close())
	output := bufio.NewReader(reader)
	line, err := output.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	return child, output
}

func TestChildrenEndWithTheirParent(t *testing.T) {
	parent, output := holding(t, role("start a child"))
	require.NoError(t, parent.Signal(syscall.SIGKILL))
	_, err := output.ReadString('\n')
	require.ErrorIs(t, err, io.EOF, "the child still runs")
}

func TestKillReachesWhatTheChildStarted(t *testing.T) {
	for name, script := range map[string]string{
		"one":           "sleep 60 & echo ready; wait",
		"one's child":   "(sleep 60 & wait) & echo ready; wait",
		"more and more": "echo ready; for i in $(seq 300); do sleep 60 & done; wait",
	} {
		t.Run(name, func(t *testing.T) {
			child, output := holding(t, exec.Command("/bin/sh", "-c", script))
			child.Kill()
			_, err := output.ReadString('\n')
			require.ErrorIs(t, err, io.EOF, "what it started still runs")
		})
	}
}
