package fire

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// program is what replicas and writers run: this test without the race detector, by which
// the processes would need the whole machine. The tests beside them are run with it.
func program(t *testing.T) string {
	path, err := replicas()
	require.NoError(t, err)
	return path
}

var replicas = sync.OnceValues(func() (string, error) {
	build, _ := debug.ReadBuildInfo()
	if !slices.Contains(build.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return os.Args[0], nil
	}
	path := filepath.Join(built, "replica")
	return path, compile("test", "-c", "-o", path, ".")
})

// ginmaint is the command.
func ginmaint(t *testing.T) string {
	path, err := commands()
	require.NoError(t, err)
	return path
}

var commands = sync.OnceValues(func() (string, error) {
	path := filepath.Join(built, "ginmaint")
	return path, compile("build", "-o", path, "../../cmd/ginmaint")
})

// built is the folder for these, which TestMain makes and removes.
var built string

func compile(arguments ...string) error {
	out, err := exec.Command("go", arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
