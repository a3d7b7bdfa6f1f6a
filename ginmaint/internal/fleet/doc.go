// Package fleet says of replicas, and of a drain that waits for them, what the command
// and the panel both show: one condition has one word in all of them.
package fleet
