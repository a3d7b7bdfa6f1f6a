package pgstore

import (
	"context"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/internal/pgsql"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Hurry shortens how long a connection that listens may be silent.
func (s *Store) Hurry(quiet, answer time.Duration) { s.quiet, s.answer = quiet, answer }

// Settle runs send as a save does, until its outcome is known.
func (s *Store) Settle(ctx context.Context, stored maintenance.State, send func() error) (maintenance.State, error) {
	return s.untilKnown(ctx, stored, send)
}

// ChannelHash returns the end of the name of the channel that carries the
// documents of the switch.
func ChannelHash(name string) string {
	expression := pgsql.Channel("", "state", name)
	return expression[len(expression)-33 : len(expression)-1]
}
