package sqlstore

import (
	"context"
	"database/sql"
	"time"
)

// Hurry shortens how often the store looks for changes.
func (s *Store) Hurry(poll time.Duration) { s.poll = poll }

// Unproven says why a server of MySQL or MariaDB that tells this can't tell of a loss.
var Unproven = unprovenMySQL

// Doubt has the store's server not tell who it is, for this reason.
func (s *Store) Doubt(why string) { s.engine = doubtful{s.engine, why} }

type doubtful struct {
	engine
	why string
}

func (d doubtful) replicas(ctx context.Context, on *sql.Conn) (listed, error) {
	l, err := d.engine.replicas(ctx, on)
	l.unproven = d.why
	return l, err
}
