package maintenance

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errMine = errors.New("mine")

func nothing(context.Context) error { return nil }

func TestDuring(t *testing.T) {
	for _, c := range []struct {
		name    string
		earlier State
	}{
		{"from nothing", State{}},
		{"from off", State{Level: Off, Message: "m", Reason: "r"}},
		{"from read-only", State{Level: ReadOnly, Message: "m", Reason: "r"}},
		{"from a window to come", State{Level: On, Start: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2002, 1, 1, 0, 0, 0, 0, time.UTC)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, store Store, _ bool) {
				m, other := opened(t, store), opened(t, store)
				if c.earlier != (State{}) {
					_, err := m.Set(t.Context(), c.earlier)
					require.NoError(t, err)
				}
				before := m.Level()
				ran := 0
				err := m.During(t.Context(), State{Level: On, End: time.Now().Add(time.Minute), Message: "migrating"}, func(context.Context) error {
					ran++
					assert.Equal(t, On, m.Level())
					assert.True(t, m.State().End.IsZero(), "a window must not end under the function")
					assert.Equal(t, "migrating", m.State().Message)
					synctest.Wait()
					assert.False(t, admits(other, Read))
					time.Sleep(time.Hour)
					assert.False(t, admits(other, Read))
					return nil
				})
				require.NoError(t, err)
				assert.Equal(t, 1, ran)
				synctest.Wait()
				assert.Equal(t, before, m.Level())
				assert.Equal(t, before, other.Level())
				assert.Equal(t, c.earlier.normal(), ordered(m.State()))
			})
		})
	}
}

func TestDuringRunsOnlyWhenDrained(t *testing.T) {
	eachStore(t, func(t *testing.T, store Store, _ bool) {
		m := opened(t, store)
		ticket := begun(t, m, Write)
		ran := make(chan struct{})
		done := make(chan error)
		go func() {
			done <- m.During(t.Context(), State{Level: On}, func(context.Context) error { close(ran); return nil })
		}()
		time.Sleep(time.Minute)
		assert.False(t, closed(ran))
		ticket.Leave()
		require.NoError(t, <-done)
		assert.True(t, closed(ran))
	})
}

func TestDuringStaysOn(t *testing.T) {
	refused := func(context.Context) error { return errors.New("must not run") }
	for _, c := range []struct {
		name  string
		fn    func(context.Context) error
		busy  bool
		is    error
		fault string
	}{
		{"where the function fails", func(context.Context) error { return errMine }, false, errMine, "maintenance: the function failed and the level stays on: mine"},
		{"where it panics", func(context.Context) error { panic("boom") }, false, nil, "maintenance: the function failed and the level stays on: panic: boom\n"},
		{"where it panics with nil", func(context.Context) error { panic(nil) }, false, nil, "maintenance: the function failed and the level stays on: panic: "},
		{"where the drain fails", refused, true, ErrNotDrained, "maintenance: the function was not run and the level stays on: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, store Store, _ bool) {
				m := opened(t, store)
				if c.busy {
					ticket := begun(t, m, Write)
					defer ticket.Leave()
				}
				err := m.During(bounded(t, time.Minute), State{Level: On}, c.fn)
				require.ErrorContains(t, err, c.fault)
				if c.is != nil {
					require.ErrorIs(t, err, c.is)
				}
				assert.Equal(t, On, m.Level(), "a service is not opened over a migration that went wrong")
				time.Sleep(time.Minute)
				assert.Equal(t, On, m.Level())
			})
		})
	}
	t.Run("where its goroutine ends", func(t *testing.T) {
		eachStore(t, func(t *testing.T, store Store, _ bool) {
			m := opened(t, store)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = m.During(t.Context(), State{Level: On}, func(context.Context) error { runtime.Goexit(); return nil })
				assert.Fail(t, "During returned")
			}()
			<-ended
			assert.Equal(t, On, m.Level())
		})
	})
	t.Run("where putting back fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store := newScripted()
			m := opened(t, store)
			err := m.During(t.Context(), State{Level: On}, func(context.Context) error { store.fail("save"); return nil })
			require.ErrorIs(t, err, errDown)
			assert.ErrorContains(t, err, "maintenance: the function is done, but the level stays on: ")
			assert.Equal(t, On, m.Level())
			store.heal()
		})
	})
}

func TestDuringLeavesWhatSomebodyElseChanged(t *testing.T) {
	eachStore(t, func(t *testing.T, store Store, _ bool) {
		m, other := opened(t, store), opened(t, store)
		_, err := m.Set(t.Context(), State{Level: Off, Message: "before"})
		require.NoError(t, err)
		var theirs State
		err = m.During(t.Context(), State{Level: ReadOnly}, func(context.Context) error {
			theirs, err = other.Set(t.Context(), State{Level: On, Message: "theirs"})
			return err
		})
		require.ErrorIs(t, err, ErrConflict)
		assert.ErrorContains(t, err, "the function is done, and the level is left to who changed it meanwhile")
		synctest.Wait()
		assert.Equal(t, ordered(theirs), ordered(m.State()))
		assert.Equal(t, theirs.ChangedAt, m.State().ChangedAt)
		assert.Empty(t, m.State().Work())
	})
}

// What somebody else saves between Engage and Drain may be less than the work
// relies on.
func TestEngagementDrainProvesWhatWasEngaged(t *testing.T) {
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	for _, c := range []struct {
		name  string
		saved *State
		fault string
	}{
		{"nobody saved", nil, ""},
		{"the same level, until it is changed", &State{Level: ReadOnly}, ""},
		{"a higher level", &State{Level: On}, ""},
		{"off", &State{Level: Off, ChangedBy: "bob"}, `(to off, by "bob")`},
		{"the same level with an end", &State{Level: ReadOnly, End: end, ChangedBy: "bob"}, "(to off at " + end.Format(time.RFC3339) + `, by "bob")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := opened(t, newScripted())
			e, err := m.Engage(t.Context(), State{Level: ReadOnly})
			require.NoError(t, err)
			if c.saved != nil {
				_, err = m.Set(t.Context(), *c.saved)
				require.NoError(t, err)
			}
			report, err := e.Drain(t.Context())
			if c.fault == "" {
				require.NoError(t, err)
				assert.True(t, report.Drained)
				return
			}
			require.ErrorIs(t, err, ErrChanged)
			assert.ErrorContains(t, err, c.fault)
		})
	}
}

func TestDuringNeedsTheLevelThatItAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		store.onAnswer(func(op string) {
			if op == "save" { // kept, and lowered by somebody before the answer comes
				store.onAnswer(nil)
				state, err := store.MemoryStore.Load(t.Context())
				require.NoError(t, err)
				state.Level = ReadOnly
				_, err = store.MemoryStore.Save(t.Context(), state)
				require.NoError(t, err)
				synctest.Wait()
			}
		})
		err := m.During(t.Context(), State{Level: On}, func(context.Context) error {
			assert.Fail(t, "the function ran with reads admitted")
			return nil
		})
		require.ErrorIs(t, err, ErrChanged)
	})
}

func TestDuringPutsBackAfterItsContextHasEnded(t *testing.T) {
	eachStore(t, func(t *testing.T, store Store, _ bool) {
		m := opened(t, store)
		ctx, cancel := context.WithCancel(t.Context())
		err := m.During(ctx, State{Level: On}, func(ctx context.Context) error {
			cancel()
			assert.ErrorIs(t, ctx.Err(), context.Canceled, "it reaches the function")
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, Off, m.Level())
	})
}

func TestDuringRefuses(t *testing.T) {
	store := newScripted()
	m := opened(t, store)
	require.ErrorIs(t, m.During(t.Context(), State{}, nothing), ErrOff)
	require.ErrorIs(t, m.During(t.Context(), State{Level: On, Message: "\x00"}, nothing), ErrInvalid)
	require.ErrorIs(t, opened(t, Fixed(Off)).During(t.Context(), State{Level: On}, nothing), ErrFixed)
	assert.Zero(t, store.count()["save"])
	store.fail("save")
	require.ErrorIs(t, m.During(t.Context(), State{Level: On}, nothing), errDown)
	assert.Equal(t, Off, m.Level())
}

func TestDuringNeverOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, newScripted())
		require.NoError(t, m.On(t.Context()))
		err := m.During(t.Context(), State{Level: ReadOnly}, func(context.Context) error {
			t.Error("the function ran")
			return nil
		})
		assert.ErrorIs(t, err, ErrLowers)
		assert.ErrorContains(t, err, ": on is in force, and read-only was asked for")
		assert.Equal(t, On, m.Level())
	})
}

// ordered is what somebody asked for: a state without what a save adds to it.
func ordered(s State) State {
	s.ChangedBy, s.ChangedAt, s.Via, s.Revision, s.ID, s.work, s.passes = "", time.Time{}, "", 0, "", "", ""
	return s
}
