package pgstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Watch implements maintenance.Store. It holds a connection of its own, beyond
// those that the pool counts. A connection whose other end is gone is noticed
// within 5 seconds, or 2 seconds more than Pace says. A document of 8000 bytes and more is too long for a
// notification, and comes as the zero State.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	return s.listen(ctx, s.sql.Changed, max(s.quiet, time.Duration(s.pace.Load())), func(payload string) { changed(pushed(payload)) })
}

// Pace implements maintenance.Pacer: a connection that listens is asked whether it does after
// 3 seconds of silence, or after this interval where that is longer.
func (s *Store) Pace(poll time.Duration) { s.pace.Store(int64(poll)) }

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
	return s.listen(ctx, s.sql.Reported, s.quiet, func(string) { changed() })
}

// How a connection that listens is watched over. Without it, one whose other
// end is gone without a word would be listened to for ever.
const (
	quiet  = 3 * time.Second // without a notification, before the server is asked
	answer = 2 * time.Second // for its answer
	parted = time.Second     // for closing the connection

	subscribed = 5 * time.Second // for the LISTEN, which nothing cancels earlier

	deaf = time.Minute // behind a pooler that keeps no LISTEN, before it is tried again
)

var errPooled = errors.New("a pooler in transaction or statement mode stands between, which keeps no LISTEN, so that changes " +
	"are followed by polling alone; give the store a pool that connects directly or in session mode")

// listen calls told with an empty payload once it listens to the channel that
// the expression names, and then with every payload. It returns an error on
// every loss, and the context's when that ends.
func (s *Store) listen(ctx context.Context, channel string, quiet time.Duration, told func(payload string)) error {
	if s.err != nil {
		return s.err
	}
	a := action{"the changes can't be watched", "SELECT on " + s.sql.TableName}
	if time.Now().UnixNano() < s.deafUntil.Load() {
		return s.explain(ctx, a, errPooled)
	}
	acquired, err := s.pool.Acquire(ctx)
	if err != nil {
		return s.explain(ctx, a, s.exhausted(err))
	}
	// Taken out of the pool: a small pool whose connections all listen would
	// have none left to load with, and one that listens must not come back.
	conn := acquired.Hijack()
	var sub subscription
	defer func() { part(ctx, conn, sub) }()

	sub, err = s.subscribe(ctx, conn, channel)
	if errors.Is(err, errPooled) {
		s.deafUntil.Store(time.Now().Add(max(deaf, time.Duration(s.pace.Load()))).UnixNano())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return s.explain(ctx, a, err)
	}
	told("")
	for {
		note, err := s.next(ctx, conn, sub, quiet)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return s.explain(ctx, a, err)
		case note.Channel == sub.name:
			told(note.Payload)
		}
	}
}

// subscription is a channel that a connection listens to.
type subscription struct {
	channel, name string // the expression that names it, and the name
	backend       int    // the server's process that serves the connection
	pooled        bool   // by a pooler in session mode
}

// subscribe listens to the channel that the expression names. A drain
// that ends meanwhile does not cancel it: the request to cancel that pgx would send brings
// PgBouncer 1.18 down, and with it everybody's connections.
func (s *Store) subscribe(ctx context.Context, conn *pgx.Conn, channel string) (subscription, error) {
	sending, cancel := context.WithTimeout(context.WithoutCancel(ctx), subscribed)
	defer cancel()
	sub := subscription{channel: channel}
	if err := conn.QueryRow(sending, "SELECT "+channel+", pg_backend_pid()").Scan(&sub.name, &sub.backend); err != nil {
		return sub, err
	}
	if sub.backend != int(conn.PgConn().PID()) { // a pooler tells another number
		if err := s.prove(ctx, sending, conn); err != nil {
			return sub, err
		}
		sub.pooled = true
	}
	_, err := conn.Exec(sending, "LISTEN "+pgx.Identifier{sub.name}.Sanitize())
	return sub, err
}

// prove returns errPooled where a notification that another connection sends does not come
// back to this one. Its own would: whichever server connection the pooler gives for a
// transaction, and left listening before, sends it within that transaction. So no document
// is ever sent to whom the pooler gives such a connection next.
func (s *Store) prove(ctx, sending context.Context, conn *pgx.Conn) error {
	name := "ginmaint_" + rand.Text()
	if _, err := conn.Exec(sending, "LISTEN "+pgx.Identifier{name}.Sanitize()); err != nil {
		return err
	}
	var sent string
	if err := s.row(sending, "SELECT pg_notify($1::text, '')::text", []any{name}, &sent); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, s.answer)
	defer cancel()
	note, lost := conn.WaitForNotification(waiting)
	for lost == nil && note.Channel != name { // left behind by others
		note, lost = conn.WaitForNotification(waiting)
	}
	if lost != nil && !conn.IsClosed() && errors.Is(lost, context.DeadlineExceeded) {
		lost = errPooled
	}
	if !conn.IsClosed() {
		_, err := conn.Exec(sending, "UNLISTEN "+pgx.Identifier{name}.Sanitize())
		lost = cmp.Or(lost, err)
	}
	return lost
}

// next waits for a notification, and asks the server for a sign of life
// whenever none came for a while.
func (s *Store) next(ctx context.Context, conn *pgx.Conn, sub subscription, quiet time.Duration) (*pgconn.Notification, error) {
	for {
		waiting, cancel := context.WithTimeout(ctx, quiet)
		note, err := conn.WaitForNotification(waiting)
		cancel()
		if err == nil || ctx.Err() != nil || conn.IsClosed() || !errors.Is(err, context.DeadlineExceeded) {
			return note, err
		}
		if err := s.listens(ctx, conn, sub); err != nil {
			return nil, err
		}
	}
}

// listens returns an error where the server does not answer in time, or no
// longer sends what happens on the channel: a table made anew has another channel, and a
// pooler may have given the connection to another process of the server.
func (s *Store) listens(ctx context.Context, conn *pgx.Conn, sub subscription) error {
	asking, cancel := context.WithTimeout(ctx, s.answer)
	defer cancel()
	var listens bool
	err := conn.QueryRow(asking, "SELECT pg_backend_pid() = $1::integer AND "+sub.channel+" IN (SELECT pg_listening_channels())",
		sub.backend).Scan(&listens)
	switch {
	case err != nil && asking.Err() != nil && ctx.Err() == nil:
		return fmt.Errorf("the server did not answer within %s: %w", s.answer, err)
	case err == nil && !listens:
		return errors.New("the connection no longer listens: the table was made anew, or a pooler stands between, " +
			"which has given it another one of the server")
	}
	return err
}

// part closes the connection. The context may have ended, and the server may
// be gone; neither is waited for.
//
// A pooler uses its connection to the server again. It does not listen then: where a
// notification comes while PgBouncer 1.18 resets it, the answer to that goes to the next
// client, who takes it for the one to its own statement.
func part(ctx context.Context, conn *pgx.Conn, sub subscription) {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), parted)
	defer cancel()
	if sub.pooled && !conn.IsClosed() {
		_, _ = conn.Exec(closing, "UNLISTEN "+pgx.Identifier{sub.name}.Sanitize())
	}
	_ = conn.Close(closing)
}
