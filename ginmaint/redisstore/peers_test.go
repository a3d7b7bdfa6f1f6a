package redisstore_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ginmaint/gin-maintenance-mode/ginmaint/maintenance"
)

// A peer clears the whole cache when it is switched off.
func TestSwitchingLeavesOtherKeysAlone(t *testing.T) {
	store, client := open(t)
	require.NoError(t, client.Set(within(t), "somebody:else", "kept", 0).Err())
	mode, err := maintenance.Open(within(t), store, maintenance.Observer())
	require.NoError(t, err)
	defer mode.Close()
	require.NoError(t, mode.On(within(t)))
	require.NoError(t, mode.Off(within(t)))
	assert.Equal(t, "kept", client.Get(within(t), "somebody:else").Val())
}
