package maintenance

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSetSavesOverARevision(t *testing.T) {
	m := opened(t, NewMemoryStore(), Name("web-1"))
	first, err := m.Set(t.Context(), State{Level: On, Message: "m", ID: "mine"})
	require.NoError(t, err)
	assert.Equal(t, uint64(1), first.Revision)
	assert.NotEqual(t, "mine", first.ID, "the store makes the ID")
	assert.Equal(t, "web-1", first.ChangedBy)
	assert.WithinDuration(t, time.Now(), first.ChangedAt, time.Minute)
	assert.Equal(t, first, m.State(), "this process obeys when Set returns")

	second, err := m.Set(t.Context(), State{Level: ReadOnly, Revision: 1, ChangedBy: "ann"})
	require.NoError(t, err)
	assert.Equal(t, uint64(2), second.Revision)
	assert.Equal(t, "ann", second.ChangedBy)
	assert.NotEqual(t, first.ID, second.ID)

	for _, revision := range []uint64{1, 3, 1<<64 - 1} {
		_, err = m.Set(t.Context(), State{Level: Off, Revision: revision})
		assert.ErrorIs(t, err, ErrConflict)
		assert.Equal(t, second, m.State(), "a conflict changes nothing")
	}
	third, err := m.Set(t.Context(), State{Level: Off})
	require.NoError(t, err, "revision 0 saves over whatever is stored")
	assert.Equal(t, uint64(3), third.Revision)
}

func TestSetRefuses(t *testing.T) {
	store := newScripted()
	m := opened(t, store)
	_, err := m.Set(t.Context(), State{Level: ReadOnly})
	require.NoError(t, err)
	before := m.State()
	past := time.Now().Add(-time.Minute)
	for _, c := range []struct {
		name  string
		state State
		fault string
	}{
		{"a level that does not exist", State{Level: 3}, "maintenance: the state is not valid: level"},
		{"a window that is over", State{Level: On, End: past}, "is over; name a later one, or none"},
		{"a window shorter than a microsecond", State{Level: On, Start: past, End: past.Add(1)}, "is not after start"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store.count()
			_, err := m.Set(t.Context(), c.state)
			require.ErrorContains(t, err, c.fault)
			require.ErrorIs(t, err, ErrInvalid)
			_, err = m.Update(t.Context(), func(s *State) error { *s = c.state; return nil })
			require.ErrorContains(t, err, c.fault)
			assert.Zero(t, store.count()["save"])
			assert.Equal(t, before, m.State())
		})
	}
	_, err = m.Set(t.Context(), State{Level: Off, End: past})
	assert.NoError(t, err, "off needs no window")
}

// The order given last stands: somebody who finds maintenance on, and orders it,
// must not lose it to the end of somebody else's work.
func TestOnAndOffAlwaysSave(t *testing.T) {
	m := opened(t, NewMemoryStore())
	seen := make(map[string]bool)
	for _, order := range []func(context.Context) error{m.Off, m.Off, m.On, m.On, m.Off, m.Off} {
		require.NoError(t, order(t.Context()))
		seen[m.State().ID] = true
	}
	assert.Len(t, seen, 6)
	assert.Equal(t, uint64(6), m.State().Revision)
}

func TestOnKeepsWhatVisitorsSee(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name   string
		stored State
		want   string
	}{
		{"in force", State{Level: ReadOnly, Message: "soon"}, "soon"},
		{"announced", State{Level: ReadOnly, Start: now.Add(time.Hour), Message: "soon"}, "soon"},
		{"over", State{Level: On, End: now.Add(-time.Hour), Message: "yesterday"}, ""},
		{"off", State{Level: Off, Message: "written by hand"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.stored.Reason, c.stored.ChangedBy = "theirs", "ann"
			store := newScripted()
			_, err := store.Save(t.Context(), c.stored)
			require.NoError(t, err)
			m := opened(t, store, Name("web-1"))
			require.NoError(t, m.On(t.Context()))
			s := m.State()
			assert.Equal(t, State{Level: On, Message: c.want}, ordered(s), "no reason of another author, no window")
			assert.Equal(t, "web-1", s.ChangedBy)
			require.NoError(t, m.Off(t.Context()))
			assert.Equal(t, State{}, ordered(m.State()))
		})
	}
}

func TestCreate(t *testing.T) {
	store := NewMemoryStore()
	m, other := opened(t, store), opened(t, store)
	first, err := m.Create(t.Context(), State{Level: ReadOnly, Revision: 7})
	require.NoError(t, err)
	assert.Equal(t, uint64(1), first.Revision)
	_, err = other.Create(t.Context(), State{Level: Off})
	assert.ErrorIs(t, err, ErrConflict)
	require.NoError(t, m.Off(t.Context()))
	_, err = other.Create(t.Context(), State{Level: On})
	assert.ErrorIs(t, err, ErrConflict, "off was saved, too")
	_, err = opened(t, NewMemoryStore()).Create(t.Context(), State{Level: 9})
	assert.ErrorIs(t, err, ErrInvalid)
}

func TestLoadAsksNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		store.hush()
		m := opened(t, store, Poll(time.Hour))
		saved, err := store.Save(t.Context(), State{Level: On})
		require.NoError(t, err)
		require.Equal(t, Off, m.Level())
		state, err := m.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, saved, state)
		store.fail("load")
		_, err = m.Load(t.Context())
		assert.ErrorIs(t, err, errDown)
	})
}

func TestUnknownMembersSurviveASwitch(t *testing.T) {
	store := newScripted()
	var newer State
	require.NoError(t, newer.UnmarshalJSON([]byte(`{"level":"off","revision":7,"id":"x","bypass":{"key":[1,"<b>"]}}`)))
	store.put(newer)
	m := opened(t, store)
	for name, change := range map[string]func() error{
		"On":                    func() error { return m.On(t.Context()) },
		"Off":                   func() error { return m.Off(t.Context()) },
		"Set over anything":     func() error { _, err := m.Set(t.Context(), State{Level: ReadOnly}); return err },
		"Set over the revision": func() error { _, err := m.Set(t.Context(), State{Level: On, Revision: m.State().Revision}); return err },
		"Update with a new State": func() error {
			_, err := m.Update(t.Context(), func(s *State) error { *s = State{Level: On, Message: "new"}; return nil })
			return err
		},
		"During": func() error {
			return m.During(t.Context(), State{Level: On, Message: "d"}, func(context.Context) error { return nil })
		},
	} {
		require.NoError(t, change(), name)
		text, err := m.State().MarshalJSON()
		require.NoError(t, err)
		assert.Contains(t, string(text), `"bypass":{"key":[1,"<b>"]}`, name)
	}
}

func TestUpdate(t *testing.T) {
	t.Run("begins again on a conflict", func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		edits := 0
		saved, err := m.Update(t.Context(), func(s *State) error {
			if edits++; edits < 4 { // somebody else is faster
				_, err := store.MemoryStore.Save(t.Context(), State{Revision: s.Revision, Message: "theirs"})
				require.NoError(t, err)
			}
			s.Level = On
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, 4, edits)
		assert.Equal(t, "theirs", saved.Message, "the edit is made on what is stored now")
		assert.Equal(t, uint64(4), saved.Revision)
	})
	t.Run("gives up in the end", func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		edits := 0
		_, err := m.Update(t.Context(), func(s *State) error {
			edits++
			_, err := store.MemoryStore.Save(t.Context(), State{Revision: s.Revision})
			s.Level = On
			return err
		})
		require.ErrorIs(t, err, ErrConflict)
		assert.Equal(t, attempts, edits)
	})
	t.Run("saves also what changes the reason alone", func(t *testing.T) {
		m := opened(t, newScripted())
		before, err := m.Set(t.Context(), State{Level: On, Message: "m"})
		require.NoError(t, err)
		got, err := m.Update(t.Context(), func(s *State) error { s.Reason, s.ChangedBy = "r", "ann"; return nil })
		require.NoError(t, err)
		assert.Equal(t, before.Revision+1, got.Revision)
		assert.Equal(t, State{Level: On, Message: "m", Reason: "r"}, ordered(got))
		assert.Equal(t, "ann", got.ChangedBy)
	})
	t.Run("returns the edit's own error", func(t *testing.T) {
		store := newScripted()
		m := opened(t, store)
		mine := errors.New("mine")
		_, err := m.Update(t.Context(), func(s *State) error { s.Level = On; return mine })
		assert.Equal(t, mine, err)
		assert.Zero(t, store.count()["save"])
		assert.Equal(t, Off, m.Level())
	})
}

func TestSwitchThatTheStoreDidNotKeep(t *testing.T) {
	for op, fault := range map[string]string{
		"load": "maintenance: nothing was changed, the present state can't be loaded: ",
		"save": "maintenance: the state can't be saved: ", // whether it was kept is the store's to say
	} {
		t.Run(op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newScripted()
				m := opened(t, store)
				store.fail(op)
				before := m.State()
				_, setErr := m.Set(t.Context(), State{Level: On})
				_, updateErr := m.Update(t.Context(), func(s *State) error { s.Level = On; return nil })
				for _, err := range []error{m.On(t.Context()), setErr, updateErr} {
					require.ErrorIs(t, err, errDown)
					assert.ErrorContains(t, err, fault)
				}
				assert.Equal(t, before, m.State(), "a local flag must not stand for a change that nobody kept")
				assert.True(t, admits(m, Write))
			})
		})
	}
}

func TestFixed(t *testing.T) {
	for _, l := range []Level{Off, ReadOnly, On} {
		t.Run(l.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := opened(t, Fixed(l))
				other := opened(t, Fixed(l))
				assert.Equal(t, l, m.Level())
				assert.Equal(t, m.State(), other.State())
				for _, to := range []Level{Off, ReadOnly, On} {
					_, err := m.Set(t.Context(), State{Level: to})
					assert.ErrorIs(t, err, ErrFixed)
				}
				if l != On {
					assert.ErrorIs(t, m.On(t.Context()), ErrFixed)
				} else {
					assert.ErrorIs(t, m.Off(t.Context()), ErrFixed)
				}
				time.Sleep(time.Hour)
				assert.Equal(t, l, m.Level())
				assert.Equal(t, !l.Refuses(Write), admits(m, Write))
			})
		})
	}
}

// What opens is asked for by every replica at the same moment. That they have opened nobody
// waits for.
func TestOffHasEachReplicaAskOnceUntilItIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		modes := make([]*Mode, 10)
		for i := range modes {
			modes[i] = served(t, store)
		}
		require.NoError(t, modes[0].On(t.Context()))
		synctest.Wait()
		store.count()
		require.NoError(t, modes[0].Off(t.Context()))
		synctest.Wait()
		for _, m := range modes {
			assert.True(t, admits(m, Write))
		}
		assert.LessOrEqual(t, store.count()["report"], len(modes))

		time.Sleep(openedRest * 3 / 2)
		for _, r := range snapshotOf(t, store).Replicas {
			assert.Equal(t, modes[0].State().ID, r.Document, "a list is out of date for a moment only")
			assert.Equal(t, Off, r.Level)
		}
	})
}
