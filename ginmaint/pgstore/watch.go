package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Watch implements maintenance.Store. It holds a connection of its own, beyond
// those that the pool counts. A connection whose other end is gone is noticed
// within 5 seconds. A document of 8000 bytes and more is too long for a
// notification, and comes as the zero State.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return s.listen(ctx, s.sql.Changed, func(payload string) { changed(pushed(payload)) })
}

// pushed reads a notification. What is not a document that this release reads
// becomes the zero State, so that Load decides and reports what is wrong.
func pushed(payload string) maintenance.State {
	var state maintenance.State
	if payload == "" || state.UnmarshalJSON([]byte(payload)) != nil || state.ID == "" || state.Revision == 0 {
		return maintenance.State{}
	}
	return state
}

// WatchReplicas implements maintenance.Roster. It holds a connection as Watch
// does.
func (s *Store) WatchReplicas(ctx context.Context, changed func()) error {
	return s.listen(ctx, s.sql.Reported, func(string) { changed() })
}

// How a connection that listens is watched over. Without it, one whose other
// end is gone without a word would be listened to for ever.
const (
	quiet  = 3 * time.Second // without a notification, before the server is asked
	answer = 2 * time.Second // for its answer
	parted = time.Second     // for closing the connection
)

// listen calls told with an empty payload once it listens to the channel that
// the expression names, and then with every payload. It returns an error on
// every loss, and the context's when that ends.
func (s *Store) listen(ctx context.Context, channel string, told func(payload string)) error {
	if s.err != nil {
		return s.err
	}
	a := action{"the changes can't be watched", "SELECT on " + s.sql.TableName}
	acquired, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.explain(ctx, a, err)
	}
	// Taken out of the pool: a small pool whose connections all listen would
	// have none left to load with, and one that listens must not come back.
	conn := acquired.Hijack()
	defer part(ctx, conn)

	var name string
	if err := conn.QueryRow(ctx, "SELECT "+channel).Scan(&name); err != nil {
		return s.explain(ctx, a, err)
	}
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{name}.Sanitize()); err != nil {
		return s.explain(ctx, a, err)
	}
	told("")
	for {
		note, err := s.next(ctx, conn, channel)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return s.explain(ctx, a, err)
		case note.Channel == name:
			told(note.Payload)
		}
	}
}

// next waits for a notification, and asks the server for a sign of life
// whenever none came for a while.
func (s *Store) next(ctx context.Context, conn *pgx.Conn, channel string) (*pgconn.Notification, error) {
	for {
		waiting, cancel := context.WithTimeout(ctx, s.quiet)
		note, err := conn.WaitForNotification(waiting)
		cancel()
		if err == nil || ctx.Err() != nil || conn.IsClosed() || !errors.Is(err, context.DeadlineExceeded) {
			return note, err
		}
		if err := s.listens(ctx, conn, channel); err != nil {
			return nil, err
		}
	}
}

// listens returns an error where the server does not answer in time, or no
// longer sends what happens on the channel: a pooler that hands out another
// server connection for each transaction keeps no LISTEN, and a table made
// anew has another channel.
func (s *Store) listens(ctx context.Context, conn *pgx.Conn, channel string) error {
	asking, cancel := context.WithTimeout(ctx, s.answer)
	defer cancel()
	var listens bool
	err := conn.QueryRow(asking, "SELECT "+channel+" IN (SELECT pg_listening_channels())").Scan(&listens)
	switch {
	case err != nil && asking.Err() != nil && ctx.Err() == nil:
		return fmt.Errorf("the server did not answer within %s: %w", s.answer, err)
	case err == nil && !listens:
		return errors.New("the connection no longer listens: the table was made anew, or a pooler in transaction mode " +
			"stands between; give the store a pool that connects directly or in session mode")
	}
	return err
}

// part closes the connection. The context may have ended, and the server may
// be gone; neither is waited for.
func part(ctx context.Context, conn *pgx.Conn) {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), parted)
	defer cancel()
	_ = conn.Close(closing)
}
