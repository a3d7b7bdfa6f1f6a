package cli

import "os"

// typed tells that an interrupt came from the keyboard: Windows sends it to every
// process of the console, and knows no other way.
func typed(sig os.Signal) bool { return sig == os.Interrupt }
