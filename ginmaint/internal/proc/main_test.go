package proc_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// roleEnv names what a process does that a test starts from its own binary.
const roleEnv = "PROC_TEST_ROLE"

// roles are what such a process does; it ends with the test at the latest.
var roles = map[string]func() error{
	"fail": func() error { return fmt.Errorf("out of tea") },
	"wait": func() error {
		fmt.Println("ready")
		time.Sleep(proc.Patience)
		return nil
	},
	"be stubborn": func() error {
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(proc.Patience)
		return nil
	},
	"listen": func() error {
		_, err := net.Listen("tcp", os.Getenv("ADDRESS"))
		return err
	},
	"tell": func() error {
		fmt.Println(strings.Join(os.Environ(), "\n"))
		return nil
	},
	"start a child": func() error {
		command := role("wait")
		command.Stdout = os.Stdout
		child, err := proc.Start(command)
		if err != nil {
			return err
		}
		return child.Wait()
	},
}

func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(roleEnv); ok {
		if err := roles[name](); err != nil {
			fmt.Println(err)
			os.Exit(7)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// role is a command that has a process play this role.
func role(name string, env ...string) *exec.Cmd {
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), roleEnv+"="+name, "GORACE=atexit_sleep_ms=0"), env...)
	return command
}

// start starts a process that plays a role, and ends it with the test.
func start(t *testing.T, command *exec.Cmd) *proc.Child {
	t.Helper()
	child, err := proc.Start(command)
	require.NoError(t, err)
	t.Cleanup(child.Kill)
	return child
}

// printed tells whether the child has printed a text.
func printed(child *proc.Child, text string) func() bool {
	return func() bool { return strings.Contains(child.Printed(), text) }
}
