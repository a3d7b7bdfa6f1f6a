//go:build !race

package simulation

// What a test run without further settings plays.
const (
	seeds   = 2000
	replays = 150
)
