package cli

import (
	"bytes"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// shop is the command tree of an application.
func shop(args ...string) (string, error) {
	var out bytes.Buffer
	root := &cobra.Command{Use: "shop"}
	command := Command(Store(maintenance.NewMemoryStore()))
	command.Use = "maintenance"
	root.AddCommand(command)
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.Execute()
	return out.String(), err
}

func TestMountedInAnApplication(t *testing.T) {
	out, err := shop("maintenance", "on", "--by", "alice", "--expect", "0")
	require.NoError(t, err)
	assert.Contains(t, out, "Maintenance is on until it is switched off.")

	out, err = shop("maintenance", "--help")
	require.NoError(t, err)
	assert.Contains(t, out, "shop maintenance run --drain -- ./migrate up", "examples bear the application's name")
	assert.NotContains(t, out, "--store", "the application has named its store")
	assert.NotContains(t, out, "GINMAINT_STORE")
	assert.NotContains(t, out, "--version", "the binary is the application's")
	assert.Contains(t, out, "store       Look at the store itself")

	out, err = shop("maintenance", "run", "--", "no-such-command")
	assert.Equal(t, 127, ExitCode(err))
	assert.Contains(t, out, "Error: the command can't be run, and nothing was changed")
	assert.NotContains(t, out, "Usage:", "it was no wrong usage")

	out, err = shop("maintenance", "onn")
	assert.Equal(t, 2, ExitCode(err))
	assert.Contains(t, out, `there is no command "onn" under "shop maintenance"; did you mean on?`)
}

func TestExitCodeOfOtherErrors(t *testing.T) {
	assert.Equal(t, 0, ExitCode(nil))
	assert.Equal(t, 1, ExitCode(errBroken))
}
