package ginmaint

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/fleet"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// How long a drain waits unless it is told, and at most.
const (
	usualDrain   = time.Minute
	longestDrain = time.Hour
)

var drainFields = []string{"timeout", "allow_lost", "expect", "stop"}

// wish is what a POST to drain/ may say. All of it may be left out.
type wish struct {
	bound   time.Duration
	options []maintenance.DrainOption
	stop    bool // ends the one that runs, and begins none
}

// readWish makes sense of the fields.
func readWish(fields map[string]string) (w wish, f faults) {
	var err error
	if w.bound, err = time.ParseDuration(cmp.Or(fields["timeout"], usualDrain.String())); err != nil || w.bound <= 0 || w.bound > longestDrain {
		f.note("timeout", fmt.Errorf("write a duration such as 60s, at most %s", longestDrain))
	}
	if text := fields["allow_lost"]; text != "" {
		grace, err := time.ParseDuration(text)
		if err != nil || grace < 0 {
			f.note("allow_lost", errors.New("write a duration such as 30s: the longest request and the longest pause of a process"))
		}
		w.options = append(w.options, maintenance.AllowLost(grace))
	}
	if text := fields["expect"]; text != "" {
		least, most, ok := fleet.Expected(text)
		if !ok {
			f.note("expect", errors.New("write the number of replicas that follow, such as 3, or 3+ for three or more"))
		}
		w.options = append(w.options, maintenance.Expect(least, most))
	}
	w.stop = f.yes(fields, "stop")
	return w, f
}

// showDrain tells of the drain that runs here, or that was the last one.
func showDrain(c *gin.Context) {
	a, _ := adminOf(c)
	if a.replies.wants(c) == HTML {
		a.show(c)
		return
	}
	a.replies.writeJSON(c, http.StatusOK, jsonContent, gin.H{"drain": a.drains.view()})
}

// startDrain begins a drain, or stops the one that runs. To a browser it answers at once,
// and the panel shows how it goes. A program waits for the end, unless it prefers not to.
func startDrain(c *gin.Context) {
	a, _ := adminOf(c)
	if c.Request.Method != http.MethodPost {
		showDrain(c)
		return
	}
	fields, err := a.readForm(c, drainFields)
	if err != nil {
		a.failDrain(c, fields, unreadable{err})
		return
	}
	w, f := readWish(fields)
	if len(f) > 0 {
		a.failDrain(c, fields, f)
		return
	}
	if w.stop {
		if one := a.drains.end(); one != nil {
			select {
			case <-one.ended: // so that the next one may begin
			case <-c.Request.Context().Done():
				return
			}
		}
		a.drainBegun(c, http.StatusOK)
		return
	}
	one, err := a.drains.begin(a.author(c), w.bound, w.options)
	if err != nil {
		a.failDrain(c, fields, err)
		return
	}
	if a.replies.wants(c) == HTML || strings.Contains(c.GetHeader("Prefer"), "respond-async") {
		a.drainBegun(c, http.StatusAccepted)
		return
	}
	patience := deadlinesOf(c)
	patience.lift()
	select {
	case <-one.ended:
	case <-c.Request.Context().Done():
		return
	case <-a.events.closings.of(c.Request).Done(): // the Mode goes on until the requests have ended
		a.drains.end()
		<-one.ended
	}
	patience.renew()
	a.drainEnded(c, one)
}

// drainBegun answers without waiting.
func (a *admin) drainBegun(c *gin.Context, status int) {
	if a.replies.wants(c) == HTML {
		a.replies.back(c, "#drain")
		return
	}
	a.replies.writeJSON(c, status, jsonContent, gin.H{"drain": a.drains.view()})
}

// drainEnded answers with what was found: that nothing runs any more, or a problem.
func (a *admin) drainEnded(c *gin.Context, one *draining) {
	a.drains.mu.Lock()
	report, err, says, commands := one.report, one.err, one.says(true), advice(one)
	a.drains.mu.Unlock()
	if err == nil {
		a.replies.writeJSON(c, http.StatusOK, jsonContent, report)
		return
	}
	a.replies.problem(c, drainStatus(err), says, gin.H{"report": report, "commands": commands})
}

// drainStatus is that of a drain which has proven nothing.
func drainStatus(err error) int {
	for _, ours := range []error{errRunning, maintenance.ErrNotDrained, maintenance.ErrOff, maintenance.ErrChanged, maintenance.ErrEnding} {
		if errors.Is(err, ours) {
			return http.StatusConflict
		}
	}
	return http.StatusServiceUnavailable
}

// failDrain answers that no drain was begun.
func (a *admin) failDrain(c *gin.Context, fields map[string]string, err error) {
	c.Abort()
	var status int
	var words string
	more := gin.H{}
	switch f := (faults{}); {
	case errors.As(err, new(unreadable)):
		status, words = http.StatusBadRequest, err.Error()
	case errors.As(err, &f):
		status, words = http.StatusUnprocessableEntity, f.Error()
		more["errors"] = f
	default:
		status, words = drainStatus(err), "No drain was begun: "+whyNot(err)
		more["drain"] = a.drains.view()
	}
	if a.replies.wants(c) == HTML {
		a.replies.answer(c, status, a.orders.look(c.Request.Context()), gin.H{"error": words, "drain_fields": fields})
		return
	}
	a.replies.problem(c, status, words, more)
}
