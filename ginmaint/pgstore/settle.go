package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// How long a save whose answer was lost is tried again, and how often.
const (
	settleFor   = 5 * time.Second
	settleEvery = 100 * time.Millisecond
)

// settle sends a save until its outcome is known. Sending it twice is safe: it
// replaces one revision only, so at most one of the two takes effect. And it
// decides what reading back could not: the first one may still be under way on
// the server, holding the row's lock, and the second waits for that.
func (s *Store) settle(ctx context.Context, stored maintenance.State, send func() error) (maintenance.State, error) {
	var lost error // the first answer that did not come
	var giveUp <-chan time.Time
	for {
		err := send()
		switch {
		case err == nil:
			return stored, nil
		case errors.Is(err, pgx.ErrNoRows):
			return s.refused(ctx, stored, lost)
		case lost == nil && outcomeKnown(err):
			return maintenance.State{}, s.explain(ctx, s.saving(), err)
		case lost == nil:
			lost = err
			limit := time.NewTimer(settleFor)
			defer limit.Stop()
			giveUp = limit.C
		}
		again := time.NewTimer(settleEvery)
		select {
		case <-again.C:
			continue
		case <-ctx.Done():
		case <-giveUp:
		}
		again.Stop()
		return maintenance.State{}, s.unknown(ctx, lost)
	}
}

// refused decides about a save that found another document than the one it
// was to replace: its own, somebody else's, or that of a newer release.
func (s *Store) refused(ctx context.Context, stored maintenance.State, lost error) (maintenance.State, error) {
	found, err := s.read(ctx)
	switch {
	case lost == nil && err != nil:
		return maintenance.State{}, maintenance.ErrConflict
	case lost == nil:
		if err := found.known(s.name); err != nil {
			return maintenance.State{}, err
		}
		return maintenance.State{}, maintenance.ErrConflict
	case err != nil || found.revision == nil || found.id == nil:
		return maintenance.State{}, s.unknown(ctx, lost)
	case *found.id == stored.ID && uint64(*found.revision) == stored.Revision:
		return stored, nil
	case uint64(*found.revision) == stored.Revision:
		// Somebody else holds the revision that this save would have had.
		return maintenance.State{}, maintenance.ErrConflict
	}
	return maintenance.State{}, s.unknown(ctx, lost)
}

func (s *Store) unknown(ctx context.Context, lost error) error {
	const text = "pgstore: the connection broke while the state was being saved, " +
		"so it may be stored or not: %w; load it before saving again"
	if ended := ctx.Err(); ended != nil && !errors.Is(lost, ended) {
		return fmt.Errorf(text, fmt.Errorf("%w (%w)", ended, lost))
	}
	return fmt.Errorf(text, lost)
}

// outcomeKnown tells whether err proves that nothing was stored: the statement
// was not sent, or the server says that it failed. A server that is stopping
// says so after a commit as well.
func outcomeKnown(err error) bool {
	var early unsent
	var safe interface{ SafeToRetry() bool }
	if errors.As(err, &early) || errors.As(err, &safe) && safe.SafeToRetry() {
		return true
	}
	sqlstate := code(err)
	return sqlstate != "" && !strings.HasPrefix(sqlstate, "57P") && !strings.HasPrefix(sqlstate, "08")
}
