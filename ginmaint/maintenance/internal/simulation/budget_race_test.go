//go:build race

package simulation

// What a test run under the race detector plays: each seed takes some ten times as
// long there.
const (
	seeds   = 250
	replays = 20

	// Mutants are played by a binary without the detector: a run without it does the same.
	children = false
)
