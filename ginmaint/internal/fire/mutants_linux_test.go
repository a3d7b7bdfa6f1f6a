package fire

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noReCheck takes the rule out of the gate that drain.go rests on: that Enter
// looks again. The pause stands for what a scheduler may do at any time; with
// the rule in place it changes nothing.
var noReCheck = map[string]string{
	"\t\tt.inFlight.Add(1)\n":          "\t\ttime.Sleep(30 * time.Millisecond)\n\t\tt.inFlight.Add(1)\n",
	"\t\tif g.current.Load() == e {\n": "\t\tif true {\n",
}

// TestWithoutTheReCheck expects the checker to find work in the windows where
// the rule is missing, and none where it is not. The other rules' mutants are in
// the model, where they need no luck.
func TestWithoutTheReCheck(t *testing.T) {
	t.Run("rule in place", func(t *testing.T) {
		assert.Empty(t, provoke(t, program(t)))
	})
	t.Run("rule taken out", func(t *testing.T) {
		assert.NotEmpty(t, provoke(t, mutated(t, "gate.go", noReCheck)), "the checker does not see that the rule is missing")
	})
}

// provoke switches in quick succession and in peace.
func provoke(t *testing.T, binary string) []Overlap {
	a := newArena(t, fileEngine(t), binary)
	for range 3 {
		a.start()
	}
	s := &switcher{mode: a.control}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s.run(ctx, func() bool { return s.switches == 15 })
	require.NotEmpty(t, s.windows)
	return Overlaps(a.runs(), s.windows)
}

// mutated compiles the replica with a file of package maintenance changed.
func mutated(t *testing.T, file string, replace map[string]string) string {
	dir := t.TempDir()
	original, err := filepath.Abs(filepath.Join("..", "..", "maintenance", file))
	require.NoError(t, err)
	text, err := os.ReadFile(original)
	require.NoError(t, err)
	changed := string(text)
	for old, new := range replace {
		require.Equal(t, 1, strings.Count(changed, old), "%s has changed: make the mutant of it anew:\n%s", file, old)
		changed = strings.Replace(changed, old, new, 1)
	}
	mutant := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(mutant, []byte(changed), 0o600))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: mutant}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	mutant = filepath.Join(dir, "replica")
	require.NoError(t, compile("test", "-c", "-overlay", filepath.Join(dir, "overlay.json"), "-o", mutant, "."))
	return mutant
}
