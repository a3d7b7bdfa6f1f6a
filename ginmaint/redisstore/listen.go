package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// confirmation bounds the wait until a subscription is confirmed.
	confirmation = 5 * time.Second
	// silence is after how long without a message the server is asked whether
	// it is still there, and how long it has to answer: a connection that was
	// cut without a word is noticed within twice this time.
	silence = 2 * time.Second
)

var (
	errSilent   = errors.New("the server has stopped answering")
	errReplaced = errors.New("the connection was lost and replaced")
)

// listen subscribes to a channel. It sends "" once the subscription is
// confirmed, then every message, and at the end the reason why it ended. It
// stops when ctx ends.
func (s *Store) listen(ctx context.Context, channel string) (<-chan string, <-chan error) {
	messages := make(chan string, 16)
	ended := make(chan error, 1)
	go func() { ended <- s.receive(ctx, channel, messages) }()
	return messages, ended
}

// receive reads the subscription itself rather than through go-redis's own
// channel, which reconnects without telling: what was published meanwhile would
// be missed unseen.
func (s *Store) receive(ctx context.Context, channel string, messages chan<- string) error {
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
			asked = true
			continue
		}
		asked = false
		message := ""
		switch received := received.(type) {
		case *redis.Subscription:
			if confirmed {
				return errReplaced
			}
			confirmed, patience = true, silence
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
