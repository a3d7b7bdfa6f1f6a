//go:build !unix

package pgtest

import "os"

// children returns none: they end by themselves once the server's first
// process is gone.
func children(int) []*os.Process { return nil }
