package proc

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// steering are the variables, by their names' beginnings, that steer a client, a
// server or the command, or change what they print.
var steering = []string{"PG", "REDIS", "GINMAINT_STORE", "GINMAINT_FILE", "LANG", "LC_", "TZ", "TERM", "NO_COLOR"}

func init() {
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		for _, beginning := range steering {
			if strings.HasPrefix(name, beginning) {
				_ = os.Unsetenv(name) // fails for no name that is set
			}
		}
	}
	for name, value := range map[string]string{"LC_ALL": "C", "TZ": "UTC"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	if unfit(os.TempDir()) {
		_ = os.Unsetenv("TMPDIR")
	}
	heed()
}

// unfit tells whether a folder for temporary files lies too deep for a socket, whose
// path holds some hundred bytes, or, where the tests run as root, in a folder that the
// accounts can't enter that servers run as.
func unfit(dir string) bool {
	const most = 60
	if os.PathSeparator == '/' && len(dir) > most {
		return true
	}
	if os.Geteuid() != 0 {
		return false
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode()&0o001 == 0 {
			return true
		}
	}
	return false
}

// heed has children heed the signals that this process was started to ignore: an
// ignored signal stays ignored in a child, a handled one does not. Nobody reads the
// channel, so this process goes on ignoring them.
func heed() {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// packages are the Debian packages of the programs that tests start.
var packages = map[string]string{
	"chromedriver":       "chromium-driver",
	"fish":               "fish",
	"mariadb-install-db": "mariadb-server",
	"mariadbd":           "mariadb-server",
	"nginx":              "nginx",
	"postgres":           "postgresql",
	"pgbouncer":          "pgbouncer",
	"redis-server":       "redis-server, 7.0 or later",
	"varnishd":           "varnish",
	"zsh":                "zsh",
}

// Find returns the path of a program in PATH. The error is Missing's.
func Find(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", Missing(program)
	}
	return path, nil
}

// Missing is the error where a program is missing. In one line it says what to
// install.
func Missing(program string) error {
	install := "install it"
	if name, ok := packages[program]; ok {
		install = "run make install, or install what on Debian is the package " + name
	}
	return fmt.Errorf("the tests need %s, and it is not in PATH: %s", program, install)
}

// ErrPortTaken is what Ready returns where the child's port was taken.
var ErrPortTaken = errors.New("the port is taken")

// OnFreePort calls start with a free port of 127.0.0.1. Another process may take the
// port before a child does, so where start returns ErrPortTaken it is called again with
// another, five times in all.
func OnFreePort(start func(port string) error) error {
	const tries = 5
	var err error
	for range tries {
		var port string
		if port, err = FreePort(); err != nil {
			return err
		}
		if err = start(port); !errors.Is(err, ErrPortTaken) {
			return err
		}
	}
	return err
}

// Again starts a server on the port that it had, and tries for Patience: what a killed
// one has held, its port or its memory, may be taken for a moment.
func Again(start func() error) error {
	deadline := time.Now().Add(Patience)
	for {
		if err := start(); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// FreePort returns a port of 127.0.0.1 that nobody listened on a moment ago.
func FreePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("there is no free port: %w", err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}
