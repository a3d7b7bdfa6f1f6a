package ginmaint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// orders has what was ordered saved, and knows how things stand.
type orders struct {
	mode   *maintenance.Mode
	logger *slog.Logger
}

// condition is how things stand for the superuser, at one moment.
type condition struct {
	maintenance.Status
	at        time.Time
	reachable bool // the store answers
	fixed     bool // nothing can be switched
}

// longestLook bounds how long an answer waits for the store: the panel has to open
// while the store hangs.
const longestLook = time.Second

// look asks the store, so that an outage shows at once rather than at the next poll.
func (b *orders) look(ctx context.Context) condition {
	_, err := b.ascertain(ctx)
	k := b.known()
	k.reachable = err == nil
	return k
}

// known is how things stand as far as this process knows, without asking.
func (b *orders) known() condition {
	s := b.mode.Status()
	return condition{s, time.Now(), s.Err == nil, b.mode.Fixed()}
}

// unsaved is an error of the store, and what is known of the change that was to be
// saved, in words.
type unsaved string

func (u unsaved) Error() string { return string(u) }

// What is known where nothing was saved.
const (
	untried unsaved = "Nothing was changed: the store can’t be reached. The service’s log has the details."
	closing unsaved = "Nothing was changed: this process is shutting down. Try again at another."
)

// save stores what the order makes of what is stored at that moment.
func (b *orders) save(ctx context.Context, o order, next decision) error {
	if b.mode.Fixed() {
		return maintenance.ErrFixed
	}
	var before, wanted maintenance.State
	var refused error
	tried := false
	_, err := b.mode.Update(ctx, func(s *maintenance.State) error {
		before = *s
		if wanted, refused = o.decide(next, *s, time.Now()); refused != nil {
			return refused
		}
		*s, tried = wanted, true
		return nil
	})
	switch {
	case err == nil, refused != nil, errors.Is(err, maintenance.ErrConflict), errors.Is(err, maintenance.ErrFixed):
		return err
	case errors.Is(err, maintenance.ErrInvalid):
		return invalid(err)
	}
	b.logger.Error("ginmaint: the state was not changed, or that is not known", "error", err)
	switch {
	case errors.Is(err, maintenance.ErrClosed):
		return closing
	case !tried:
		return untried
	}
	stored, err := b.ascertain(ctx)
	switch {
	case err != nil:
		return unsaved("It is not known whether the change was saved: the store did not confirm it, and can’t be reached now. " +
			"Look again when it can. The service’s log has the details.")
	case stored.ID == before.ID:
		return unsaved(fmt.Sprintf("The change was not saved, as far as is known: the store did not confirm it, and still holds revision %d. "+
			"Look again before you decide. The service’s log has the details.", stored.Revision))
	case stored.Revision == before.Revision+1 && sameOrder(stored, wanted):
		return nil // the answer was lost, not the change
	}
	return unsaved(fmt.Sprintf("It is not known whether the change was saved: the store did not confirm it, and now holds revision %d, "+
		"which says something else. The service’s log has the details.", stored.Revision))
}

// sameOrder tells whether two states order the same.
func sameOrder(a, b maintenance.State) bool {
	same := func(a, b time.Time) bool {
		return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond)) // as it is stored
	}
	return a.Level == b.Level && a.Message == b.Message && a.Reason == b.Reason &&
		a.Hold.Truncate(time.Microsecond) == b.Hold.Truncate(time.Microsecond) && same(a.Start, b.Start) && same(a.End, b.End) &&
		(b.ChangedBy == "" || a.ChangedBy == b.ChangedBy)
}

// ascertain asks the store what it holds, for a short time, and also where the client
// has gone.
func (b *orders) ascertain(ctx context.Context) (maintenance.State, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestLook)
	defer cancel()
	return b.mode.Load(ctx)
}
