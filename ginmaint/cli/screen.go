package cli

import (
	"fmt"
	"io"
	"strings"
)

// painter puts colour on a text, where there is a terminal that shows it.
type painter bool

type colour string

const (
	plain  colour = ""
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
)

func (p painter) paint(c colour, text string) string {
	if !p || c == plain {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// draw puts the lines in the place of those drawn before. Line wrap is off
// meanwhile: a line that is too long is cut at the margin, so that it is always
// known how many there are to go up again.
func (c *console) draw(lines []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var text strings.Builder
	text.WriteString(c.up())
	text.WriteString("\x1b[?7l")
	for _, l := range lines {
		text.WriteString(l + "\x1b[K\n")
	}
	text.WriteString("\x1b[?7h\x1b[J")
	c.view, c.drawn = lines, len(lines)
	_, _ = io.WriteString(c.err, text.String())
}

// leave lets the view stand as it is; what is written from here on comes below.
func (c *console) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.view, c.drawn = nil, 0
}

// erase takes the view off the terminal. The caller holds mu.
func (c *console) erase() {
	if c.drawn > 0 {
		_, _ = io.WriteString(c.err, c.up()+"\x1b[J")
		c.drawn = 0
	}
}

// redraw puts it back. The caller holds mu.
func (c *console) redraw() {
	if len(c.view) == 0 {
		return
	}
	_, _ = io.WriteString(c.err, "\x1b[?7l"+strings.Join(c.view, "\n")+"\n\x1b[?7h")
	c.drawn = len(c.view)
}

// up moves the cursor to where the view begins.
func (c *console) up() string {
	if c.drawn == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", c.drawn)
}
