package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
)

// console is where a command writes: results to standard output; progress,
// warnings and the live view to standard error.
type console struct {
	json, quiet bool
	out         io.Writer
	results     painter
	fault       error // of the first result that could not be written

	mu     sync.Mutex // guards what follows: the Mode's log comes from other goroutines
	err    io.Writer
	asides painter
	live   bool // standard error is a terminal on which the cursor can be moved
	drawn  int  // lines of the live view there
	view   []string
}

func (a *app) console(cmd *cobra.Command) *console {
	c := &console{json: a.json, quiet: a.quiet, out: cmd.OutOrStdout(), err: cmd.ErrOrStderr()}
	plain := os.Getenv("NO_COLOR") != ""
	c.results = painter(terminal(c.out) && !plain)
	c.live = terminal(c.err)
	c.asides = painter(c.live && !plain)
	return c
}

// terminal tells whether w is one that obeys escape sequences.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	return isatty.IsCygwinTerminal(f.Fd()) || isatty.IsTerminal(f.Fd()) && obeys(f)
}

// say writes a result for people.
func (c *console) say(format string, args ...any) {
	if !c.json && !c.quiet {
		c.write(fmt.Sprintf(format, args...) + "\n")
	}
}

// print writes a result for machines: one JSON value on one line.
func (c *console) print(v any) {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		c.fault = err
		return
	}
	c.write(text.String())
}

func (c *console) write(text string) {
	if _, err := io.WriteString(c.out, text); err != nil && c.fault == nil {
		c.fault = err
	}
}

// unwritten returns an error where a result was lost.
func (c *console) unwritten() error {
	if c.fault == nil {
		return nil
	}
	return fmt.Errorf("the result can't be written to standard output: %w; see status for what holds now", c.fault)
}

// note writes progress or a warning, above the live view where there is one.
func (c *console) note(format string, args ...any) {
	if c.quiet {
		return
	}
	c.aside(tidy(fmt.Sprintf(format, args...)) + "\n")
}

func (c *console) aside(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	_, _ = io.WriteString(c.err, text) // there is nowhere left to complain
	c.redraw()
}

// journal is where the Mode tells of outages.
func (c *console) journal() slog.Handler {
	return slog.NewTextHandler(logWriter{c}, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})
}

type logWriter struct{ *console }

func (w logWriter) Write(text []byte) (int, error) {
	w.aside(tidy(string(text)))
	return len(text), nil
}
