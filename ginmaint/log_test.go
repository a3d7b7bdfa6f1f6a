package ginmaint

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// lines returns what was logged, a line each.
func (j *journal) lines() []string {
	text := strings.TrimSpace(j.String())
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func TestAnOutageIsToldOnceForEachCauseAndOnceWhenItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		o := &outage{logger: log.logger(), begins: "the page fails", ends: "the page works again"}
		o.worked()
		assert.Empty(t, log.lines(), "nothing has failed")

		for range 1000 {
			o.failed(errors.New("no database"), "template", "503.html")
			o.worked() // for the next visitor: it comes back at once
		}
		o.failed(errors.New("no disk"))
		lines := log.lines()
		if assert.Len(t, lines, 2) {
			assert.Contains(t, lines[0], `level=ERROR msg="ginmaint: the page fails" error="no database" template=503.html`)
			assert.Contains(t, lines[1], `error="no disk"`)
		}

		time.Sleep(calm) // on the bubble's clock
		o.worked()
		o.worked()
		lines = log.lines()
		if assert.Len(t, lines, 3) {
			assert.Contains(t, lines[2], `level=INFO msg="ginmaint: the page works again" failures=1001 after=1m0s`)
		}
		o.failed(errors.New("no database"))
		assert.Len(t, log.lines(), 4, "another outage")
	})
}

func TestAnOutageWithACauseForEachVisitor(t *testing.T) {
	var log journal
	o := &outage{logger: log.logger(), begins: "the page fails"}
	for i := range 1000 {
		o.failed(fmt.Errorf("no product %d", i))
	}
	assert.Len(t, log.lines(), maxCauses)
}
