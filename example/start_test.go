package main

import (
	"bufio"
	"context"
	"io"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/filestore"
)

// patience bounds what these tests wait for, and tick is how often they look.
const (
	patience = time.Minute
	tick     = 5 * time.Millisecond
)

// example is a run of the program.
type example struct {
	t     *testing.T
	url   string
	lines chan string // what it prints, until it ends

	end   context.CancelFunc
	ended chan struct{}
	err   error // of run, once ended is closed
}

// stateFile returns the path of a state file that does not exist yet.
func stateFile(t *testing.T) string { return filepath.Join(t.TempDir(), filestore.DefaultPath) }

// launch runs the program with this environment, on a free port where that
// names none, and stops it when the test ends.
func launch(t *testing.T, env map[string]string) *example {
	t.Helper()
	getenv := func(name string) string {
		if value, ok := env[name]; ok || name != "ADDR" {
			return value
		}
		return "127.0.0.1:0"
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &example{t: t, lines: make(chan string, 100), end: cancel, ended: make(chan struct{})}
	reader, writer := io.Pipe()
	go func() {
		defer close(e.ended)
		defer func() { _ = writer.Close() }()
		e.err = run(ctx, getenv, writer)
	}()
	go read(reader, e.lines)
	t.Cleanup(func() { _ = e.stop() })
	return e
}

// read hands on what a program prints, line by line, until it ends.
func read(from io.Reader, lines chan<- string) {
	defer close(lines)
	for scanner := bufio.NewScanner(from); scanner.Scan(); {
		lines <- scanner.Text()
	}
}

// start is launch that waits until the shop is open.
func start(t *testing.T, env map[string]string) *example {
	t.Helper()
	e := launch(t, env)
	e.url = address(t, e.lines)
	return e
}

var opened = regexp.MustCompile(`open at (http://\S+)$`)

// address waits for the line that says where the shop is.
func address(t *testing.T, lines <-chan string) string {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line, ok := <-lines:
			require.True(t, ok, "the program ended before it said where it listens")
			if found := opened.FindStringSubmatch(line); found != nil {
				return found[1]
			}
		case <-deadline:
			require.Fail(t, "the program does not say where it listens")
		}
	}
}

// stop ends the program as a signal does, and returns what run returned.
func (e *example) stop() error {
	e.t.Helper()
	e.end()
	return e.wait()
}

// wait waits until the program has ended, and returns what run returned.
func (e *example) wait() error {
	e.t.Helper()
	select {
	case <-e.ended:
		return e.err
	case <-time.After(patience):
		require.Fail(e.t, "the program does not end")
		return nil
	}
}
