//go:build !race

package simulation

// What a test run without further settings plays.
const (
	seeds   = 1000
	replays = 150

	children = true // TestMutants and TestMachines
)
