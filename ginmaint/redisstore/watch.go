package redisstore

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Watch implements maintenance.Store. The messages carry the document. It
// returns an error as soon as the connection is lost, within four seconds
// where it was cut without a word.
func (s *Store) Watch(ctx context.Context, changed func(maintenance.State)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages, ended := s.listen(ctx, s.keys.changes)
	for {
		select {
		case message := <-messages:
			changed(carried(message))
		case err := <-ended:
			return s.over(ctx, "the watch of the state has ended", err)
		case <-ctx.Done():
			return s.over(ctx, "the watch of the state has ended", ctx.Err())
		}
	}
}

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
	messages, ended := s.listen(ctx, s.keys.replicas)
	for {
		select {
		case <-messages:
			changed()
		case err := <-ended:
			return s.over(ctx, "the watch of the replicas has ended", err)
		case <-ctx.Done():
			return s.over(ctx, "the watch of the replicas has ended", ctx.Err())
		}
	}
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
