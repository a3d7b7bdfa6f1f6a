package simulation

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMutants expects for each rule that the seed in the documentation finds the code
// without it. SIMULATION_HUNT=n looks for such seeds among the first n instead, for a
// table to put there.
func TestMutants(t *testing.T) {
	t.Parallel()
	if !children {
		return
	}
	binary := mutated(t)
	hunt := setting(t, "SIMULATION_HUNT", 0)
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			switch {
			case hunt > 0:
				found := m.search(t, binary, 1, hunt)
				t.Logf("HUNT\t%s\t%d", m.name, found)
			case m.seed > 0:
				assert.Equal(t, m.seed, m.search(t, binary, m.seed, 1),
					"this seed does not find it any more: SIMULATION_HUNT=5000 go test -run 'TestMutants$' -v finds others")
			}
		})
	}
}

// TestMachines: what the machines of some mutants do breaks nothing while the rule is
// in place.
func TestMachines(t *testing.T) {
	t.Parallel()
	if !children {
		return
	}
	binary := mutated(t)
	for _, machine := range []string{stalls, lateTimers, clocksSet} {
		t.Run(machine, func(t *testing.T) {
			m := mutant{with: machine}
			assert.Zero(t, m.search(t, binary, 1, replays), "with this seed")
		})
	}
}

// search returns the first of n seeds that breaks what the mutant breaks, and zero
// where none does.
func (m mutant) search(t *testing.T, binary string, from, n uint64) uint64 {
	child := exec.CommandContext(t.Context(), binary, "-test.run", "^TestSearch$", "-test.v")
	child.Env = append(os.Environ(), fmt.Sprintf("SIMULATION_START=%d", from), fmt.Sprintf("SIMULATION_SEEDS=%d", n),
		"SIMULATION_WITHOUT="+m.with+"; "+m.name, "SIMULATION_BREAKS="+m.breaks)
	out, err := child.CombinedOutput()
	require.NoError(t, err, string(out))
	_, after, found := strings.Cut(string(out), "FOUND ")
	if !found {
		return 0
	}
	seed, err := strconv.ParseUint(strings.Fields(after)[0], 10, 64)
	require.NoError(t, err)
	return seed
}

// TestSearch is the child: it plays seeds without a rule. Where SIMULATION_WITHOUT
// names none there is nothing to look for.
func TestSearch(t *testing.T) {
	without := os.Getenv("SIMULATION_WITHOUT")
	if without == "" {
		return
	}
	_, name, _ := strings.Cut(without, "; ")
	breaks := os.Getenv("SIMULATION_BREAKS")
	from := setting(t, "SIMULATION_START", 1)
	for seed := from; seed < from+setting(t, "SIMULATION_SEEDS", 1); seed++ {
		r := write(seed, name).run(t, false)
		if r.rule != "" && (breaks == "" || r.rule == breaks) {
			fmt.Println("FOUND", seed, r.rule, r.broken)
			return
		}
	}
}

// mutated compiles this package with a switch for each rule in package maintenance.
func mutated(t *testing.T) string {
	dir := t.TempDir()
	originals, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	files := map[string]string{"simulated.go": simulatedFile}
	for _, e := range edits {
		if files[e.file] == "" {
			text, err := os.ReadFile(filepath.Join(originals, e.file))
			require.NoError(t, err)
			files[e.file] = strings.ReplaceAll(string(text), "\r\n", "\n")
		}
		require.Equal(t, 1, strings.Count(files[e.file], e.old), "%s has changed: make this edit anew:\n%s", e.file, e.old)
		files[e.file] = strings.Replace(files[e.file], e.old, e.new, 1)
	}
	replace := make(map[string]string)
	for name, text := range files {
		changed := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(changed, []byte(text), 0o600))
		replace[filepath.Join(originals, name)] = changed
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	require.NoError(t, err)
	list := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(list, overlay, 0o600))
	binary := filepath.Join(dir, "simulation.test")
	out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", list, "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	return binary
}
