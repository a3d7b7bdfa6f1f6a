//go:build unix && !linux

package pgtest

import (
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// children returns none: they end by themselves once the server's first
// process is gone.
func children(int) []*os.Process { return nil }
