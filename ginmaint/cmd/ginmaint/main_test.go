package main_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgtest"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/redistest"
)

// binary is the command, built once.
var binary string

// The servers are started by the first test that asks.
var (
	redisServer = sync.OnceValues(func() (*redistest.Server, error) {
		s, err := redistest.Launch(folder("redis"))
		if err == nil {
			atEnd(s.Kill)
		}
		return s, err
	})
	postgresServer = sync.OnceValues(func() (*pgtest.Server, error) {
		s, err := pgtest.Start()
		if err == nil {
			atEnd(s.Close)
		}
		return s, err
	})
	root string // of everything here

	stopping sync.Mutex // guards stops: parallel tests start servers
	stops    []func() error
)

// childEnv names what a process does that a test starts from its own binary.
const childEnv = "GINMAINT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(tellSignals())
	}
	flag.Parse()
	// Most of their time these tests wait for other processes.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(withBinary{m})
}

// withBinary builds before the tests, and stops the servers before goleak looks.
type withBinary struct{ *testing.M }

func (w withBinary) Run() int {
	code, err := w.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func (w withBinary) run() (code int, err error) {
	if root, err = os.MkdirTemp("", "ginmaint"); err != nil {
		return 0, err
	}
	defer func() {
		for _, stop := range stops {
			err = errors.Join(err, stop())
		}
		err = errors.Join(err, os.RemoveAll(root))
	}()
	// Other accounts must be able to run it, and to reach the folders of their tests.
	if err := os.Chmod(root, 0o755); err != nil {
		return 0, err
	}
	binary = filepath.Join(root, "ginmaint")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("the command does not build: %w\n%s", err, out)
	}
	if err := os.Chmod(binary, 0o755); err != nil {
		return 0, err
	}
	return w.M.Run(), nil
}

// atEnd has a server stopped after the tests.
func atEnd(stop func() error) {
	stopping.Lock()
	defer stopping.Unlock()
	stops = append(stops, stop)
}

// folder makes a folder under root that other accounts can enter, whatever the umask.
func folder(name string) string {
	path := filepath.Join(root, name)
	if err := errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, 0o755)); err != nil {
		panic(err)
	}
	return path
}
