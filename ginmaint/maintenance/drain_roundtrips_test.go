package maintenance

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A round trip to tell, and one to look: time stands still meanwhile, so no
// heartbeat or ticker helps.
func TestDrainReturnsAtOnceAfterTheLastLeave(t *testing.T) {
	for _, replicas := range []int{1, 10, 100} {
		synctest.Test(t, func(t *testing.T) {
			store := newScripted()
			modes := make([]*Mode, replicas)
			for i := range modes {
				modes[i] = opened(t, store)
			}
			work := begun(t, modes[replicas-1], Write)
			require.NoError(t, modes[0].On(t.Context()))
			result := draining(t.Context(), modes[0])
			synctest.Wait()
			require.Empty(t, result)

			store.count()
			work.Leave()
			synctest.Wait()
			require.Len(t, result, 1)
			require.NoError(t, (<-result).err)
			calls := store.count()
			assert.Equal(t, 1, calls["report"], "the last departure is told once")
			total := 0
			for _, n := range calls {
				total += n
			}
			assert.LessOrEqual(t, total, 3, "round trips from the last Leave to the proof: %v", calls)
		})
	}
}
