package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve starts a server: redis, postgres or chromedriver. It returns the server's
// URL, and ends it with the test.
func serve(t *testing.T, server string) (url string) {
	t.Helper()
	command := exec.Command("go", "run", "../ginmaint/internal/serve", server)
	var faults bytes.Buffer
	command.Stderr = &faults
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	end := func() error {
		_ = stdin.Close() // which is what it ends with
		return command.Wait()
	}
	if err != nil {
		ended := end()
		require.FailNow(t, faults.String(), "%s: %s", server, ended)
	}
	t.Cleanup(func() { assert.NoError(t, end(), "%s", &faults) })
	return strings.TrimSpace(line)
}
