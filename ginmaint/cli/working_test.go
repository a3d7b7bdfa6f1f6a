package cli

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// mumbling is a store that saves, and whose answer to the first Off gets lost.
type mumbling struct {
	*maintenance.MemoryStore
	lost bool
}

func (m *mumbling) Save(ctx context.Context, s maintenance.State) (maintenance.State, error) {
	saved, err := m.MemoryStore.Save(ctx, s)
	if err == nil && s.Level == maintenance.Off && !m.lost {
		m.lost = true
		return maintenance.State{}, errBroken
	}
	return saved, err
}

// A run that finds the state changed by itself is not told that somebody else did.
func TestRunKnowsItsOwnSave(t *testing.T) {
	t.Parallel()
	store := &mumbling{MemoryStore: maintenance.NewMemoryStore()}
	serving(t, store)
	got := called(t, on(store), "run", "--", "true")
	assert.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stderr, "The state can't be put back, trying again for 1m0s: ")
	assert.Contains(t, got.stderr, "\nThe command succeeded. Maintenance is off.\n")
	state, err := store.Load(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 2, state.Revision)
}
