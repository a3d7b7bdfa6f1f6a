package maintenance

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHistory(t *testing.T) {
	m := opened(t, NewMemoryStore(), Name("web-1"))
	records, err := m.History(t.Context())
	require.NoError(t, err)
	assert.Empty(t, records)

	require.NoError(t, m.On(t.Context()))
	on := m.State()
	_, err = m.Set(t.Context(), State{ChangedBy: "ann", Via: "command", Reason: "done"})
	require.NoError(t, err)
	records, err = m.History(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Record{{on, m.State()}, {State{}, on}}, records)
	assert.Equal(t, "web-1 code", on.ChangedBy+" "+on.Via)
	assert.Equal(t, "command", m.State().Via)
}

func TestNoHistory(t *testing.T) {
	m := opened(t, Fixed(On))
	_, err := m.History(t.Context())
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}

// What was changed by other means than a store's is a record as well.
func TestHistoryWithEdits(t *testing.T) {
	state := func(id string, revision uint64) State {
		return State{Level: On, ID: id, Revision: revision, ChangedBy: "ann", Via: "command"}
	}
	a, b, c, d := state("a", 1), state("b", 2), state("c", 3), state("d", 4)
	for _, test := range []struct {
		name    string
		records []Record
		present State
		want    []Record
	}{
		{"none", nil, State{}, nil},
		{"before the first save", nil, a, []Record{{State{}, edited(a)}}},
		{"none in between", []Record{{a, b}, {State{}, a}}, b, []Record{{a, b}, {State{}, a}}},
		{"behind the last save", []Record{{State{}, a}}, b, []Record{{a, edited(b)}, {State{}, a}}},
		{"between two saves", []Record{{c, d}, {State{}, a}}, d, []Record{{c, d}, {a, edited(c)}, {State{}, a}}},
	} {
		assert.Equal(t, test.want, linked(test.records, test.present), test.name)
	}
	assert.Equal(t, " file", edited(a).ChangedBy+" "+edited(a).Via)
}

// savedMeanwhile is a store to which somebody saves while its history is read.
type savedMeanwhile struct{ *MemoryStore }

func (s savedMeanwhile) History(ctx context.Context) ([]Record, error) {
	records, err := s.MemoryStore.History(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.Save(ctx, records[0].After)
	return records, err
}

func TestASaveWhileTheHistoryIsReadIsNoEdit(t *testing.T) {
	m := opened(t, savedMeanwhile{NewMemoryStore()})
	require.NoError(t, m.On(t.Context()))
	on := m.State()
	records, err := m.History(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []Record{{After: on}}, records)
}
