package maintenance

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fails(context.Context) error { return errMine }

func TestAnEngagementOwnsItsDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore())
		e, err := m.Engage(t.Context(), State{Level: On})
		require.NoError(t, err)
		assert.Equal(t, Working, m.State().Owner)
		assert.Equal(t, Off, m.State().Before)
		for name, order := range map[string]func() error{
			"on":     func() error { return m.On(t.Context()) },
			"set":    func() error { _, err := m.Set(t.Context(), e.State); return err },
			"update": func() error { _, err := m.Update(t.Context(), func(*State) error { return nil }); return err },
		} {
			e, err = m.Engage(t.Context(), State{Level: On})
			require.NoError(t, err)
			e.State.Revision = 0
			require.NoError(t, order(), name)
			assert.Equal(t, Nobody, m.State().Owner, "an order by %s is nobody's work", name)
			_, err = e.Release(t.Context())
			require.ErrorIs(t, err, ErrConflict)
			require.ErrorIs(t, e.Fail(t.Context()), ErrConflict)
		}
	})
}

func TestDuringTakesOverWhatFailed(t *testing.T) {
	for _, c := range []struct {
		name    string
		earlier State
	}{
		{"from off", State{}},
		{"from read-only", State{Level: ReadOnly, Message: "Counting."}},
		{"from a window to come", State{Level: On, Start: noon.Add(100 * hour)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(noon))
				m := opened(t, NewMemoryStore())
				if c.earlier.Level != Off {
					_, err := m.Set(t.Context(), c.earlier)
					require.NoError(t, err)
				}
				before := m.Level()
				for range 3 {
					require.ErrorIs(t, m.During(t.Context(), State{Level: On}, fails), errMine)
					assert.Equal(t, On, m.Level())
					assert.Equal(t, Failed, m.State().Owner)
				}
				require.NoError(t, m.During(t.Context(), State{Level: On}, nothing))
				assert.Equal(t, before, m.Level(), "the level from before the first of them")
				assert.Equal(t, Nobody, m.State().Owner)
			})
		})
	}
}

func TestDuringDoesNotTakeOverWhatMayGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore())
		_, err := m.Engage(t.Context(), State{Level: On, Reason: "first"})
		require.NoError(t, err)
		require.NoError(t, m.During(t.Context(), State{Level: On}, nothing))
		assert.Equal(t, On, m.Level(), "the first may still work, or was killed")
		assert.Equal(t, "first", m.State().Reason)
		assert.Equal(t, Working, m.State().Owner)
	})
}

func TestOwnerHasATextForm(t *testing.T) {
	s := State{Level: On, Owner: Failed, Before: ReadOnly}
	text, err := s.MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, `{"level":"on","owner":"failed","before":"read-only"}`, string(text))
	var read State
	require.NoError(t, read.UnmarshalJSON(text))
	assert.Equal(t, s, read)
	require.NoError(t, read.UnmarshalJSON([]byte(`{"level":"off","owner":"working","before":"on"}`)))
	assert.Equal(t, State{}, read, "nobody works under a level that is off")
	assert.ErrorContains(t, read.UnmarshalJSON([]byte(`{"level":"on","owner":"me"}`)), `"owner": leave it out`)
	require.ErrorIs(t, State{Owner: 7, Before: 9, Level: On}.Validate(), ErrInvalid)
}

func TestExpect(t *testing.T) {
	for _, c := range []struct {
		name        string
		least, most int
		proven      bool
	}{
		{"exactly two", 2, 2, true},
		{"at least one", 1, -1, true},
		{"exactly three", 3, 3, false},
		{"at most one", 0, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := NewMemoryStore()
				m, _ := opened(t, store), opened(t, store)
				require.NoError(t, m.On(t.Context()))
				report, err := m.Drain(bounded(t, 5*time.Second), Expect(c.least, c.most))
				if c.proven {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, ErrNotDrained)
				assert.Equal(t, "another number of replicas is expected, and 2 follow", report.Note)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		m := opened(t, store)
		require.NoError(t, m.On(t.Context()))
		time.AfterFunc(3*time.Second, func() { opened(t, store) })
		report, err := m.Drain(bounded(t, 10*time.Second), Expect(2, 2))
		require.NoError(t, err, "it waits for the second: %s", report)
	})
}
