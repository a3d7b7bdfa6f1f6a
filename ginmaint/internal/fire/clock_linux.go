package fire

import (
	"syscall"
	"time"
	"unsafe"
)

// clockMonotonic is CLOCK_MONOTONIC of clock_gettime(2).
const clockMonotonic = 1

// Now returns the machine's monotonic clock, which is the same in all
// processes; that of package time can't be compared between them.
func Now() time.Duration {
	var now syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	if errno != 0 {
		panic(errno) // the clock exists on every Linux
	}
	return time.Duration(now.Nano())
}
