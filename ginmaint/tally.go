package ginmaint

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/gin-gonic/gin"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// tally counts requests by the rule that has decided, while a level is in force. Nothing
// is counted on the way of a request while maintenance is off, unless it is refused.
type tally struct {
	decided [rules]atomic.Uint64
	logger  *slog.Logger
}

// count notes what was decided, and tells those who debug of each that passes. The line
// names the route, not the path, which is the visitor's word.
func (t *tally) count(c *gin.Context, r *route, d verdict) {
	t.decided[d.rule].Add(1)
	if d.rule.passes() && t.logger.Enabled(c.Request.Context(), slog.LevelDebug) {
		t.logger.LogAttrs(context.WithoutCancel(c.Request.Context()), slog.LevelDebug, "ginmaint: a request passes",
			slog.String("rule", d.rule.String()), slog.String("level", d.snapshot.InForce.String()),
			slog.String("method", c.Request.Method), slog.String("route", r.path))
	}
}

// contribute adds what was counted to the Mode's Stats.
func (t *tally) contribute(s *maintenance.Stats) {
	for r := range t.decided {
		n := t.decided[r].Load()
		switch by := rule(r); {
		case by == byLevel:
			s.Admitted += n
		case by.passes():
			s.Exempt[by.String()] += n
		default:
			s.Refused[by.String()] += n
		}
	}
}
