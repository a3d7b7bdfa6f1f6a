package toxitest_test

import (
	"bufio"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/toxitest"
)

// echo answers every line with the same line, until the test ends.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				lines := bufio.NewScanner(connection)
				lines.Buffer(nil, 1<<20)
				for lines.Scan() {
					if _, err := connection.Write(append(lines.Bytes(), '\n')); err != nil {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		<-stopped
	})
	return listener.Addr().String()
}

func connect(t *testing.T, addr string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// ask sends a line and returns how long the answer took.
func ask(connection net.Conn, line string, patience time.Duration) (time.Duration, error) {
	began := time.Now()
	_ = connection.SetDeadline(began.Add(patience))
	if _, err := connection.Write([]byte(line + "\n")); err != nil {
		return 0, err
	}
	_, err := bufio.NewReader(connection).ReadString('\n')
	return time.Since(began), err
}

func TestProxy(t *testing.T) {
	proxies := toxitest.Start(t)
	upstream := echo(t)
	const patient, impatient = 10 * time.Second, 200 * time.Millisecond

	t.Run("nothing wrong", func(t *testing.T) {
		proxy := proxies.Proxy(t, upstream)
		_, err := ask(connect(t, proxy.Addr()), "hello", patient)
		require.NoError(t, err)
	})
	t.Run("latency", func(t *testing.T) {
		proxy := proxies.Proxy(t, upstream)
		proxy.Latency(t, 100*time.Millisecond)
		took, err := ask(connect(t, proxy.Addr()), "hello", patient)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, took, 100*time.Millisecond)
	})
	t.Run("bandwidth", func(t *testing.T) {
		proxy := proxies.Proxy(t, upstream)
		proxy.Bandwidth(t, 100)
		took, err := ask(connect(t, proxy.Addr()), strings.Repeat("x", 30_000), patient)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, took, 200*time.Millisecond)
	})
	for name, fault := range map[string]func(*toxitest.Proxy, testing.TB){
		"silence": (*toxitest.Proxy).Silence,
		"deaf":    (*toxitest.Proxy).Deafen,
		"mute":    (*toxitest.Proxy).Mute,
	} {
		t.Run(name, func(t *testing.T) {
			proxy := proxies.Proxy(t, upstream)
			open := connect(t, proxy.Addr())
			_, err := ask(open, "hello", patient)
			require.NoError(t, err)
			fault(proxy, t)
			_, err = ask(open, "hello", impatient)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded, "open, and nothing comes")
			proxy.Heal(t)
			_, err = ask(connect(t, proxy.Addr()), "hello", patient)
			require.NoError(t, err)
		})
	}
	t.Run("cut", func(t *testing.T) {
		proxy := proxies.Proxy(t, upstream)
		addr := proxy.Addr()
		open := connect(t, addr)
		_, err := ask(open, "hello", patient)
		require.NoError(t, err)
		proxy.Cut(t)
		_, err = ask(open, "hello", patient)
		require.Error(t, err)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "closed, not silent")
		_, err = net.Dial("tcp", addr)
		require.Error(t, err)
		proxy.Heal(t)
		assert.Equal(t, addr, proxy.Addr())
		_, err = ask(connect(t, addr), "hello", patient)
		require.NoError(t, err)
	})
}
