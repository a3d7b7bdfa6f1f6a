package main_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answering listens, and has each connection answered until the test ends.
func answering(t *testing.T, answer func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				answer(conn)
			}()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-ended })
	return listener.Addr().String()
}

// Whatever goes wrong with a store, and however the command gets its password, nothing
// that it prints, logs of the clients included, shows the password.
func TestNoOutputShowsTheStoresPassword(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	failures := map[string]string{
		"another protocol": answering(t, func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }),
		"echo":             answering(t, func(c net.Conn) { _, _ = io.Copy(c, c) }),
	}
	for kind, url := range map[string]string{
		"redis":    "redis://user:PASSWORD@HOST/0?dial_timeout=300ms&read_timeout=300ms&max_retries=-1",
		"rediss":   "rediss://user:PASSWORD@HOST/0?dial_timeout=300ms&read_timeout=300ms&max_retries=-1",
		"cluster":  "redis://user:PASSWORD@HOST?cluster=true&dial_timeout=300ms&read_timeout=300ms",
		"sentinel": "redis://user:PASSWORD@HOST?master_name=main&dial_timeout=300ms&read_timeout=300ms",
		"postgres": "postgres://user:PASSWORD@HOST/shop?sslmode=disable",
		"mysql":    "mysql://user:PASSWORD@HOST/shop?poll=1s",
	} {
		for failure, host := range failures {
			t.Run(kind+", "+failure, func(t *testing.T) {
				t.Parallel()
				whole := strings.Replace(strings.Replace(url, "HOST", host, 1), "PASSWORD", secret, 1)
				apart := strings.Replace(whole, ":"+secret, "", 1) + "&password_file=" + written(t, secret+"\n")
				ways := []string{"GINMAINT_STORE=" + whole}
				if failure != "echo" {
					ways = append(ways, "GINMAINT_STORE_FILE="+written(t, whole+"\n"), "GINMAINT_STORE="+apart)
				}
				for _, way := range ways {
					w := at(t, "")
					w.env = append(w.env, way)
					got := w.call("store", "check", "--connect-timeout", "300ms")
					assert.NotZero(t, got.code, way)
					assert.NotContains(t, got.stdout+got.stderr, secret, way)
					assert.NotContains(t, got.stderr, "warning", way)
				}
			})
		}
	}
}

func TestSecretThatAllAccountsMayRead(t *testing.T) {
	t.Parallel()
	password := written(t, "hunter2")
	w := at(t, "redis://127.0.0.1:1?max_retries=-1&password_file="+password)
	assert.NotContains(t, w.call("status").stderr, "warning")
	require.NoError(t, os.Chmod(password, 0o644))
	assert.Contains(t, w.call("status").stderr, "warning: every account of this host may read the secret in "+password)
	w = at(t, "")
	w.env = append(w.env, "GINMAINT_STORE_FILE="+password)
	assert.Contains(t, w.call("status").stderr, "warning: every account of this host may read the secret in "+password)
}

// written writes a file that only its owner may read, and returns its path.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
