package proc_test

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

func never() bool { return false }

func TestReady(t *testing.T) {
	child := start(t, role("wait"))
	require.NoError(t, child.Ready(printed(child, "ready")))
	child.Kill()
	assert.Error(t, child.Wait(), "killed")
	child.Kill()
	assert.NoError(t, child.Stop(syscall.SIGTERM), "it has ended already")
	assert.NoError(t, child.Signal(syscall.SIGTERM), "it has ended already")
}

func TestChildThatEndsBeforeItIsReady(t *testing.T) {
	err := start(t, role("fail")).Ready(never)
	require.ErrorContains(t, err, "ended before it was ready: exit status 7; it printed:\nout of tea")
	assert.NotErrorIs(t, err, proc.ErrPortTaken)
}

func TestChildThatIsNeverReady(t *testing.T) {
	child := start(t, role("wait"))
	child.Hurry(50 * time.Millisecond)
	require.ErrorContains(t, child.Ready(never), "is not ready after 50ms")
	select {
	case <-child.Ended():
	default:
		assert.Fail(t, "it still runs")
	}
}

func TestWait(t *testing.T) {
	require.ErrorContains(t, start(t, role("fail")).Wait(), "failed: exit status 7; it printed:\nout of tea")
	require.NoError(t, start(t, role("tell")).Wait())
	child := start(t, role("wait"))
	child.Hurry(50 * time.Millisecond)
	require.ErrorContains(t, child.Wait(), "does not end within 50ms")
	require.ErrorContains(t, proc.Run(role("fail")), "out of tea")
	require.ErrorContains(t, proc.Run(exec.Command(filepath.Join(t.TempDir(), "nothing"))), "nothing can't be started")
}

func TestUntilEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := proc.Until(ctx, "the kettle to boil", never)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "waiting for the kettle to boil")
}

func TestOnFreePort(t *testing.T) {
	taken, broken := proc.ErrPortTaken, errors.New("broken")
	for _, c := range []struct {
		name  string
		start []error // what it returns in turn
		want  error
	}{
		{"free", []error{nil}, nil},
		{"taken twice", []error{taken, taken, nil}, nil},
		{"taken always", []error{taken, taken, taken, taken, taken}, taken},
		{"another error", []error{taken, broken}, broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			err := proc.OnFreePort(func(port string) error {
				listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
				require.NoError(t, err)
				require.NoError(t, listener.Close())
				calls++
				return c.start[calls-1]
			})
			assert.Equal(t, c.want, err)
			assert.Len(t, c.start, calls)
		})
	}
}

func TestChildThatFindsItsPortTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	err = start(t, role("listen", "ADDRESS="+listener.Addr().String())).Ready(never)
	assert.ErrorIs(t, err, proc.ErrPortTaken)
}

// What is missing fails the test, in one line that says what to install.
func TestMissingProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for program, says := range map[string]string{
		"redis-server": "the package redis-server, 7.0 or later",
		"postgres":     "the package postgresql",
		"chromedriver": "the package chromium-driver",
		"go":           "install it",
	} {
		_, err := proc.Find(program)
		require.ErrorContains(t, err, "the tests need "+program)
		require.ErrorContains(t, err, says)
		assert.NotContains(t, err.Error(), "\n")
	}
}

// A process that imports the package is rid of what would steer it or its children.
func TestInheritedVariables(t *testing.T) {
	nonsense := []string{
		"PGHOST=no.invalid", "PGPORT=1", "PGUSER=nobody", "PGPASSWORD=x", "PGSERVICE=none", "PGOPTIONS=-cnone=1",
		"REDIS_URL=x", "REDISCLI_AUTH=x", "GINMAINT_STORE=none://", "GINMAINT_FILE=/none",
		"LANG=de_DE.UTF-8", "LANGUAGE=de", "LC_ALL=de_DE.UTF-8", "LC_MESSAGES=de_DE.UTF-8",
		"TZ=Asia/Tokyo", "TERM=dumb", "NO_COLOR=1",
	}
	child := start(t, role("tell", append(nonsense, "TEAPOT=kept")...))
	require.NoError(t, child.Wait())
	lines := strings.Split(child.Printed(), "\n")
	for _, entry := range nonsense {
		assert.NotContains(t, lines, entry)
	}
	assert.Subset(t, lines, []string{"TEAPOT=kept", "LC_ALL=C", "TZ=UTC"})
	for _, line := range lines {
		assert.False(t, strings.HasPrefix(line, "PG"), line)
	}
}
