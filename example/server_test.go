package main

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// folder makes a folder for a server, on a path that is short enough for a
// socket, and removes it when the test ends.
func folder(t *testing.T, owner *user.User) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "shop")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	if owner != nil {
		uid, err := strconv.Atoi(owner.Uid)
		require.NoError(t, err)
		gid, err := strconv.Atoi(owner.Gid)
		require.NoError(t, err)
		require.NoError(t, os.Chown(dir, uid, gid))
	}
	return dir
}

// serve runs a server, waits until it is ready, and ends it with the test.
func serve(t *testing.T, owner *user.User, command *exec.Cmd, end os.Signal, ready func(printed string) bool) {
	t.Helper()
	printed := &output{}
	command.Stdout, command.Stderr = printed, printed
	bind(t, command, owner)
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		// The kernel ends the child with the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait() // how it ended shows in what it printed
		}
	}()
	require.NoError(t, <-started)
	t.Cleanup(func() {
		_ = command.Process.Signal(end)
		select {
		case <-ended:
		case <-time.After(patience):
			assert.Fail(t, "the server does not end", "%s printed:\n%s", command.Path, printed)
			_ = command.Process.Kill()
		}
	})
	require.Eventually(t, func() bool { return ready(printed.String()) }, patience, 5*tick, "%s printed:\n%s", command.Path, printed)
}

// output keeps what a program prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
