package redistest_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := leaks(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// leaks returns what is still running. A client that could not connect looks only
// once a second whether it was closed.
func leaks() (err error) {
	for range 4 {
		if err = goleak.Find(); err == nil {
			return nil
		}
	}
	return err
}
