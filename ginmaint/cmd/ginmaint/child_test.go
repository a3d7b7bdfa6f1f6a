package main_test

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// tellSignals is a command for run that prints every signal that it gets, and
// ends with SIGTERM or SIGHUP, with the code that childEnv asks for.
func tellSignals() int {
	arrived := make(chan os.Signal, 16)
	signal.Notify(arrived, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	fmt.Println("ready", os.Getpid())
	bound := time.After(patience) // a test that fails may leave this process behind
	for {
		select {
		case sig := <-arrived:
			fmt.Println("got", sig)
			if sig == os.Interrupt {
				continue
			}
		case <-bound:
			return 98
		}
		code, err := strconv.Atoi(os.Getenv(childEnv))
		if err != nil {
			return 99
		}
		return code
	}
}
