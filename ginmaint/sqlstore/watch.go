package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Watch implements maintenance.Store by polling: one statement for each interval of Poll,
// which reads a revision and an ID. A question that fails ends it.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return s.follow(ctx, s.tables.changed, s.Interval(), func() { changed(maintenance.State{}) })
}

// WatchReplicas implements maintenance.Roster as Watch does. Its statement reads a line of
// each entry, so that a renewal that changes nothing else needs to touch no other row.
func (s *Store) WatchReplicas(ctx context.Context, changed func()) error {
	return s.follow(ctx, s.tables.reported, s.poll, changed)
}

// Interval returns how often Watch looks: as Poll says, or else as Pace does.
func (s *Store) Interval() time.Duration {
	if s.paced {
		return max(s.poll, time.Duration(s.pace.Load()))
	}
	return s.poll
}

// Pace implements maintenance.Pacer: where no Poll is given, Watch looks no more often than
// the Mode asks.
func (s *Store) Pace(poll time.Duration) { s.pace.Store(int64(poll)) }

// follow calls told at once, and then whenever the statement answers otherwise than before.
func (s *Store) follow(ctx context.Context, statement string, interval time.Duration, told func()) error {
	if s.err != nil {
		return s.err
	}
	a := action{"the changes can't be watched", "SELECT on " + s.tables.document + " and " + s.tables.replicas}
	before, err := s.look(ctx, statement)
	if err != nil {
		return s.explain(ctx, a, err)
	}
	told()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		present, err := s.look(ctx, statement)
		if err != nil {
			return s.explain(ctx, a, err)
		}
		if present != before {
			before = present
			told()
		}
	}
}

// answerWithin bounds a look: a server that vanished without a word must not hold up a
// Watch for ever.
const answerWithin = 3 * time.Second

// look returns all that the statement answers, as one text.
func (s *Store) look(ctx context.Context, statement string) (string, error) {
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	var answer strings.Builder
	err := s.on(asking, func(ctx context.Context, conn *sql.Conn) error {
		answer.Reset()
		rows, err := conn.QueryContext(ctx, statement, s.name)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		fields, into := make([]string, len(columns)), make([]any, len(columns))
		for i := range fields {
			into[i] = &fields[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			fmt.Fprintf(&answer, "%q\n", fields)
		}
		return rows.Err()
	})
	if err != nil && ctx.Err() == nil && asking.Err() != nil {
		err = fmt.Errorf("the server did not answer within %s: %w", answerWithin, err)
	}
	return answer.String(), err
}
