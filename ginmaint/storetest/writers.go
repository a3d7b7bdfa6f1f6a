package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// Eight writers that add up to a sum which a lost update would show.
const (
	writers    = 8
	increments = 25
)

// crowdPatience bounds what many do at once, on a disk that may be slow.
const crowdPatience = 3 * patience

// addUp has all writers add to one document at once, each so many times.
func (p *probe) addUp(name string, each int) {
	p.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), crowdPatience)
	defer cancel()
	faults := make(chan error, writers)
	var all sync.WaitGroup
	for range writers {
		store := p.open(name)
		all.Go(func() {
			for range each {
				if err := increment(ctx, store); err != nil {
					faults <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(faults)
	for err := range faults {
		p.Errorf("a writer gave up: %v", err)
	}
}

func noLostUpdate(p *probe) {
	name := newName()
	p.addUp(name, increments)
	got := p.load(p.open(name))
	if sum := strconv.Itoa(writers * increments); got.Message != sum {
		p.Errorf("after %s increments the document counts %q", sum, got.Message)
	}
	if got.Revision != writers*increments {
		p.Errorf("after %d saves that succeeded the revision is %d", writers*increments, got.Revision)
	}
}

// increment adds one to the number in the message, again and again until nobody
// came in between.
func increment(ctx context.Context, s maintenance.Store) error {
	for {
		state, err := s.Load(ctx)
		if err != nil {
			return fmt.Errorf("Load: %w", err)
		}
		count, _ := strconv.Atoi(state.Message) // 0 before the first save
		state.Message = strconv.Itoa(count + 1)
		saved, err := s.Save(ctx, state)
		switch {
		case errors.Is(err, maintenance.ErrConflict) && ctx.Err() == nil:
			continue
		case err != nil:
			return fmt.Errorf("Save: %w", err)
		case saved.Revision != state.Revision+1 || saved.Message != state.Message:
			return fmt.Errorf("Save over revision %d returned revision %d with %q in place of %q",
				state.Revision, saved.Revision, saved.Message, state.Message)
		}
		return nil
	}
}
