package maintenance

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fails(context.Context) error { return errMine }

// marks tells who works under a state: by whom, and how that stands.
func marks(s State) (all []string) {
	for _, w := range s.Work() {
		text := w.By + " needs " + w.Level.String() + " from " + w.Before.Level.String()
		if w.Failed {
			text += ", failed"
		}
		if w.Overtaken {
			text += ", overtaken"
		}
		all = append(all, text)
	}
	return all
}

func engaged(t *testing.T, m *Mode, l Level, by string) *Engagement {
	e, err := m.Engage(t.Context(), State{Level: l, ChangedBy: by, Reason: by + "'s"})
	require.NoError(t, err)
	return e
}

func TestWorkStandsInTheDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore())
		_, err := m.Set(t.Context(), State{Level: ReadOnly})
		require.NoError(t, err)
		e := engaged(t, m, On, "ann")
		assert.Equal(t, []string{"ann needs on from read-only"}, marks(m.State()))
		assert.Equal(t, []Work{e.Work}[0].ID, m.State().Work()[0].ID)
		_, err = e.Release(t.Context())
		require.NoError(t, err)
		assert.Empty(t, marks(m.State()))
		assert.Equal(t, ReadOnly, m.Level())
		_, err = e.Release(t.Context())
		require.NoError(t, err, "once more, as after a lost answer")
		require.NoError(t, m.On(t.Context()))
		_, err = e.Release(t.Context())
		require.ErrorIs(t, err, ErrConflict)
	})
}

// Whatever the order, it stands, and nobody takes it away from the work that it can
// shelter: who would open the service under that has to know.
func TestAnOrderOverWork(t *testing.T) {
	set := func(s State) func(*Mode) error {
		return func(m *Mode) error { _, err := m.Set(context.Background(), s); return err }
	}
	for _, c := range []struct {
		name  string
		order func(*Mode) error
		marks []string
	}{
		{"on", func(m *Mode) error { return m.On(context.Background()) }, []string{"ann needs read-only from off, overtaken"}},
		{"the same level", set(State{Level: ReadOnly}), []string{"ann needs read-only from off, overtaken"}},
		{"an update of the message", func(m *Mode) error {
			_, err := m.Update(context.Background(), func(s *State) error { s.Message = "m"; return nil })
			return err
		}, []string{"ann needs read-only from off, overtaken"}},
		{"the same once more", func(m *Mode) error {
			_, err := m.Update(context.Background(), func(*State) error { return nil })
			return err
		}, []string{"ann needs read-only from off, overtaken"}},
		{"with an end", set(State{Level: On, End: noon.Add(hour)}), nil},
		{"in a window to come", set(State{Level: On, Start: noon.Add(hour)}), nil},
		{"off", func(m *Mode) error { return m.Off(context.Background()) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, end := range map[string]func(*Engagement) error{
				"released": func(e *Engagement) error { _, err := e.Release(context.Background()); return err },
				"failed":   func(e *Engagement) error { return e.Fail(context.Background()) },
			} {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Until(noon))
					m := opened(t, NewMemoryStore())
					e := engaged(t, m, ReadOnly, "ann")
					time.Sleep(time.Second)
					require.NoError(t, c.order(m))
					order := m.State()
					assert.Equal(t, c.marks, marks(order))
					require.ErrorIs(t, end(e), ErrConflict)
					assert.Empty(t, marks(m.State()), name)
					assert.Equal(t, order.ChangedBy, m.State().ChangedBy, "the order is whose it was")
					assert.Equal(t, order.ChangedAt, m.State().ChangedAt)
					assert.Equal(t, ordered(order), ordered(m.State()))
				})
			}
		})
	}
}

func TestExposed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(noon))
		m := opened(t, NewMemoryStore())
		engaged(t, m, ReadOnly, "ann")
		failed := engaged(t, m, On, "bob")
		require.NoError(t, failed.Fail(t.Context()))
		require.Equal(t, []string{"ann needs read-only from off", "bob needs on from off, failed"}, marks(m.State()))
		for _, c := range []struct {
			name  string
			next  State
			opens bool
		}{
			{"off", State{}, true},
			{"read-only", State{Level: ReadOnly}, false},
			{"on", State{Level: On}, false},
			{"on for an hour", State{Level: On, End: noon.Add(hour)}, true},
			{"in an hour", State{Level: On, Start: noon.Add(hour)}, true},
			{"since an hour", State{Level: On, Start: noon.Add(-hour)}, false},
		} {
			var by []string
			for _, w := range m.State().Exposed(c.next, noon) {
				by = append(by, w.By)
			}
			assert.Equal(t, c.opens, len(by) > 0, c.name)
			if c.opens {
				assert.Equal(t, []string{"ann"}, by, "what has failed goes on no more")
			}
		}
	})
}

// Several at work at once: the last one puts back what was before the first.
func TestWorkSideBySide(t *testing.T) {
	type step struct {
		who, does string
		level     Level
		marks     []string
	}
	const ann, bob = "ann", "bob"
	annOn, bobOn, bobFailed := "ann needs on from off", "bob needs on from off", "bob needs on from off, failed"
	for _, c := range []struct {
		name  string
		first Level // ann's; bob's is on
		steps []step
	}{
		{"first in, first out", On, []step{
			{ann, "releases", On, []string{bobOn}},
			{bob, "releases", Off, nil},
		}},
		{"first in, last out", On, []step{
			{bob, "releases", On, []string{annOn}},
			{ann, "releases", Off, nil},
		}},
		{"back to what the first needs", ReadOnly, []step{
			{bob, "releases", ReadOnly, []string{"ann needs read-only from off"}},
			{ann, "releases", Off, nil},
		}},
		{"one fails, and a third takes over", On, []step{
			{bob, "fails", On, []string{annOn, bobFailed}},
			{ann, "releases", On, []string{bobFailed}},
			{"cid", "engages", On, []string{"cid needs on from off"}},
			{"cid", "releases", Off, nil},
		}},
		{"one fails, and a third takes over meanwhile", On, []step{
			{bob, "fails", On, []string{annOn, bobFailed}},
			{"cid", "engages", On, []string{annOn, "cid needs on from off"}},
			{ann, "releases", On, []string{"cid needs on from off"}},
			{"cid", "releases", Off, nil},
		}},
		{"over another's order", On, []step{
			{"", "orders", On, []string{annOn + ", overtaken", bobOn + ", overtaken"}},
			{"cid", "engages", On, []string{annOn + ", overtaken", bobOn + ", overtaken", "cid needs on from on"}},
			{ann, "conflicts", On, []string{bobOn + ", overtaken", "cid needs on from on"}},
			{"cid", "releases", On, []string{bobOn + ", overtaken"}},
			{bob, "conflicts", On, nil},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := opened(t, NewMemoryStore())
				all := map[string]*Engagement{ann: engaged(t, m, c.first, ann), bob: engaged(t, m, On, bob)}
				for i, s := range c.steps {
					time.Sleep(time.Second)
					var err error
					switch s.does {
					case "engages":
						all[s.who] = engaged(t, m, On, s.who)
					case "releases":
						_, err = all[s.who].Release(t.Context())
					case "fails":
						err = all[s.who].Fail(t.Context())
					case "orders":
						err = m.On(t.Context())
					case "conflicts":
						_, err = all[s.who].Release(t.Context())
						require.ErrorIs(t, err, ErrConflict)
						err = nil
					}
					require.NoError(t, err, "step %d", i)
					assert.Equal(t, s.level, m.Level(), "step %d", i)
					assert.Equal(t, s.marks, marks(m.State()), "step %d", i)
				}
			})
		})
	}
}

// Processes that are killed leave their work there; the document can't grow for ever.
func TestWorkIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore())
		by := strings.Repeat("é", 100)
		for range mostWork {
			engaged(t, m, On, by)
		}
		assert.Equal(t, strings.Repeat("é", mostText/2), m.State().Work()[0].By)
		text, err := json.Marshal(m.State())
		require.NoError(t, err)
		assert.Less(t, len(text), 8000-MaxMessage-maxAudit)
		_, err = m.Engage(t.Context(), State{Level: On})
		require.ErrorIs(t, err, ErrInvalid)
		assert.ErrorContains(t, err, "work: 9 are at work, at most 8 can be")
		require.NoError(t, m.Off(t.Context()))
		engaged(t, m, On, by)
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
					assert.True(t, m.State().Work()[0].Failed)
					assert.Len(t, m.State().Work(), 1)
				}
				require.NoError(t, m.During(t.Context(), State{Level: On}, nothing))
				assert.Equal(t, before, m.Level(), "the level from before the first of them")
				assert.Equal(t, c.earlier.Message, m.State().Message)
				assert.Empty(t, m.State().Work())
			})
		})
	}
}

func TestDuringDoesNotTakeOverWhatMayGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := opened(t, NewMemoryStore())
		engaged(t, m, On, "ann")
		require.NoError(t, m.During(t.Context(), State{Level: On}, nothing))
		assert.Equal(t, On, m.Level(), "the first may still work, or was killed")
		assert.Equal(t, []string{"ann needs on from off"}, marks(m.State()))
	})
}

func TestWorkInTheDocument(t *testing.T) {
	const text = `{"level":"on","changed_by":"ann","changed_at":"2026-11-22T12:00:00Z","work":[{"id":"A","level":"on","before":{"level":"read-only"},"by":"ann","since":"2026-11-22T12:00:00Z","order":"%s"}]}`
	var s State
	require.NoError(t, s.UnmarshalJSON([]byte(text)))
	assert.Equal(t, []string{"ann needs on from read-only, overtaken"}, marks(s))
	whole := strings.ReplaceAll(text, "%s", s.digest())
	require.NoError(t, s.UnmarshalJSON([]byte(whole)))
	assert.Equal(t, []string{"ann needs on from read-only"}, marks(s))
	again, err := s.MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, whole, string(again))

	// An edit by hand is another order.
	require.NoError(t, s.UnmarshalJSON([]byte(strings.Replace(whole, `"level":"on"`, `"level":"on","message":"by hand"`, 1))))
	assert.Equal(t, []string{"ann needs on from read-only, overtaken"}, marks(s))
	require.NoError(t, s.UnmarshalJSON([]byte(strings.Replace(whole, `"level":"on"`, `"level":"off"`, 1))))
	assert.Empty(t, marks(s), "nobody works under a level that is off")

	for name, c := range map[string]struct{ from, to, fault string }{
		"no list":      {`[{`, `{"a":[{`, `is not a JSON object`},
		"a text":       {`[{"id":"A"`, `"me", "x":[{"id":"A"`, `"work": leave it out; a command that works under the state sets it`},
		"another type": {`"id":"A"`, `"id":7`, `"work": leave it out`},
		"no id":        {`"id":"A"`, `"id":""`, "work: each needs an id of its own"},
		"off":          {`"A","level":"on"`, `"A","level":"off"`, "work: A: nobody works under a level that is off"},
		"a far time":   {`"since":"2026-11-22T12:00:00Z"`, `"since":"9999-12-31T23:59:59-12:00"`, `"work": leave it out`},
		"no window":    {`"before":{"level":"read-only"}`, `"before":{"level":"on","start":"2026-11-22T12:00:00Z","end":"2026-11-22T12:00:00Z"}`, "work: A: before: "},
		"a long name":  {`"by":"ann","since"`, `"by":"` + strings.Repeat("a", 65) + `","since"`, "work: A: 65 bytes are too long"},
	} {
		assert.ErrorContains(t, s.UnmarshalJSON([]byte(strings.Replace(whole, c.from, c.to, 1))), c.fault, name)
	}
}

// What a lost roster may have held is no replica, and its entry counts for none less.
func TestExpectBesideAnUnknownEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newScripted()
		m := served(t, store)
		store.list(Replica{ID: "U", Unknown: true, Lease: time.Second})
		store.list(Replica{ID: "L", Lease: time.Second, FailsClosed: true})
		require.NoError(t, m.On(t.Context()))
		report, err := m.Drain(bounded(t, time.Minute), AllowLost(time.Second), Expect(1, 1))
		require.NoError(t, err)
		assert.Len(t, report.Allowed, 2)
		report, err = m.Drain(bounded(t, time.Minute), AllowLost(time.Second), Expect(2, 3))
		require.ErrorIs(t, err, ErrNotDrained)
		assert.Equal(t, "replicas that follow: 1, expected: 2 to 3", report.Note)
	})
}

func TestExpect(t *testing.T) {
	for _, c := range []struct {
		name        string
		least, most int
		proven      bool
		says        string
	}{
		{"exactly two", 2, 2, true, ""},
		{"at least one", 1, -1, true, ""},
		{"exactly three", 3, 3, false, "3"},
		{"three or more", 3, -1, false, "3 or more"},
		{"at most one", 0, 1, false, "0 to 1"},
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
				assert.Equal(t, fmt.Sprintf("replicas that follow: 2, expected: %s", c.says), report.Note)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		store := NewMemoryStore()
		m := opened(t, store)
		require.NoError(t, m.On(t.Context()))
		second := make(chan struct{})
		time.AfterFunc(3*time.Second, func() {
			defer close(second)
			opened(t, store)
		})
		report, err := m.Drain(bounded(t, 10*time.Second), Expect(2, 2))
		<-second // else the test may end before it is to be closed with it
		require.NoError(t, err, "it waits for the second: %s", report)
	})
}

// What stood before the first of several comes back whole, whoever ends last.
func TestTheWindowFromBeforeComesBack(t *testing.T) {
	for name, before := range map[string]State{
		"on until an end":   {Level: On, End: noon.Add(3 * hour), Hold: time.Second, Message: "Back at three."},
		"a window to come":  {Level: On, Start: noon.Add(2 * hour), End: noon.Add(3 * hour), Message: "Tonight."},
		"read-only for all": {Level: ReadOnly, Message: "Counting."},
	} {
		for how, end := range map[string]func(t *testing.T, ann, bob *Engagement, m *Mode){
			"first in, first out": func(t *testing.T, ann, bob *Engagement, _ *Mode) {
				_, err := ann.Release(t.Context())
				require.NoError(t, err)
				_, err = bob.Release(t.Context())
				require.NoError(t, err)
			},
			"taken over": func(t *testing.T, ann, bob *Engagement, m *Mode) {
				require.NoError(t, ann.Fail(t.Context()))
				require.NoError(t, bob.Fail(t.Context()))
				require.NoError(t, m.During(t.Context(), State{Level: On}, nothing))
			},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Until(noon))
					m := opened(t, NewMemoryStore())
					_, err := m.Set(t.Context(), before)
					require.NoError(t, err)
					end(t, engaged(t, m, On, "ann"), engaged(t, m, On, "bob"), m)
					assert.Equal(t, before.standing(), m.State().standing())
					if before.At(noon) != Off { // else they work without a message
						assert.Equal(t, before.Message, m.State().Message)
					}
				})
			})
		}
	}
}

// Work whose engagement was stored has begun, also where the answer was lost.
func TestEngageWhoseAnswerIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &swallowing{MemoryStore: NewMemoryStore()}
		m := opened(t, store)
		ran := false
		store.lose = true
		require.NoError(t, m.During(t.Context(), State{Level: On}, func(context.Context) error { ran = true; return nil }))
		assert.True(t, ran)
		assert.Equal(t, Off, m.Level())
	})
}

// swallowing keeps what is saved, and loses one answer.
type swallowing struct {
	*MemoryStore
	lose bool
}

func (s *swallowing) Save(ctx context.Context, state State) (State, error) {
	saved, err := s.MemoryStore.Save(ctx, state)
	if s.lose && err == nil {
		s.lose = false
		return State{}, errDown
	}
	return saved, err
}

func TestPublicHoldsNothingForOperators(t *testing.T) {
	var s State
	require.NoError(t, s.UnmarshalJSON([]byte(`{"level":"on","message":"m","reason":"secret","changed_by":"secret","changed_at":"2026-11-22T12:00:00Z","team":"secret",
		"work":[{"id":"A","level":"on","before":{"level":"off"},"by":"secret","reason":"secret","since":"2026-11-22T12:00:00Z","order":"0"}]}`)))
	text, err := json.Marshal(s.Public())
	require.NoError(t, err)
	assert.JSONEq(t, `{"level":"on","message":"m"}`, string(text))
}
