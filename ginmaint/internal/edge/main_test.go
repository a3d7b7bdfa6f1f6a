package edge

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes a replica, or a command to run, of the process where the environment
// says so.
func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv("EDGE_ROLE")]; ok {
		if err := role(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}
