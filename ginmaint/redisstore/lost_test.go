package redisstore_test

import (
	"context"
	"io"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
	"github.com/ginmaint/gin-maintenance-mode/ginmaint/redisstore"
)

// flaky loses requests or answers, in the order that the test gives.
type flaky struct {
	redisstore.Client
	mu     sync.Mutex
	faults []fault
	calls  int
}

type fault int

const (
	none      fault = iota
	answer          // the script runs, its answer is lost
	request         // the script never runs
	delivered       // the client lost the answer, sent again, and returns the second answer
)

func (f *flaky) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	f.mu.Lock()
	next := none
	if f.calls < len(f.faults) {
		next = f.faults[f.calls]
	}
	f.calls++
	f.mu.Unlock()
	lost := redis.NewCmd(ctx)
	lost.SetErr(io.EOF)
	if next == request {
		return lost
	}
	reply := f.Client.EvalSha(ctx, sha, keys, args...)
	switch next {
	case answer:
		return lost
	case delivered:
		return f.Client.EvalSha(ctx, sha, keys, args...)
	}
	return reply
}

func TestSaveWithLostAnswers(t *testing.T) {
	tests := []struct {
		name   string
		faults []fault
		err    string
		stored uint64 // the revision afterwards
	}{
		{"the answer is lost: its own document is found", []fault{answer}, "", 1},
		{"the request is lost: sent again", []fault{request}, "", 1},
		{"the client itself tried again", []fault{delivered}, "", 1},
		{"two answers are lost", []fault{answer, answer}, "can't be known", 1},
		{"two requests are lost", []fault{request, request}, "can't be known", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clean, client := open(t)
			_, err := clean.Load(within(t)) // the script is known from here on
			require.NoError(t, err)
			warm(t, client)
			store := redisstore.New(&flaky{Client: client, faults: tt.faults}, name(t))
			saved, err := store.Save(within(t), maintenance.State{Level: maintenance.On})
			stored, loadErr := clean.Load(within(t))
			require.NoError(t, loadErr)
			assert.Equal(t, tt.stored, stored.Revision)
			if tt.err != "" {
				article(t, err, tt.err)
				require.ErrorIs(t, err, io.EOF)
				require.NotErrorIs(t, err, maintenance.ErrConflict)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, stored, saved)
		})
	}
}

// warm makes the server know the scripts, so that calls can be counted.
func warm(t testing.TB, client redisstore.Client) {
	t.Helper()
	store := redisstore.New(client, redisstore.Switch("warm"+t.Name()))
	_, err := store.Save(within(t), maintenance.State{})
	require.NoError(t, err)
}

// intruder lets somebody else save between the first try, whose answer is lost,
// and the second.
type intruder struct {
	redisstore.Client
	between func()
	runs    bool // the first try reaches the server
	once    sync.Once
}

func (i *intruder) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	var lost *redis.Cmd
	i.once.Do(func() {
		if i.runs {
			i.Client.EvalSha(ctx, sha, keys, args...)
		}
		i.between()
		lost = redis.NewCmd(ctx)
		lost.SetErr(io.EOF)
	})
	if lost != nil {
		return lost
	}
	return i.Client.EvalSha(ctx, sha, keys, args...)
}

func TestSaveWithALostAnswerAndSomebodyElse(t *testing.T) {
	tests := []struct {
		name     string
		runs     bool
		conflict bool // alone: it is proven that nothing was stored
	}{
		{"ours was never stored", false, true},
		{"ours was replaced", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other, client := open(t)
			warm(t, client)
			store := redisstore.New(&intruder{Client: client, runs: tt.runs, between: func() {
				stored, err := other.Load(within(t))
				assert.NoError(t, err)
				_, err = other.Save(within(t), stored)
				assert.NoError(t, err)
			}}, name(t))
			_, err := store.Save(within(t), maintenance.State{Level: maintenance.On})
			if tt.conflict {
				assert.Equal(t, maintenance.ErrConflict, err)
			} else { // no conflict, which would be tried again over what somebody else decided
				require.NotErrorIs(t, err, maintenance.ErrConflict)
				article(t, err, "can't be known")
			}
		})
	}
}

func TestRestoreWithLostAnswers(t *testing.T) {
	clean, client := open(t)
	warm(t, client)
	known := maintenance.State{Level: maintenance.On, ID: "KNOWN", Revision: 7}
	store := redisstore.New(&flaky{Client: client, faults: []fault{answer}}, name(t))
	back, err := store.Restore(within(t), known, maintenance.State{})
	require.NoError(t, err)
	assert.Equal(t, "KNOWN", back.ID)
	assert.EqualValues(t, 8, back.Revision)

	_, err = clean.Restore(within(t), known, maintenance.State{})
	require.ErrorIs(t, err, maintenance.ErrConflict, "another survivor was faster, with the same document")
}
