package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/proc"
)

// keyboard is a call of the command at a terminal, with what the terminal shows.
type keyboard struct {
	t      testing.TB
	cmd    *exec.Cmd
	child  *proc.Child
	master *os.File
	shown  *display
	read   chan struct{} // closed when all output has been read
}

// ioctl asks the driver of a terminal.
func ioctl(f *os.File, request uintptr, arg *int32) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(arg)))
	}); err != nil {
		return err
	}
	if errno != 0 {
		return errno
	}
	return nil
}

// sit starts a command at a new terminal, which is the controlling one of a new
// session.
func (w *terminal) sit(args ...string) *keyboard {
	w.t.Helper()
	// Blocking, so that reading it needs no poller.
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(w.t, err)
	var unlock, number int32
	require.NoError(w.t, ioctl(master, syscall.TIOCSPTLCK, &unlock))
	require.NoError(w.t, ioctl(master, syscall.TIOCGPTN, &number))
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(w.t, err)
	k := &keyboard{t: w.t, cmd: w.command(args...), master: master, shown: new(display), read: make(chan struct{})}
	k.cmd.Env = append(k.cmd.Env, "TERM=xterm")
	k.cmd.Env = append(k.cmd.Env, w.env...)
	k.cmd.Stdin, k.cmd.Stdout, k.cmd.Stderr = slave, slave, slave
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	k.child, err = proc.Start(k.cmd)
	require.NoError(w.t, err)
	require.NoError(w.t, slave.Close())
	go func() {
		defer close(k.read)
		buffer := make([]byte, 4096)
		for {
			n, err := master.Read(buffer)
			k.shown.write(buffer[:n])
			if err != nil {
				return // EIO once nobody holds the other end
			}
		}
	}()
	w.t.Cleanup(func() {
		k.child.Kill() // it has ended, unless the test failed
		_ = master.Close()
		<-k.read
	})
	return k
}

// types sends keys.
func (k *keyboard) types(keys string) {
	k.t.Helper()
	_, err := k.master.WriteString(keys)
	require.NoError(k.t, err)
}

// ends waits for the command and for all that it has printed.
func (k *keyboard) ends() (code int) {
	k.t.Helper()
	<-k.child.Ended()
	<-k.read
	return k.cmd.ProcessState.ExitCode()
}

// display is as much of a terminal as the command uses.
type display struct {
	mu     sync.Mutex
	raw    strings.Builder
	rows   [][]rune
	row    int
	column int
	escape string // one that has begun
}

func (d *display) write(text []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.raw.Write(text)
	for _, r := range string(text) {
		d.put(r)
	}
}

func (d *display) put(r rune) {
	for len(d.rows) <= d.row {
		d.rows = append(d.rows, nil)
	}
	switch {
	case d.escape != "" || r == '\x1b':
		d.escape += string(r)
		if len(d.escape) > 2 && r >= '@' {
			d.obey(d.escape)
			d.escape = ""
		}
	case r == '\r':
		d.column = 0
	case r == '\n':
		d.row++
	default:
		line := d.rows[d.row]
		for len(line) <= d.column {
			line = append(line, ' ')
		}
		line[d.column] = r
		d.rows[d.row] = line
		d.column++
	}
}

func (d *display) obey(escape string) {
	switch {
	case strings.HasSuffix(escape, "A"):
		n := 1
		_, _ = fmt.Sscanf(escape, "\x1b[%dA", &n)
		d.row = max(0, d.row-n)
	case strings.HasSuffix(escape, "K"):
		d.rows[d.row] = d.rows[d.row][:min(d.column, len(d.rows[d.row]))]
	case strings.HasSuffix(escape, "J"):
		d.rows = d.rows[:d.row+1]
		d.rows[d.row] = d.rows[d.row][:min(d.column, len(d.rows[d.row]))]
	case strings.HasSuffix(escape, "m"), escape == "\x1b[?7l", escape == "\x1b[?7h":
	default:
		panic(fmt.Sprintf("this terminal does not know %q", escape))
	}
}

// text is what stands on the terminal.
func (d *display) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var lines []string
	for _, row := range d.rows {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// received is all that was sent to the terminal.
func (d *display) received() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.raw.String()
}
