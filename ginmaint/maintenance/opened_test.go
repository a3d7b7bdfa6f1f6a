package maintenance

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// opened opens a Mode that logs nothing, and has the test close it.
func opened(t *testing.T, store Store, opts ...Option) *Mode {
	t.Helper()
	m, err := Open(t.Context(), store, append([]Option{Logger(slog.New(slog.DiscardHandler))}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	return m
}

// served opens a Mode that has admitted work before, and so counts.
func served(t *testing.T, store Store, opts ...Option) *Mode {
	t.Helper()
	m := opened(t, store, opts...)
	begun(t, m, Read).Leave()
	return m
}

// admits tells whether work of class a may begin now.
func admits(m *Mode, a Access) bool {
	ticket, ok := m.Enter(a)
	ticket.Leave()
	return ok
}

// begun enters, and fails the test where that is refused.
func begun(t *testing.T, m *Mode, a Access) Ticket {
	t.Helper()
	ticket, ok := m.Enter(a)
	require.True(t, ok, "a %s is refused at %s", a, m.Level())
	return ticket
}

// closed tells whether a channel is.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// bounded bounds a call by d, which passes at once under synctest.
func bounded(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// journal is a slog.Handler that keeps what it is told.
type journal struct {
	mu    sync.Mutex
	lines []slog.Record
}

func (j *journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler       { return j }
func (j *journal) WithGroup(string) slog.Handler            { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, r.Clone())
	return nil
}

// with returns the records of exactly this message.
func (j *journal) with(message string) (found []slog.Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.lines {
		if r.Message == message {
			found = append(found, r)
		}
	}
	return found
}

// attr returns a record's attribute, and the zero Value where it has none.
func attr(r slog.Record, key string) (v slog.Value) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			v = a.Value
		}
		return a.Key != key
	})
	return v
}
