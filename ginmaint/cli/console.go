package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
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
	live   bool     // standard error is a terminal on which the cursor can be moved
	view   []string // the lines of the live view that stand there now
}

func newConsole(cmd *cobra.Command, asJSON, quiet bool) *console {
	c := &console{json: asJSON, quiet: quiet, out: cmd.OutOrStdout(), err: cmd.ErrOrStderr()}
	colours := os.Getenv("NO_COLOR") == ""
	c.results = painter(terminal(c.out) && colours)
	c.live = terminal(c.err)
	c.asides = painter(c.live && colours)
	return c
}

// terminal tells whether w is one that obeys escape sequences. The console of
// Windows does so only on request, so it counts as none.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	return isatty.IsCygwinTerminal(f.Fd()) || isatty.IsTerminal(f.Fd()) && runtime.GOOS != "windows"
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

// note writes progress or a warning.
func (c *console) note(format string, args ...any) {
	if !c.quiet {
		c.aside(tidy(fmt.Sprintf(format, args...)) + "\n")
	}
}

// aside writes to standard error, above the live view where there is one.
func (c *console) aside(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.view) > 0 {
		text = up(c.view) + "\x1b[J" + text + "\x1b[?7l" + strings.Join(c.view, "\n") + "\n\x1b[?7h"
	}
	_, _ = io.WriteString(c.err, text) // there is nowhere left to complain
}

// journal is where the Mode tells when an outage begins and ends, each on one line.
func (c *console) journal() slog.Handler {
	level := slog.LevelInfo
	if c.quiet {
		level = slog.LevelWarn
	}
	return slog.NewTextHandler(logWriter{c}, &slog.HandlerOptions{
		Level: level,
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

// mostRows bounds a live view, so that it fits on a terminal of 24 lines.
const mostRows = 16

// draw puts the lines in the place of those drawn before. Line wrap is off
// meanwhile: a line that is too long is cut at the margin, so that it is always
// known how many there are to go up again.
func (c *console) draw(lines []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var text strings.Builder
	text.WriteString(up(c.view) + "\x1b[?7l")
	for _, l := range lines {
		text.WriteString(l + "\x1b[K\n")
	}
	text.WriteString("\x1b[?7h\x1b[J")
	c.view = lines
	_, _ = io.WriteString(c.err, text.String())
}

// leave lets the view stand as it is; what is written from here on comes below.
func (c *console) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.view = nil
}

// up moves the cursor to where the view begins.
func up(view []string) string {
	if len(view) == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", len(view))
}

// painter puts colour on a text, where there is a terminal that shows it.
type painter bool

type colour string

const (
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
)

func (p painter) paint(c colour, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// levelColour is the colour of a level in force.
func levelColour(l maintenance.Level) colour {
	switch l {
	case maintenance.Off:
		return green
	case maintenance.ReadOnly:
		return yellow
	}
	return red
}
