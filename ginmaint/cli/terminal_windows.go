package cli

import (
	"os"
	"syscall"
)

// enableEscapes is ENABLE_VIRTUAL_TERMINAL_PROCESSING.
const enableEscapes = 0x4

var setConsoleMode = syscall.NewLazyDLL("kernel32.dll").NewProc("SetConsoleMode")

// obeys switches the console's escape sequences on, and tells whether it could.
func obeys(f *os.File) bool {
	var mode uint32
	handle := syscall.Handle(f.Fd())
	if err := syscall.GetConsoleMode(handle, &mode); err != nil {
		return false
	}
	done, _, _ := setConsoleMode.Call(uintptr(handle), uintptr(mode|enableEscapes))
	return done != 0
}

// typed tells that an interrupt came from the keyboard: Windows sends it to every
// process of the console, and knows no other way.
func typed(sig os.Signal) bool { return sig == os.Interrupt }
