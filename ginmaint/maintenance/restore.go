package maintenance

import (
	"context"
	"crypto/rand"
	"time"
)

// restore writes back what this process knows over a store that lost it. Over
// nothing, or over a document that it has left itself, its own stands. Over
// one that it does not know, the more closed of both stands, as a new
// document: nobody may be let in by a loss.
func (m *Mode) restore(ctx context.Context, stored State, asked asked) (State, error) {
	m.mu.Lock()
	mine := m.state
	own := stored.Revision == 0 || stored.ID == mine.ID || m.held.has(stored.ID)
	told := m.mending
	m.mending = true
	m.mu.Unlock()
	want := mine
	if !own {
		if now := time.Now(); stored.At(now) > mine.At(now) || stored.At(now) == mine.At(now) && stored.Level > mine.Level {
			want = stored
		}
		want.ID = rand.Text()
	}
	if !told {
		m.options.logger.Error("maintenance: the store lost the state; writing it back",
			"lost", mine.Revision, "found", stored.Revision, "level", want.Level.String())
	}
	back, err := m.restorer.Restore(ctx, want, stored)
	if err != nil { // a conflict: another survivor was faster, or somebody saved
		return State{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if back.Revision > m.state.Revision {
		m.takeOver(back)
		m.confirm(asked)
	}
	return m.state, nil
}
