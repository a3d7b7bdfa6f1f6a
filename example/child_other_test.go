//go:build !linux

package main

import (
	"os/exec"
	"os/user"

	"github.com/stretchr/testify/require"
)

// bind does nothing here: programs are ended by the tests' cleanups alone, and
// run as the tests do.
func bind(require.TestingT, *exec.Cmd, *user.User) {}
