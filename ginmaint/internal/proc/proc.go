package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Patience bounds how long a child may take to be ready, and to end. It is
// several times what the slowest needs on a machine that is busy.
const Patience = 60 * time.Second

// tick is how often Until looks.
const tick = 5 * time.Millisecond

// lastLines is how much of its output an error shows.
const lastLines = 20

// Child is a process that a test has started. Its methods may be called at the same
// time; nil is a child that has ended.
type Child struct {
	cmd     *exec.Cmd
	printed Output
	ended   chan struct{} // closed once it was waited for
	err     error         // how it ended, once it has
	bound   time.Duration // Patience
}

// Start starts the command. What cmd leaves open is filled in: its output is kept
// for Printed, and its environment is that of this process.
func Start(cmd *exec.Cmd) (*Child, error) {
	c := &Child{cmd: cmd, ended: make(chan struct{}), bound: Patience}
	if cmd.Stdout == nil {
		cmd.Stdout = &c.printed
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &c.printed
	}
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = 10 * time.Second // what the child started may hold its output open
	}
	endWithParent(cmd)
	started := make(chan error)
	go func() {
		defer close(c.ended)
		// Linux takes the thread that started a child for its parent.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s can't be started: %w", c.name(), err)
	}
	return c, nil
}

// Run runs the command to its end. The error holds what it printed.
func Run(cmd *exec.Cmd) error {
	c, err := Start(cmd)
	if err != nil {
		return err
	}
	defer c.Kill()
	return c.Wait()
}

// Ready waits until answers tells that the child is ready. Where it ends first, or
// takes longer than Patience, it is killed, and the error holds what it printed; it
// is ErrPortTaken where that says so.
func (c *Child) Ready(answers func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.bound)
	defer cancel()
	gone := false
	err := Until(ctx, c.name()+" to be ready", func() bool {
		gone = c.gone()
		return gone || answers()
	})
	switch {
	case err != nil:
		c.Kill()
		return c.fault(fmt.Sprintf("is not ready after %s", c.bound))
	case gone && strings.Contains(strings.ToLower(c.Printed()), "address already in use"):
		return errors.Join(ErrPortTaken, c.fault("ended before it was ready"))
	case gone:
		return c.fault("ended before it was ready")
	}
	return nil
}

// Until waits until a condition holds, no longer than Patience and than ctx lasts. The
// error says what was waited for.
func Until(ctx context.Context, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	again := time.NewTicker(tick)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
	return nil
}

// Signal sends the child a signal. One that has ended already is no error.
func (c *Child) Signal(signal os.Signal) error {
	if err := c.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s gets no signal: %w", c.name(), err)
	}
	return nil
}

// Stop asks the child to end, by a signal that it takes for that, and waits. A child
// that does not end within Patience is killed, which is an error. How it ends is none.
// On Windows, which has no such signals, it is killed at once.
func (c *Child) Stop(signal os.Signal) (err error) {
	if !c.gone() && runtime.GOOS != "windows" {
		if err = c.Signal(signal); err == nil && !c.within() {
			err = c.fault(fmt.Sprintf("does not end within %s of the signal %s", c.bound, signal))
		}
	}
	c.Kill()
	return err
}

// Kill ends the child and the processes that it started, as a crash of the machine
// does, and waits until it is gone. It may be called again.
func (c *Child) Kill() {
	if c.gone() {
		return
	}
	killAll(c.cmd.Process)
	<-c.ended
}

// Wait waits for the end of a child that ends by itself, no longer than Patience.
// The error says how it ended, unless by exit code 0, and holds what it printed.
func (c *Child) Wait() error {
	if !c.within() {
		return c.fault(fmt.Sprintf("does not end within %s", c.bound))
	}
	if c.err != nil {
		return c.fault("failed")
	}
	return nil
}

// Ended is closed once the child has ended.
func (c *Child) Ended() <-chan struct{} { return c.ended }

// Printed returns what the child has printed so far, to the streams that cmd left open.
func (c *Child) Printed() string { return c.printed.String() }

func (c *Child) gone() bool {
	if c == nil {
		return true
	}
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// within waits for the end, and tells whether it came within the bound.
func (c *Child) within() bool {
	bound := time.NewTimer(c.bound)
	defer bound.Stop()
	select {
	case <-c.ended:
		return true
	case <-bound.C:
		return false
	}
}

func (c *Child) name() string { return filepath.Base(c.cmd.Path) }

// fault is an error with how the child ended, where it did, and the end of what it
// printed.
func (c *Child) fault(what string) error {
	text := "nothing was printed"
	if printed := strings.TrimSpace(c.Printed()); printed != "" {
		lines := strings.Split(printed, "\n")
		text = "it printed:\n" + strings.Join(lines[max(0, len(lines)-lastLines):], "\n")
	}
	if c.gone() && c.err != nil {
		return fmt.Errorf("%s %s: %w; %s", c.name(), what, c.err, text)
	}
	return fmt.Errorf("%s %s; %s", c.name(), what, text)
}

// Output keeps what a process prints, and may be read meanwhile.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
