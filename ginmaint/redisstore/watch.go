package redisstore

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Watch implements maintenance.Store. The messages carry the document. It
// returns an error as soon as the connection is lost, within four seconds
// where it was cut without a word, or 2 seconds more than Pace says.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages, ended := s.listen(ctx, s.keys.changes, max(s.silence, time.Duration(s.pace.Load())))
	for {
		select {
		case message := <-messages:
			changed(carried(message))
		case err := <-ended:
			return s.over(ctx, "the watch of the state has ended", err)
		case <-ctx.Done():
			return s.over(ctx, "the watch of the state has ended", left(ended))
		}
	}
}

// Pace implements maintenance.Pacer: a connection that listens is asked whether the server is
// still there after 2 seconds without a message, or after this interval where that is longer.
func (s *Store) Pace(poll time.Duration) { s.pace.Store(int64(poll)) }

// carried returns the document that a message carries, and the zero State, load
// now, for one that can't be read: anybody may publish.
func carried(message string) maintenance.State {
	var state maintenance.State
	if err := state.UnmarshalJSON([]byte(message)); err != nil {
		return maintenance.State{}
	}
	return state
}

// WatchReplicas implements maintenance.Roster. It returns as Watch does.
func (s *Store) WatchReplicas(ctx context.Context, changed func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages, ended := s.listen(ctx, s.keys.replicas, s.silence)
	for {
		select {
		case <-messages:
			changed()
		case err := <-ended:
			return s.over(ctx, "the watch of the replicas has ended", err)
		case <-ctx.Done():
			return s.over(ctx, "the watch of the replicas has ended", left(ended))
		}
	}
}

// left waits until a subscription whose context has ended is closed, since the caller may
// close the client next: go-redis would complain of the connection. One that waits for a
// server is not waited for.
func left(ended <-chan error) (why error) {
	select {
	case why = <-ended:
	case <-time.After(leaving):
	}
	return why
}

// over returns why a watch ended: its context, where that ended too. A
// connection knows the context's deadline, and may notice it a moment earlier.
func (s *Store) over(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if deadline, ok := ctx.Deadline(); ok && errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(deadline) {
		err = context.DeadlineExceeded
	}
	return explain(what, err)
}

const (
	// confirmation bounds the wait until a subscription is confirmed.
	confirmation = 5 * time.Second
	// silence is after how long without a message the server is asked whether
	// it is still there. A connection that was cut without a word is noticed once the
	// time for the answer is over, too.
	silence = 2 * time.Second
	answer  = 2 * time.Second
	// leaving bounds how long a watch stays to close its subscription.
	leaving = 100 * time.Millisecond
)

var (
	errSilent   = errors.New("the server has stopped answering")
	errReplaced = errors.New("the connection was lost and replaced")
)

// listen subscribes to a channel. It sends "" once the subscription is
// confirmed, then every message, and at the end the reason why it ended. It
// stops when ctx ends.
func (s *Store) listen(ctx context.Context, channel string, silence time.Duration) (<-chan string, <-chan error) {
	messages := make(chan string, 16)
	ended := make(chan error, 1)
	go func() { ended <- s.receive(ctx, channel, silence, messages) }()
	return messages, ended
}

// receive reads the subscription itself rather than through go-redis's own
// channel, which reconnects without telling: what was published meanwhile would
// be missed unseen.
func (s *Store) receive(ctx context.Context, channel string, silence time.Duration, messages chan<- string) error {
	subscription := s.client.Subscribe(ctx, channel)
	defer subscription.Close()
	// Reading knows no context.
	stop := context.AfterFunc(ctx, func() { subscription.Close() })
	defer stop()

	patience, confirmed, asked := confirmation, false, false
	for {
		received, err := subscription.ReceiveTimeout(ctx, patience)
		if err != nil {
			if !confirmed || !timedOut(err) {
				return err
			}
			if asked {
				return errSilent
			}
			if err := subscription.Ping(ctx); err != nil {
				return err
			}
			asked, patience = true, answer
			continue
		}
		asked, patience = false, silence
		message := ""
		switch received := received.(type) {
		case *redis.Subscription:
			if confirmed {
				return errReplaced
			}
			confirmed = true
		case *redis.Message:
			message = received.Payload
		default:
			continue
		}
		select {
		case messages <- message:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
