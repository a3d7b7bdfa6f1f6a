package simulation

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, "%s is a whole number", name)
	return n
}

// TestSimulation plays SIMULATION_SEEDS scripts from SIMULATION_START on.
func TestSimulation(t *testing.T) {
	from := setting(t, "SIMULATION_START", 1)
	next, last := from, from+setting(t, "SIMULATION_SEEDS", seeds)
	var steps, proofs, admitted atomic.Int64
	t.Run("seeds", func(t *testing.T) {
		for i := range runtime.GOMAXPROCS(0) {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				for !t.Failed() {
					seed := atomic.AddUint64(&next, 1) - 1
					if seed >= last {
						return
					}
					s := write(seed, "")
					r := s.run(t, false)
					steps.Add(int64(r.steps))
					proofs.Add(int64(r.proofs))
					admitted.Add(int64(r.admitted))
					if r.rule != "" {
						t.Error(explain(t, s, r))
					}
				}
			})
		}
	})
	t.Logf("%d seeds: %d steps, %d units of work, %d promises", last-from, steps.Load(), admitted.Load(), proofs.Load())
	assert.Greater(t, proofs.Load(), int64(last-from), "a simulation in which hardly anything is promised shows nothing")
}

// explain shrinks a script that breaks a rule, and tells its story.
func explain(t *testing.T, s script, r result) string {
	small := s.shrink(t, r.rule)
	again := small.run(t, true)
	return fmt.Sprintf("seed %d breaks %q: %s\n\nAgain: SIMULATION_START=%d SIMULATION_SEEDS=1 go test -run 'TestSimulation$' "+
		"./ginmaint/maintenance/internal/simulation\n\nThe same with %d of its %d events: %s\n\n%s\n%s",
		s.seed, r.rule, r.broken, s.seed, len(small.events), len(s.events), again.broken, small, again.story)
}

// TestReplay: a seed gives the same run, to the last nanosecond of its story.
func TestReplay(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= replays; seed++ {
		s := write(seed, "")
		first, second := s.run(t, true), s.run(t, true)
		if first.digest == second.digest {
			continue
		}
		once, then := strings.Split(first.story, "\n"), strings.Split(second.story, "\n")
		for i := range min(len(once), len(then)) {
			require.Equal(t, once[i], then[i], "seed %d goes another way, after\n%s", seed, strings.Join(once[max(0, i-10):i], "\n"))
		}
	}
}

// TestShrink takes a store that breaks one of its rules, and shrinks how.
func TestShrink(t *testing.T) {
	t.Parallel()
	const rule, seed = "store: no unknown entry", 21
	s := write(seed, rule)
	r := s.run(t, false)
	require.Equal(t, "promise", r.rule)
	small := s.shrink(t, r.rule)
	assert.Less(t, len(small.events), 20, "of %d:\n%s", len(s.events), small)
	first, second := small.run(t, true), small.run(t, true)
	assert.Equal(t, "promise", first.rule)
	assert.Equal(t, first.digest, second.digest)
}
