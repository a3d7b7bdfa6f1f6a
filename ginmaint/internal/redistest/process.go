package redistest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// readiness bounds how long a server may take to answer, or to end.
const readiness = 20 * time.Second

var errPortTaken = errors.New("redistest: the port is taken")

// process is a running server and what it printed.
type process struct {
	command *exec.Cmd
	printed *output
	ended   chan struct{} // closed when it has
}

// begin starts the command. It stays on a thread of its own until the command
// ends: Linux ends the child with the thread that started it.
func begin(command *exec.Cmd) (*process, error) {
	p := &process{command: command, printed: &output{}, ended: make(chan struct{})}
	command.Stdout, command.Stderr = p.printed, p.printed
	endWithParent(command)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait() // how it ended shows in what it printed
		}
		close(p.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("redistest: %w", err)
	}
	return p, nil
}

// await returns when the server at addr answers and has read its data.
func (p *process) await(addr string) error {
	deadline := time.NewTimer(readiness)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.ended:
			if printed := p.printed.String(); strings.Contains(printed, "Address already in use") {
				return fmt.Errorf("%w: %s", errPortTaken, addr)
			}
			return fmt.Errorf("redistest: redis-server ended at once; it printed:\n%s", p.printed)
		case <-deadline.C:
			return errors.Join(fmt.Errorf("redistest: redis-server at %s did not answer within %s; it printed:\n%s", addr, readiness, p.printed),
				p.end(os.Kill))
		case <-tick.C:
			if answers(addr) {
				return nil
			}
		}
	}
}

// answers tells whether a server is ready, also where it wants a password first.
func answers(addr string) bool {
	connection, err := net.DialTimeout("tcp", addr, time.Second)
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

// end sends the signal and waits until the process is gone.
func (p *process) end(signal os.Signal) error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("redistest: %w", err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(readiness):
		return fmt.Errorf("redistest: redis-server did not end within %s; it printed:\n%s", readiness, p.printed)
	}
}

// output keeps what a process prints.
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
