package redistest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// Server is one redis-server. Its methods are not for several goroutines at the
// same time.
type Server struct {
	dir     string
	port    string
	config  []string
	process *proc.Child
}

// Start starts a server with these configuration lines, and kills it when the
// test ends.
func Start(t testing.TB, config ...string) *Server {
	t.Helper()
	s, err := Launch(t.TempDir(), config...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Kill(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Launch starts a server in dir, a folder that it has to itself. The caller
// ends it by Kill or Stop. The error says what redis-server printed.
func Launch(dir string, config ...string) (*Server, error) {
	s := &Server{dir: dir, config: config}
	err := proc.OnFreePort(func(port string) error {
		s.port = port
		return s.start()
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Addr returns host and port, such as 127.0.0.1:40123.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", s.port) }

// Client returns a client with go-redis's own defaults, and closes it when the test
// ends. It connects with the first command.
func (s *Server) Client(t testing.TB) *redis.Client {
	t.Helper()
	return Connect(t, &redis.Options{Addr: s.Addr()})
}

// Connect returns a client with these options, and closes it when the test ends.
func Connect(t testing.TB, options *redis.Options) *redis.Client {
	t.Helper()
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() }) // a test may have closed it
	return client
}

// Stop asks the server to end, as an operator does, and waits: what it keeps on
// disk is complete then.
func (s *Server) Stop() error {
	if err := s.process.Stop(syscall.SIGTERM); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	return nil
}

// Kill ends the server at once, as a crash does, and waits until it is gone. A
// server that has ended already is no error, and there is no other.
func (s *Server) Kill() error {
	s.process.Kill()
	return nil
}

// Restart starts a server that has ended, on the same port, with what it kept on
// disk: nothing, without a configuration line that says otherwise.
func (s *Server) Restart() error {
	if err := s.Kill(); err != nil {
		return err
	}
	return s.start()
}

// RestartEmpty starts a server that has ended, on the same port, without what
// it kept on disk.
func (s *Server) RestartEmpty() error {
	if err := s.Kill(); err != nil {
		return err
	}
	for _, name := range []string{"dump.rdb", "appendonlydir"} {
		if err := os.RemoveAll(filepath.Join(s.dir, name)); err != nil {
			return fmt.Errorf("redistest: %w", err)
		}
	}
	return s.start()
}

func (s *Server) start() error {
	lines := append([]string{
		"bind 127.0.0.1",
		"port " + s.port,
		`save ""`,
		"appendonly no",
		// A test's folder may be gone before a child has written into it.
		"repl-diskless-sync yes",
		"repl-diskless-sync-delay 0",
	}, s.config...)
	return s.launch("redis.conf", lines)
}

// launch writes the configuration and waits until the server answers.
func (s *Server) launch(name string, lines []string, arguments ...string) error {
	executable, err := proc.Find("redis-server")
	if err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	command := exec.Command(executable, append([]string{path}, arguments...)...)
	command.Dir = s.dir
	if s.process, err = proc.Start(command); err == nil {
		err = s.process.Ready(s.answers)
	}
	if err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	return nil
}

// answers tells whether the server has read its data, also where it wants a password
// first.
func (s *Server) answers() bool {
	connection, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return false
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(time.Second))
	if _, err := connection.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	return err == nil && (strings.HasPrefix(line, "+PONG") || strings.HasPrefix(line, "-NOAUTH"))
}
